"""Measures, pads and shortens text by its width in terminal cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

GAP = "..."
"""Replaces the part cut out of a text."""


def padded(text: str, cells: int, *, right: bool = False) -> str:
    """Pad text with blanks to this width; with ``right``, on its left."""
    blanks = " " * (cells - cell_len(text))
    return blanks + text if right else text + blanks


def shortened(text: str, cells: int) -> str:
    """Shorten text to this width by replacing its middle with ``...``: names often differ only at their ends."""
    if cell_len(text) <= cells:
        return text
    room = max(cells - len(GAP), 0)
    front = set_cell_size(text, room - room // 2).rstrip()
    return (front + GAP + _last(text, room // 2))[: max(cells, 0)]


def fitted(text: str, cells: int, *, right: bool = False) -> str:
    """Return the text in exactly this width: shortened in its middle, or padded with blanks."""
    return padded(shortened(text, cells), cells, right=right)


def widest(texts: Iterable[str], least: int = 0) -> int:
    """Return the width of the widest text, but at least ``least``."""
    return max([least, *map(cell_len, texts)])


def shared(wanted: Sequence[int], cells: int) -> list[int]:
    """Fit columns of the ``wanted`` widths into ``cells`` in all, by narrowing the widest first."""
    found = list(wanted)
    while found and sum(found) > max(cells, len(found)):
        found[found.index(max(found))] -= 1
    return found


def _last(text: str, cells: int) -> str:
    """Return as much of the text's end as fits this width."""
    start = len(text)
    while start and cell_len(text[start - 1 :]) <= cells:
        start -= 1
    return text[start:]
