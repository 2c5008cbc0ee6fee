"""What the commands share: the experiment and the run that are named, and words and JSON on standard output."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import EngineError
from workbench.terminal.streams import messages, results
from workbench.text.sanitise import plain

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from engine.runs import RunStore

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


def say_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows in aligned columns: numbers to the right, text to the left, nothing cut off."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows) for i in range(len(heads))
    ]
    table = [list(heads), *cells]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    for row in table:
        columns = [
            text.rjust(width) if flush else text.ljust(width)
            for text, width, flush in zip(row, widths, right, strict=True)
        ]
        say("  ".join(columns).rstrip())


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
