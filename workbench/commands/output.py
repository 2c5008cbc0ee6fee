"""What the commands share: the experiment and the run that are named, and words and JSON on standard output."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len

from engine.errors import EngineError
from workbench.terminal.streams import messages, results
from workbench.text.sanitise import plain
from workbench.text.widths import padded, shortened

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from engine.runs import RunStore

NARROWEST = 12
"""The least width of a column that is cut, in cells."""

Json = Annotated[bool, typer.Option("--json", help="Write one JSON object on standard output, nothing else.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's number, as `workbench runs` lists it.")]
ExperimentName = Annotated[
    str,
    typer.Argument(metavar="EXPERIMENT", help="A preset's name, a TOML file, or - for TOML on standard input."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Change a setting, as in --set training.epochs=5. Repeatable."
    ),
]


def store() -> RunStore:
    """The run store of this home."""
    from engine.runs import RunStore

    return RunStore()


def experiment(named: str, settings: Sequence[str] | None = None, name: str | None = None) -> Experiment:
    """The experiment of a preset, a file or standard input (``-``), with settings changed."""
    from engine.experiment import toml_file

    if named == "-":
        found = toml_file.parse(standard_input().decode("utf-8", "replace"), "standard input")
    else:
        found = toml_file.load(named)
    changes = dict(_setting(text) for text in settings or ())
    if name is not None:
        changes["name"] = name
    changed = toml_file.with_settings(found, changes) if changes else found
    return toml_file.beside(changed, Path.cwd())


def standard_input(most: int = -1) -> bytes:
    """What is given on standard input; all of it, or ``most`` bytes."""
    return sys.stdin.buffer.read(most)


def _setting(text: str) -> tuple[str, object]:
    from engine.experiment.toml_file import parse_value

    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise EngineError(f"--set {text}: it should be PATH=VALUE, as in training.epochs=5")
    return path.strip(), parse_value(value)


def set_option(path: str, value: object) -> str:
    """The option that gives a setting this value, quoted for a shell: ``--set training.epochs=5``."""
    return f"--set {quote(f'{path}={written(value)}')}"


def written(value: object) -> str:
    """A setting's value as an option takes it: TOML, but text without quotes, and false for nothing."""
    return value if isinstance(value, str) else json.dumps(False if value is None else value)


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object on standard output; figures that are not finite become null."""
    print(json.dumps(_finite(value), allow_nan=False), file=results(), flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def say(text: str = "") -> None:
    """Write text of any origin on standard output as text alone."""
    print(plain(text, lines=True), file=results(), flush=True)


def warn(text: str) -> None:
    """Write a message on standard error as text alone."""
    print(plain(text, lines=True), file=messages(), flush=True)


def say_table(heads: Sequence[str], rows: Sequence[Sequence[object]], yielding: Sequence[str] = ()) -> None:
    """Writes rows in aligned columns: numbers to the right, text to the left.

    Nothing is cut, unless the table is wider than the terminal that it is written to: then the columns
    ``yielding`` give way in turn, the first of them cut to :data:`NARROWEST` cells, the others left out.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    columns = [_column(head, [row[i] for row in rows], [row[i] for row in cells]) for i, head in enumerate(heads)]
    fit(columns, yielding, terminal_width())
    for line in zip(*([column.head, *column.cells] for column in columns), strict=True):
        parts = (padded(text, one.width, right=one.right) for text, one in zip(line, columns, strict=True))
        say("  ".join(parts).rstrip())


@dataclass
class Column:
    """A column of a table: its heading, the text of its cells, and whether they stand to the right."""

    head: str
    cells: list[str]
    right: bool

    @property
    def width(self) -> int:
        """The widest text, in terminal cells."""
        return max(map(cell_len, (self.head, *self.cells)))

    def narrow(self, width: int) -> None:
        """Cuts the cells to this width."""
        self.cells = [shortened(text, width) for text in self.cells]


def _column(head: str, values: Sequence[object], cells: list[str]) -> Column:
    return Column(head, cells, bool(values) and all(isinstance(one, int | float | None) for one in values))


def fit(columns: list[Column], yielding: Sequence[str], width: int | None) -> None:
    """Makes a table fit a width, as :func:`say_table` says; None is room enough."""

    def excess() -> int:
        return sum(column.width + 2 for column in columns) - 2 - (width or 0)

    for place, head in enumerate(yielding if width else ()):
        found = next((column for column in columns if column.head == head), None)
        if found is None or excess() <= 0:
            continue
        if place == 0:
            found.narrow(max(NARROWEST, found.width - excess()))
        else:
            columns.remove(found)


def terminal_width() -> int | None:
    """The width of the terminal that results are written to, in cells; None where they go elsewhere."""
    return shutil.get_terminal_size().columns if results().isatty() else None


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figure(value)
    return f"{value:,}" if isinstance(value, int) else plain(str(value))


def figure(value: float) -> str:
    """A loss or a metric as a person reads it."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.1f}"


def count(number: int, what: str) -> str:
    """A number of things: ``1 epoch``, ``20 epochs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
