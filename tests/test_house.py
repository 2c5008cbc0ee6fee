"""The house: every package is shipped, nothing heavy is imported early, no module has grown too long."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]

LIBRARIES = ("tensorflow", "keras", "sklearn", "pandas", "matplotlib")
"""What takes longer to import than a person waits for a screen."""

HEAVY = ("engine.network.", "engine.exporting.tensorboard")
"""The modules that import TensorFlow, by how their names begin; imported when there is something to train."""

LONGEST = 500

MODULES = sorted(
    path.relative_to(ROOT) for package in ("engine", "workbench") for path in (ROOT / package).rglob("*.py")
)


def named(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def loaded(modules: Iterable[str], libraries: Iterable[str]) -> list[str]:
    """Which of these libraries a fresh process has after it has imported the modules."""
    code = f"import {', '.join(modules)}, sys; print(*(set({list(libraries)!r}) & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(found.stdout.split())


def test_every_folder_is_a_package() -> None:
    folders = {path.parent for path in MODULES}
    assert [str(folder) for folder in sorted(folders) if folder / "__init__.py" not in MODULES] == []


def test_the_screen_is_there_before_anything_heavy() -> None:
    assert loaded(["workbench.tui.app"], LIBRARIES) == []


def test_the_engine_is_imported_without_tensorflow() -> None:
    light = [name for path in MODULES if (name := named(path)).startswith("engine") and not name.startswith(HEAVY)]
    assert loaded(light, ("tensorflow", "keras")) == []


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lines = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {path: number for path, number in lines.items() if number > LONGEST} == {}
