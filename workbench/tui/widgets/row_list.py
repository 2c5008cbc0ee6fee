"""A list of rows with a cursor; only changed cells are repainted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.cursor_list import CursorList
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.partial_repaint import changed, of_content, rendered

GUTTER = 2
"""Cells to the left of every line, for the cursor's mark."""

HIDDEN_WIDTH = 40
"""The width for which a hidden list is built, because its cursor may still be asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One or more lines that form one row for the cursor, identified by ``key``."""

    key: str
    lines: tuple[Content, ...]
    selectable: bool = True

    @classmethod
    def note(cls, text: str, key: str = "") -> Row:
        """Return a line of secondary text that the cursor skips."""
        return cls(key, (Content.styled(text, MUTED),), False)

    def same(self, other: Row) -> bool:
        """Return whether both look the same."""
        return (self.key, self.selectable, len(self.lines)) == (
            other.key,
            other.selectable,
            len(other.lines),
        ) and all(mine.is_same(theirs) for mine, theirs in zip(self.lines, other.lines, strict=True))


class Rows(CursorList):
    """Rows to select with the arrow keys or the mouse. Subclasses write :meth:`build`, and call :meth:`rebuild` on
    changes.

    Enter is left to the screen, which calls :meth:`action_choose`. When rows change, the cursor stays on the row
    with the same key, or goes to a neighbour if that is gone.
    """

    BINDINGS = moves()
    COMPONENT_CLASSES = {"rows--mark"}
    DEFAULT_CSS = """
    Rows {
        overflow-x: hidden;
        & > .rows--mark { color: $foreground; text-style: bold; }
        &:focus > .rows--mark { color: $accent; text-style: bold; }
    }
    """

    @dataclass
    class OfRow(Message):
        """Base of messages about the row with this key."""

        rows: Rows
        key: str

        @property
        def control(self) -> Rows:
            """The list that sent the message."""
            return self.rows

    class Moved(OfRow):
        """The cursor has moved to the row."""

    class Chosen(OfRow):
        """The row was chosen, with enter or a second click."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._positions: list[tuple[int, int]] = []

    def build(self, width: int) -> Sequence[Row]:
        """Return the rows for lines of ``width`` cells."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """The key of the row under the cursor; empty if there is none."""
        return self._rows[self.cursor].key if self.cursor < len(self._rows) else ""

    @property
    def row_text(self) -> str:
        """The text of the row under the cursor; empty if there is none."""
        lines = self._rows[self.cursor].lines if self.cursor < len(self._rows) else ()
        return "\n".join(line.plain.rstrip() for line in lines)

    @property
    def text(self) -> str:
        """The text of all rows, line by line."""
        return "\n".join(line.plain.rstrip() for row in self._rows for line in row.lines)

    @property
    def position(self) -> int:
        """The position of the cursor among the selectable rows, counted from 1."""
        return sum(row.selectable for row in self._rows[: self.cursor + 1])

    def rebuild(self, cursor: str | None = None) -> None:
        """Rebuild the rows, put the cursor on the given key (by default its own), and repaint what has changed."""
        width = self.size.width or HIDDEN_WIDTH
        wanted = self.key if cursor is None else cursor
        before, lines = self._rows, self._positions
        self._rows = tuple(self.build(width - GUTTER))
        self._positions = [(index, line) for index, row in enumerate(self._rows) for line in range(len(row.lines))]
        self.virtual_size = Size(width, len(self._positions))
        self.move_to(wanted)
        if lines != self._positions or len(before) != len(self._rows):
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if not old.same(new):
                self._refresh_cells(index, old, new)

    def move_to(self, key: str) -> None:
        """Put the cursor on the row with this key; if it is gone, on one near the cursor."""
        position = next((index for index, row in enumerate(self._rows) if row.key == key and row.selectable), None)
        if position is not None:
            self.cursor = position
        else:
            self._move_near(self.cursor)

    def on_resize(self) -> None:
        """Rebuild for the new width."""
        self.rebuild()

    def on_click(self, event: events.Click) -> None:
        """Move to the row under the mouse; a second click chooses it."""
        position = event.y + self.scroll_offset.y
        if 0 <= position < len(self._positions):
            index = self._positions[position][0]
            if self._rows[index].selectable:
                again = index == self.cursor and event.chain > 1
                self.cursor = index
                if again:
                    self.action_choose()

    def action_cursor(self, step: int) -> None:
        """Move to the next selectable row."""
        free = self._selectable()
        beyond = [index for index in free if (index - self.cursor) * step > 0]
        if beyond:
            self.cursor = min(beyond) if step > 0 else max(beyond)
        elif step < 0:
            self.scroll_home(animate=False)

    def action_page(self, step: int) -> None:
        """Move by about a page."""
        self._move_near(self.cursor + step * max(self.size.height - 1, 1))

    def action_edge(self, step: int) -> None:
        """Move to the first or the last row."""
        self._move_near(len(self._rows) if step > 0 else 0)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.key:
            self.post_message(self.Chosen(self, self.key))

    def render_line(self, y: int) -> Strip:
        """Return one line, as wide as the panel."""
        width, position = self.size.width, y + self.scroll_offset.y
        base = self.visual_style
        if position >= len(self._positions):
            return Strip.blank(width, base.rich_style)
        index, line = self._positions[position]
        row, here = self._rows[index], index == self.cursor and self._rows[index].selectable
        if here:
            base += self.get_visual_style("list--cursor", partial=True)
        mark = Content.styled("▸ ", ".rows--mark") if here and line == 0 else Content(" " * GUTTER)
        content = (mark + row.lines[line]).truncate(width, pad=True)
        return rendered(self, content, width, base)

    def _selectable(self) -> list[int]:
        return [index for index, row in enumerate(self._rows) if row.selectable]

    def _move_near(self, index: int) -> None:
        if free := self._selectable():
            self.cursor = min(free, key=lambda candidate: abs(candidate - index))

    def _lines_of(self, index: int) -> tuple[int, int]:
        if index >= len(self._rows):
            return 0, 0
        return bisect_left(self._positions, (index, 0)), len(self._rows[index].lines)

    def _refresh_row(self, index: int) -> None:
        first, count = self._lines_of(index)
        if count:
            self.refresh(Region(0, first - self.scroll_offset.y, self.size.width, count))

    def _refresh_cells(self, index: int, old: Row, new: Row) -> None:
        """Repaint the changed cells of a row."""
        first, _ = self._lines_of(index)
        for position, (before, after) in enumerate(zip(old.lines, new.lines, strict=True)):
            span = changed(of_content(before), of_content(after))
            if span:
                y = first + position - self.scroll_offset.y
                self.refresh(Region(span[0] + GUTTER, y, span[1], 1))

    def _keep_in_sight(self) -> None:
        first, count = self._lines_of(self.cursor)
        if count:
            self.scroll_to_region(Region(0, first, self.size.width, count), animate=False, immediate=True)

    def _tell(self) -> None:
        if self.key:
            self.post_message(self.Moved(self, self.key))
