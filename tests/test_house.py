"""The structure of the project: no import circles, no early heavy imports, nothing too long, no stray files."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.fresh_process import printed

ROOT = Path(__file__).parents[1]

LIBRARIES = ("tensorflow", "keras", "sklearn", "pandas", "polars", "matplotlib")
"""Libraries that take longer to import than a person waits for a screen."""

HEAVY = ("engine.network.",)
"""How the names of the modules that import TensorFlow begin; imported once there is something to train."""

LONGEST_MODULE = 500
LONGEST_FUNCTION = 40

TOP = {
    *(".ci", ".github", ".gitignore", ".pre-commit-config.yaml", "pyproject.toml", "LICENSE"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "engine", "workbench", "tests"),
}
"""All that lies at the top of the repository."""

SUFFIXES = {".py", ".typed", ".toml", ".tcss", ".csv", ".txt", ".html"}
"""The kinds of files inside the packages and their tests."""

MODULES = sorted(
    path.relative_to(ROOT) for package in ("engine", "workbench") for path in (ROOT / package).rglob("*.py")
)


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def loaded(modules: Iterable[str], libraries: Iterable[str]) -> list[str]:
    """Which of these libraries a fresh process has loaded after it has imported the modules."""
    code = f"import {', '.join(modules)}, sys; print(*(set({list(libraries)!r}) & sys.modules.keys()))"
    return sorted(printed(code).split())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a module with its number of lines."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def circle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Modules that import one another in a circle, where there is one."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("package", ["engine", "workbench"])
def test_no_modules_import_one_another_in_a_circle(package: str) -> None:
    """Imports for type checking and imports inside functions count."""
    graph = grimp.build_graph(package, exclude_type_checking_imports=False, cache_dir=None)
    assert circle({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []


def test_every_folder_is_a_package() -> None:
    folders = {path.parent for path in MODULES}
    assert [str(folder) for folder in sorted(folders) if folder / "__init__.py" not in MODULES] == []


def test_nothing_lies_around() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    paths = [Path(line) for line in listed.stdout.splitlines()]
    assert {path.parts[0] for path in paths} <= TOP
    inside = [path for path in paths if path.parts[0] in ("engine", "workbench", "tests")]
    assert [str(path) for path in inside if path.suffix not in SUFFIXES] == []


def test_the_screen_starts_before_anything_heavy_is_imported() -> None:
    assert loaded(["workbench.tui.app"], LIBRARIES) == []


def test_the_engine_is_imported_without_tensorflow() -> None:
    light = [name for path in MODULES if (name := module_name(path)).startswith("engine")]
    assert loaded((name for name in light if not name.startswith(HEAVY)), ("tensorflow", "keras")) == []


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lines = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {path: number for path, number in lines.items() if number > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    found = {name: number for path in MODULES for name, number in functions(path)}
    assert {name: number for name, number in found.items() if number > LONGEST_FUNCTION} == {}
