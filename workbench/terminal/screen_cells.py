"""Tracks the terminal's contents cell by cell, so that each update sends only the cells that differ.

Textual repaints regions: a dialog that opens or closes, a list that is rebuilt and a screen that is switched to
are sent whole, though most of their cells stay the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.control import Control
from textual.strip import Strip

from workbench.terminal.ansi_pen import Ink, Pen, of_blank

NEAR = 4
"""Unchanged cells between two changed ones that are sent again rather than skipped: moving the cursor takes more
bytes.
"""


FIRST_WIDE = "\u2e80"
"""The first character whose width terminals may disagree about: the cursor is moved explicitly after it."""

NOWHERE = (-1, -1)
"""The cursor's column and line when they are not known."""


class Cell(NamedTuple):
    """A cell's text and style; only the first cell of a wide character has text."""

    text: str
    ink: Ink


class Painted:
    """The cells that a terminal was last sent; None for a cell whose content is unknown."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell | None]] = {}
        self._cursor = NOWHERE

    def forget(self) -> None:
        """Send every cell in the next updates, because the terminal may show something else now."""
        self._rows.clear()

    def update(self, pieces: Iterable[tuple[int, int, Strip]], system: ColorSystem | None) -> str:
        """Return what brings the terminal up to date with these strips, each with its column and line."""
        self._cursor = NOWHERE
        pen = Pen(system)
        sent = [text for column, line, strip in pieces for text in self._put(column, line, strip, pen)]
        return "".join([*sent, pen.lift()])

    def _put(self, column: int, line: int, strip: Strip, pen: Pen) -> Iterator[str]:
        cells = _cells(strip, pen)
        row = self._rows.setdefault(line, [])
        row += [None] * (column + len(cells) - len(row))
        before = row[column : column + len(cells)]
        _forget_halves(row, column, column + len(cells))
        row[column : column + len(cells)] = cells
        for start, end in _spans(before, cells):
            if self._cursor != (column + start, line):
                yield Control.move_to(column + start, line).segment.text
            texts = [cell.text for cell in cells[start:end]]
            plain = "" not in texts and max(texts) < FIRST_WIDE
            self._cursor = (column + end, line) if plain else NOWHERE
            for (blank, ink), run in groupby(cells[start:end], _appearance):
                text = "".join([cell.text for cell in run])
                yield pen.blank(ink, len(text)) if blank else pen.draw(text, ink)


TERMINAL = Painted()
"""The cells of this process's terminal."""


def _appearance(cell: Cell) -> tuple[bool, Ink]:
    """Return whether a cell is blank, and its style: neighbouring cells that agree in both are sent together."""
    return cell.text == " ", cell.ink


def _forget_halves(row: list[Cell | None], start: int, end: int) -> None:
    """Forget the cells next to a span that belong to wide characters cut by it."""
    if start and (first := row[start]) and first.text == "":
        row[start - 1] = None
    if end < len(row) and (after := row[end]) and after.text == "":
        row[end] = None


def _spans(before: list[Cell | None], after: list[Cell]) -> Iterator[tuple[int, int]]:
    """Yield the spans of cells to send; spans with few unchanged cells between them are merged."""
    start = end = -1
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if start >= 0 and index - end > NEAR:
            yield _whole(after, start, end)
            start = index
        start, end = start if start >= 0 else index, index + 1
    if start >= 0:
        yield _whole(after, start, end)


def _whole(cells: list[Cell], start: int, end: int) -> tuple[int, int]:
    """Widen a span so that it divides no wide character."""
    while start and cells[start].text == "":
        start -= 1
    while end < len(cells) and cells[end].text == "":
        end += 1
    return start, end


def _cells(strip: Strip, pen: Pen) -> list[Cell]:
    """Return a strip's cells; text with combining characters is put whole into its first cell."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        ink = pen.ink(style)
        if text.isascii():
            blank = Cell(" ", of_blank(ink))
            cells += [blank if character == " " else Cell(character, ink) for character in text]
            continue
        widths = [cell_len(character) for character in text]
        if all(widths) and sum(widths) == cell_len(text):
            for character, width in zip(text, widths, strict=True):
                cells += [Cell(character if not offset else "", ink) for offset in range(width)]
        else:
            cells += [Cell("" if offset else text, ink) for offset in range(cell_len(text))]
    return cells
