"""Widths of text in terminal cells: measuring, padding, and cutting text in its middle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

GAP = "..."
"""Stands for what is cut out of a text."""


def padded(text: str, cells: int, *, right: bool = False) -> str:
    """The text with blanks up to this width; ``right`` puts them before it."""
    blanks = " " * (cells - cell_len(text))
    return blanks + text if right else text + blanks


def shortened(text: str, cells: int) -> str:
    """The text in at most this width, its middle replaced by ``...``: names often differ at their ends alone."""
    if cell_len(text) <= cells:
        return text
    room = max(cells - len(GAP), 0)
    front = set_cell_size(text, room - room // 2).rstrip()
    return (front + GAP + _last(text, room // 2))[: max(cells, 0)]


def fitted(text: str, cells: int, *, right: bool = False) -> str:
    """The text in exactly this width: shortened in its middle, or with blanks."""
    return padded(shortened(text, cells), cells, right=right)


def widest(texts: Iterable[str], least: int = 0) -> int:
    """The width of the widest of these texts; at least ``least``."""
    return max([least, *map(cell_len, texts)])


def shared(wanted: Sequence[int], cells: int) -> list[int]:
    """The widths of columns that want so many cells each and have so many together: the widest gives way first."""
    found = list(wanted)
    while found and sum(found) > max(cells, len(found)):
        found[found.index(max(found))] -= 1
    return found


def _last(text: str, cells: int) -> str:
    """As much of the text's end as fits this width."""
    start = len(text)
    while start and cell_len(text[start - 1 :]) <= cells:
        start -= 1
    return text[start:]
