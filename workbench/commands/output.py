"""What commands write: text and tables on standard output, messages on standard error, and JSON."""

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
"""The least width of a column that is cut, in cells."""


def write_json(value: Mapping[str, Any]) -> None:
    """Writes one JSON object on standard output; numbers that are not finite become null."""
    print(json.dumps(json_value(value), allow_nan=False), file=results(), flush=True)


def say(text: str = "") -> None:
    """Writes text of any origin on standard output as text alone."""
    print(plain(text, lines=True), file=results(), flush=True)


def say_lines(lines: Iterable[str]) -> None:
    """Writes lines of text as :func:`say` does."""
    for line in lines:
        say(line)


def warn(text: str) -> None:
    """Writes a message on standard error as text alone."""
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

    for index, head in enumerate(yielding if width else ()):
        found = next((column for column in columns if column.head == head), None)
        if found is None or excess() <= 0:
            continue
        if index == 0:
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
        return number(value)
    return f"{value:,}" if isinstance(value, int) else plain(str(value))
