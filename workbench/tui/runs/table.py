"""The table of runs; it renders only the visible lines, so that its cost does not grow with the number of runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.style import Style

from workbench.text.widths import shortened
from workbench.tui.runs.columns import Column, status_style
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.cursor_list import CursorList
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.partial_repaint import rendered

if TYPE_CHECKING:
    from engine.runs import RunSummary

GAP = 2
"""Cells between columns."""

GUTTER = 4
"""Cells to the left of every line: the cursor's mark, the mark of the run's curve, and its rating."""

NAME_WIDTH = (15, 34)
"""The narrowest and the widest column of names, in cells."""

FOOT_FROM = 8
"""The number of lines from which the table has a foot."""

BLANK = Content(" ")

MORE = " ›"
"""Shown at the end of the head if there are columns to the right."""


class RunsTable(CursorList):
    """Runs in a table with a fixed head and whole columns; the first column stays when it is scrolled sideways."""

    BINDINGS = [
        *moves(top="home"),
        Binding("left", "sideways(-1)", "Columns to the left", show=False, id="table.left"),
        Binding("right", "sideways(1)", "Columns to the right", show=False, id="table.right"),
    ]
    COMPONENT_CLASSES = {"runs-table--head"}
    DEFAULT_CSS = """
    RunsTable {
        scrollbar-size-horizontal: 0;
        & > .runs-table--head { color: $foreground-muted; }
    }
    """

    @dataclass
    class Moved(Message):
        """The cursor has moved to this run; None if there are no runs."""

        run: RunSummary | None

    @dataclass
    class Chosen(Message):
        """This run was chosen, with a second click."""

        run: RunSummary

    @dataclass
    class HeadClicked(Message):
        """The head of a column was clicked."""

        column: str

    runs: Sequence[RunSummary] = ()
    columns: Sequence[Column] = ()
    hint = ""
    _name_width = NAME_WIDTH[0]
    _window = range(1, 1)
    _positions: Mapping[str, int] = {}
    _marks: Mapping[str, Content] = {}
    _signs: Mapping[str, Content] = {}
    _foot: Sequence[Mapping[str, str]] = ()
    _sorted: tuple[str, bool] = ("", False)

    @property
    def run(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.cursor < len(self.runs) else None

    def show(
        self, runs: Sequence[RunSummary], columns: Sequence[Column], sorted_by: tuple[str, bool], hint: str = ""
    ) -> None:
        """Show these runs and columns; the cursor stays on its run. ``hint`` is shown if there are no runs."""
        here = self.run
        self.runs, self.columns, self._sorted, self.hint = runs, columns, sorted_by, hint
        self._positions = {run.id: position for position, run in enumerate(runs)}
        self._measure()
        position = self._positions.get(here.id) if here else None
        self.cursor = min(self.cursor, max(len(runs) - 1, 0)) if position is None else position
        self._keep_in_sight()
        self.refresh()
        after = self.run
        if (after is None) != (here is None) or (after and here and after.id != here.id):
            self.post_message(self.Moved(after))

    def replace(self, changed: Sequence[RunSummary]) -> None:
        """Show new values of runs whose order has not changed."""
        new = {self._positions[run.id]: run for run in changed if run.id in self._positions}
        self.runs = [new.get(position, run) for position, run in enumerate(self.runs)]
        for position in new:
            self._refresh_row(position)

    def mark(self, marks: Mapping[str, Content]) -> None:
        """Show these curve marks, by run."""
        before, self._marks = self._marks, marks
        self._refresh_changed(before, marks)

    def show_foot(self, foot: Sequence[Mapping[str, str]]) -> None:
        """Show lines below the runs, each as texts by column: the baselines of the run under the cursor."""
        if foot != self._foot:
            self._foot = foot
            self._measure()
            self._keep_in_sight()
            self.refresh()

    @property
    def _foot_lines(self) -> int:
        """The number of lines of the foot; 0 if there is not enough room."""
        return len(self._foot) if self.runs and self.size.height > FOOT_FROM else 0

    def rate(self, signs: Mapping[str, Content]) -> None:
        """Show these ratings against the best run, by run."""
        before, self._signs = self._signs, signs
        self._refresh_changed(before, signs)

    def _refresh_changed(self, before: Mapping[str, Content], after: Mapping[str, Content]) -> None:
        for run in (before.keys() | after.keys()) & self._positions.keys():
            if before.get(run) != after.get(run):
                self._refresh_row(self._positions[run])

    def move_to(self, run: str) -> None:
        """Put the cursor on a run."""
        if run in self._positions:
            self.cursor = self._positions[run]

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._measure()
        self._keep_in_sight()

    def on_click(self, event: events.Click) -> None:
        """Move to the run under the mouse, choose it with a second click; sort by a clicked head."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            if column := self._column_at(offset.x):
                self.post_message(self.HeadClicked(column))
            return
        position = offset.y - 1 + self.scroll_offset.y
        if position < len(self.runs):
            if position == self.cursor and event.chain > 1:
                self.post_message(self.Chosen(self.runs[position]))
            self.cursor = position

    def action_cursor(self, step: int) -> None:
        """Move by a number of runs."""
        self.cursor = max(0, min(self.cursor + step, len(self.runs) - 1))

    def action_page(self, step: int) -> None:
        """Move by a page."""
        self.action_cursor(step * max(self._lines - 1, 1))

    def action_edge(self, step: int) -> None:
        """Move to the first or the last run."""
        self.action_cursor(step * len(self.runs))

    def action_sideways(self, step: int) -> None:
        """Scroll to the columns on the left or the right."""
        positions = [0, *itertools.accumulate(self._width(column) + GAP for column in self.columns[1:])]
        position = max(0, min(self._window.start - 1 + step, len(positions) - 1))
        self.scroll_to(x=positions[position], animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Return the head, or a run's line."""
        width, base = self._across, self.visual_style
        position = y - 1 + self.scroll_offset.y
        below = y - (self.size.height - self._foot_lines)
        if below >= 0:
            cells = [
                self._cell(column, Content.styled(self._foot[below].get(column.key, ""), MUTED))
                for column in self._seen
            ]
            return self._strip(Content.styled("  ─ ", MUTED), cells, base)
        if y == 0:
            return self._head_line(base + self.get_visual_style("runs-table--head", partial=True))
        if position < len(self.runs):
            here = position == self.cursor
            return self._strip(
                self._gutter(position, here),
                [self._text_cell(column, self.runs[position]) for column in self._seen],
                base + self.get_visual_style("list--cursor", partial=True) if here else base,
            )
        if not self.runs and y == 2:
            return self._strip(Content(" " * GUTTER), [Content.styled(self.hint, MUTED)], base)
        return Strip.blank(width, base.rich_style)

    def _head_line(self, style: Style) -> Strip:
        line = self._strip(Content(" " * GUTTER), self._head(), style)
        if self._window.stop == len(self.columns):
            return line
        return Strip.join([line.crop(0, self._across - len(MORE)), self._rendered(Content(MORE), style)])

    def _strip(self, gutter: Content, cells: Sequence[Content], style: Style) -> Strip:
        line = self._rendered(gutter + Content(" " * GAP).join(cells), style)
        return line.adjust_cell_length(self._across, style.rich_style)

    def _rendered(self, content: Content, style: Style) -> Strip:
        return rendered(self, content, max(content.cell_length, 1), style)

    def _gutter(self, position: int, here: bool) -> Content:
        run, cursor = self.runs[position].id, Content.styled("▸ ", "bold $accent") if here else Content("  ")
        return cursor + self._marks.get(run, BLANK) + self._signs.get(run, BLANK)

    def _head(self) -> list[Content]:
        key, descending = self._sorted
        cells = []
        for column in self._seen:
            sign = "" if column.key != key else "▾" if descending else "▴"
            room = self._width(column) - len(sign)
            cells.append(self._cell(column, Content(column.title).truncate(room, ellipsis=True) + sign))
        return cells

    def _text_cell(self, column: Column, run: RunSummary) -> Content:
        style = status_style(run) if column.key == "status" else ""
        return self._cell(column, Content.styled(shortened(column.text_of(run), self._width(column)), style))

    def _cell(self, column: Column, content: Content) -> Content:
        width = self._width(column)
        cut = content.truncate(width, ellipsis=True)
        pad = width - cut.cell_length
        return cut.pad_left(pad) if column.right else cut.pad_right(pad)

    def _width(self, column: Column) -> int:
        return column.width or self._name_width

    @property
    def _across(self) -> int:
        """The width of a line, without the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def _room(self) -> int:
        """The width without the gutter, the first column and the sign for more columns."""
        first = self._width(self.columns[0]) + GAP if self.columns else 0
        return self._across - GUTTER - first - len(MORE)

    def _fit(self, start: int) -> range:
        """Return the indices of the columns that fit, from ``start`` on: at least one."""
        room, stop = self._room + GAP, start
        while stop < len(self.columns):
            room -= self._width(self.columns[stop]) + GAP
            if room < 0 and stop > start:
                break
            stop += 1
        return range(start, stop)

    @property
    def _seen(self) -> Sequence[Column]:
        """The visible columns: the first, and those of the window."""
        return (*self.columns[:1], *self.columns[self._window.start : self._window.stop])

    def _measure(self) -> None:
        """Fit whole columns, and give the remaining width to the names."""
        low, high = NAME_WIDTH
        self._name_width = low
        shown = self._fit(1)
        used = sum(self._width(self.columns[position]) + GAP for position in shown)
        self._name_width = max(low, min(high, low + self._room + GAP - used))
        last = next(
            (start for start in range(1, len(self.columns)) if self._fit(start).stop == len(self.columns)), 1
        )
        moved = sum(self._width(column) + GAP for column in self.columns[1:last])
        self.virtual_size = Size(self._across + moved, len(self.runs) + 1 + len(self._foot))
        self._find_window()

    def _find_window(self) -> None:
        """Find the columns that are visible at the scroll position."""
        left, start = self.scroll_offset.x, 1
        while left > 0 and start < len(self.columns):
            left -= self._width(self.columns[start]) + GAP
            start += 1
        self._window = self._fit(start)

    def watch_scroll_x(self, before: float, after: float) -> None:
        """Show the columns at the new position."""
        super().watch_scroll_x(before, after)
        self._find_window()

    @property
    def _lines(self) -> int:
        return max(self.size.height - 1 - self._foot_lines, 1)

    def _column_at(self, x: int) -> str | None:
        position = GUTTER
        for column in self._seen:
            end = position + self._width(column) + GAP
            if position <= x < end:
                return column.key
            position = end
        return None

    def _refresh_row(self, position: int) -> None:
        self.refresh(Region(0, position + 1 - self.scroll_offset.y, self._across, 1))

    def _keep_in_sight(self) -> None:
        top, lines = int(self.scroll_offset.y), self._lines
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + lines:
            self.scroll_to(y=self.cursor - lines + 1, animate=False, immediate=True)

    def _tell(self) -> None:
        self.post_message(self.Moved(self.run))
