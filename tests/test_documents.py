"""What CONTRIBUTING.md and README.md name is there: paths, rooms, benchmarks, commands and their options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from tests.benchmarks.__main__ import TOPICS
from workbench import typer_app

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

PATH = re.compile(r"[\w./-]*(/|\.(py|md|toml|csv))[\w./-]*")
"""What is a path where it stands alone between backticks."""

ROOMS = re.compile(r"\| room of `(\w+)` .*\n\|.*\n((?:\|.*\n)+)")
"""A table of a package's rooms: its first column names folders and modules of the package."""


def quoted(text: str) -> list[str]:
    """The words between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def resolved(names: Iterable[str], folder: Path) -> Iterator[Path]:
    """Paths and modules by their names, which are relative to a folder or to the one named before them."""
    before = folder
    for name in names:
        candidates = [start / spelt for start in (folder, before) for spelt in (name, f"{name}.py")]
        path = next((path for path in candidates if path.exists()), folder / name)
        yield path
        before = path if path.is_dir() else path.parent


def missing(paths: Iterable[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths if not path.exists()]


def rooms() -> Iterator[tuple[str, str, str]]:
    """The package, the first column and the second of each line of the tables of rooms."""
    for package, lines in ROOMS.findall(CONTRIBUTING):
        for line in lines.splitlines():
            yield package, *line.strip("| ").split(" | ", 1)


def test_every_path_exists() -> None:
    lines = [list(filter(PATH.fullmatch, quoted(line))) for line in ROOMS.sub("", CONTRIBUTING).splitlines()]
    assert sum(map(len, lines)) > 30
    assert [path for names in lines for path in missing(resolved(names, ROOT))] == []


@pytest.mark.parametrize("text", [CONTRIBUTING, README], ids=["CONTRIBUTING", "README"])
def test_every_linked_file_exists(text: str) -> None:
    assert missing(ROOT / target for target in re.findall(r"]\(([^):]+)\)", text)) == []


def test_every_room_exists_and_is_in_the_tables() -> None:
    named: set[Path] = set()
    for package, room, job in rooms():
        paths = list(resolved(quoted(room), ROOT / package))
        assert missing([*paths, *(paths[0] / name for name in quoted(job) if name.endswith("/"))]) == []
        named.update(paths)
    tui = ROOT / "workbench" / "tui"
    folders = {file.parent for above in (ROOT / "engine", tui.parent, tui) for file in above.glob("*/__init__.py")}
    assert sorted(folders - named - {tui}) == []


def test_every_benchmark_that_is_named_exists() -> None:
    names = re.findall(r"tests\.benchmarks\.(\w+)|`\.(\w+)`", CONTRIBUTING)
    modules = [first or second for first, second in names]
    assert len(modules) > 5
    assert missing(resolved([*modules, *TOPICS], ROOT / "tests" / "benchmarks")) == []


def commands() -> list[str]:
    """The commands of the README's examples."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", README, re.DOTALL)
    lines = (part for block in blocks for line in block.splitlines() for part in line.partition("#")[0].split(";"))
    return [line.strip("$ ") for line in lines if line.strip("$ ").startswith("workbench ")]


@pytest.mark.parametrize("command", commands())
def test_every_command_has_its_options(command: str) -> None:
    group, words = get_command(typer_app.with_commands()), shlex.split(command)[1:]
    context = group.make_context("workbench", words)
    while hasattr(group, "resolve_command"):
        name, group, words = group.resolve_command(context, words)
        context = group.make_context(name, list(words), parent=context)
    assert context.params
