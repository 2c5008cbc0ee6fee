"""Output of commands: text, tables and JSON on standard output, messages on standard error."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from engine.system.json_values import json_value
from engine.system.plain_text import plain
from workbench.terminal.streams import messages, results
from workbench.text.numbers import number
from workbench.text.widths import padded, shortened

NARROWEST = 12
"""The least width in cells to which a column is cut."""


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object to standard output; numbers that are not finite become null."""
    print(json.dumps(json_value(value), allow_nan=False), file=results(), flush=True)


def say(text: str = "") -> None:
    """Write text of any origin to standard output, with control characters replaced."""
    print(plain(text, lines=True), file=results(), flush=True)


def say_lines(lines: Iterable[str]) -> None:
    """Write lines of text as :func:`say` does."""
    for line in lines:
        say(line)


def warn(text: str) -> None:
    """Write a message to standard error, with control characters replaced."""
    print(plain(text, lines=True), file=messages(), flush=True)


def say_table(heads: Sequence[str], rows: Sequence[Sequence[object]], yielding: Sequence[str] = ()) -> None:
    """Write rows in aligned columns: numbers to the right, text to the left.

    If the table is wider than the terminal it is written to, the ``yielding`` columns shrink in turn: the first is
    cut to :data:`NARROWEST` cells, the others are left out. Otherwise nothing is cut.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    columns = [_column(head, [row[i] for row in rows], [row[i] for row in cells]) for i, head in enumerate(heads)]
    fit(columns, yielding, terminal_width())
    widths = [column.width for column in columns]
    for line in zip(*([column.head, *column.cells] for column in columns), strict=True):
        parts = (
            padded(text, width, right=one.right) for text, width, one in zip(line, widths, columns, strict=True)
        )
        say("  ".join(parts).rstrip())


@dataclass
class Column:
    """A column of a table: heading, cell texts and alignment."""

    head: str
    cells: list[str]
    right: bool

    @property
    def width(self) -> int:
        """Return the width of the widest text, in terminal cells."""
        return max(map(cell_len, (self.head, *self.cells)))

    def narrow(self, width: int) -> None:
        """Cut the cells to this width."""
        self.cells = [shortened(text, width) for text in self.cells]


def _column(head: str, values: Sequence[object], cells: list[str]) -> Column:
    return Column(head, cells, bool(values) and all(isinstance(one, int | float | None) for one in values))


def fit(columns: list[Column], yielding: Sequence[str], width: int | None) -> None:
    """Shrink the columns to fit ``width`` as :func:`say_table` describes; None means unlimited."""

    def excess() -> int:
        return sum(column.width + 2 for column in columns) - 2 - (width or 0)

    for index, head in enumerate(yielding if width else ()):
        found = next((column for column in columns if column.head == head), None)
        if found is None or excess() <= 0:
            continue
        if index == 0:
            found.narrow(max(NARROWEST, found.width - excess()))
        else:
            columns.remove(found)


def terminal_width() -> int | None:
    """Return the width in cells of the terminal that results are written to; None if it is not a terminal."""
    return shutil.get_terminal_size().columns if results().isatty() else None


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    return f"{value:,}" if isinstance(value, int) else plain(str(value))
