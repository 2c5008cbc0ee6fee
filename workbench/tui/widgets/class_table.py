"""Each class's precision, recall and F1 as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from engine.system.plain_text import plain
from workbench.text.numbers import number, with_margin
from workbench.text.widths import fitted
from workbench.tui.widgets.colours import MUTED

if TYPE_CHECKING:
    from engine.evaluation.class_table import ClassTable

WITH_MARGINS = 60
"""Cells from which on margins stand beside each class's values."""


def class_lines(table: ClassTable, width: int) -> Iterator[Content]:
    """Each class's precision, recall and F1, the largest class first; with their margins where there is room."""
    wide = width >= WITH_MARGINS
    cell = 14 if wide else 6
    room = max(width - 3 * cell - 8, 6)
    heads = "".join(f"{head:>{cell}}" for head in ("prec.", "recall", "F1"))
    yield Content.styled(f"{'class':{room}}{heads} samples", MUTED)
    for one in sorted(table.classes, key=lambda one: -one.samples):
        if one.samples:
            cells = [with_margin(value, interval.margin if wide else None) for value, interval in one.values]
            name = Content(fitted(plain(one.label), room))
            yield name + Content("".join(f"{text:>{cell}}" for text in cells) + f"{one.samples:>8,}")


def accuracy_line(table: ClassTable) -> Content:
    """The accuracy with its margin, and the mean F1 of the classes."""
    accuracy = with_margin(table.accuracy, table.accuracy_interval.margin)
    macro = f"  macro F1 {number(table.macro_f1, 3)}"
    return Content.assemble(("accuracy ", MUTED), (accuracy, "bold"), (macro, MUTED))
