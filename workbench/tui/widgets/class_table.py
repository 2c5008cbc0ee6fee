"""Formats each class's precision, recall and F1 as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from engine.system.plain_text import plain
from workbench.text.numbers import number, with_margin
from workbench.text.widths import fitted, widest
from workbench.tui.widgets.colours import MUTED

if TYPE_CHECKING:
    from engine.evaluation.class_table import ClassTable

WITH_MARGINS, PLAIN, NARROW, SAMPLES = 14, 7, 6, 8
"""Column widths in cells: a value with its margin, without it, without it if names need room; a sample count."""

LEAST = 10
"""The least cells for names that margins must leave."""


def class_lines(table: ClassTable, width: int) -> Iterator[Content]:
    """Yield each class's precision, recall and F1, largest class first; margins and samples if there is room."""
    names = {one.label: plain(one.label) for one in table.classes if one.samples}
    longest = widest(names.values(), len("class"))
    margins = width - 3 * WITH_MARGINS - SAMPLES >= max(longest, LEAST)
    cell = WITH_MARGINS if margins else PLAIN if width - 3 * PLAIN >= longest else NARROW
    counted = margins or width - 3 * cell - SAMPLES >= longest
    room = max(width - 3 * cell - SAMPLES * counted, 6)
    heads = "".join(f"{head:>{cell}}" for head in ("prec.", "rec." if cell == NARROW else "recall", "F1"))
    yield Content.styled(f"{'class':{room}}{heads}{' samples' * counted}", MUTED)
    for one in sorted(table.classes, key=lambda one: -one.samples):
        if one.samples:
            cells = [with_margin(value, interval.margin if margins else None) for value, interval in one.values]
            values = "".join(f"{text:>{cell}}" for text in cells)
            yield Content(fitted(names[one.label], room) + values + f"{one.samples:>{SAMPLES},}" * counted)


def accuracy_line(table: ClassTable) -> Content:
    """Return the accuracy with its margin, and the mean F1 of the classes."""
    accuracy = with_margin(table.accuracy, table.accuracy_interval.margin)
    macro = f"  macro F1 {number(table.macro_f1, 3)}"
    return Content.assemble(("accuracy ", MUTED), (accuracy, "bold"), (macro, MUTED))
