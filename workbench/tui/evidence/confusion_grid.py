"""A confusion matrix with a cursor: true classes down, predicted ones across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from engine.system.plain_text import plain
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.partial_repaint import rendered

if TYPE_CHECKING:
    from engine.evaluation.class_table import ClassTable

CELL = 10
"""The width in cells of a column, and of the true classes' names."""


class ConfusionGrid(Widget, can_focus=True):
    """Shows as many classes as fit around the cursor; enter chooses the cell under it."""

    BINDINGS = [
        Binding("up", "move(-1, 0)", "Up", show=False, id="list.up"),
        Binding("down", "move(1, 0)", "Down", show=False, id="list.down"),
        Binding("left", "move(0, -1)", "Left", show=False, id="table.left"),
        Binding("right", "move(0, 1)", "Right", show=False, id="table.right"),
        Binding("enter", "choose", "Samples", key_display="⏎", id="evidence.cell"),
    ]
    COMPONENT_CLASSES = {"grid--cursor"}
    DEFAULT_CSS = """
    ConfusionGrid { height: 1fr; }
    ConfusionGrid > .grid--cursor { background: $foreground 15%; }
    ConfusionGrid:focus > .grid--cursor { background: $primary 40%; }
    """

    @dataclass
    class Chosen(Message):
        """The cell of this true and this predicted class was chosen."""

        true: int
        predicted: int

    table: ClassTable | None = None
    cell = (0, 0)

    def show(self, table: ClassTable) -> None:
        """Show another matrix; the cursor starts on the cell with the most wrong predictions."""
        if self.table is None:
            self.cell = _worst(table)
        self.table = table
        self.refresh()

    def action_move(self, down: int, across: int) -> None:
        """Move the cursor."""
        if self.table is not None:
            last = len(self.table.labels) - 1
            true, predicted = self.cell
            self.cell = (min(max(true + down, 0), last), min(max(predicted + across, 0), last))
            self.refresh()

    def action_choose(self) -> None:
        """Choose the cell under the cursor."""
        if self.table is not None:
            self.post_message(self.Chosen(*self.cell))

    def render_line(self, y: int) -> Strip:
        """Return the row of the predicted classes' names, or that of a true class."""
        width, table, base = self.size.width, self.table, self.visual_style
        if table is None:
            return Strip.blank(width, base.rich_style)
        columns = _window(self.cell[1], max((width - CELL) // CELL, 1), len(table.labels))
        rows = _window(self.cell[0], max(self.size.height - 1, 1), len(table.labels))
        if y == 0:
            return rendered(self, self._head(table, columns).truncate(width, pad=True), width, base)
        if y - 1 >= len(rows):
            return Strip.blank(width, base.rich_style)
        return rendered(self, self._row(table, rows[y - 1], columns).truncate(width, pad=True), width, base)

    def _head(self, table: ClassTable, columns: range) -> Content:
        names = "".join(f" {_short(table.labels[column]):>{CELL - 1}}" for column in columns)
        return Content.styled(f"{'true ↓ →':{CELL}}{names}", MUTED)

    def _row(self, table: ClassTable, row: int, columns: range) -> Content:
        line = Content.styled(f"{_short(table.labels[row]):{CELL}}", MUTED)
        for column in columns:
            count = int(table.confusion[row, column])
            style = "bold" if row == column else BAD if count else MUTED
            here = (row, column) == self.cell
            cell = Content.styled(f"{'▸' if here else ' '}{count:>{CELL - 1},}", style)
            line += cell.stylize(".grid--cursor") if here else cell
        return line


def _short(label: str) -> str:
    return plain(label)[: CELL - 2]


def _window(cursor: int, room: int, count: int) -> range:
    """Return the indices of as many classes as fit, with the cursor among them."""
    first = max(0, min(cursor - room // 2, count - room))
    return range(first, min(first + room, count))


def _worst(table: ClassTable) -> tuple[int, int]:
    wrong = table.confusion.copy()
    for number in range(len(wrong)):
        wrong[number, number] = 0
    true, predicted = divmod(int(wrong.argmax()), len(wrong))
    return true, predicted
