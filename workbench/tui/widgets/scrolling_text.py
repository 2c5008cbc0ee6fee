"""Scrollable text; only cells that change are repainted."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from workbench.tui.widgets.moves import SCROLL, moves
from workbench.tui.widgets.partial_repaint import changed, of_strip


class Page(VerticalScroll):
    """A text that fills a dialog, scrolled by keys."""

    BINDINGS = moves(SCROLL)


class Prose(ScrollView, can_focus=True):
    """Text wrapped to the width there is."""

    BINDINGS = moves(SCROLL, letters=False, top="home")

    DEFAULT_CSS = """
    Prose { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content("")
        self._strips: list[Strip] = []

    @property
    def content_text(self) -> str:
        """What it says."""
        return self._content.plain

    def put(self, content: Content) -> None:
        """Replaces the text and keeps the scroll position."""
        self._content = content
        self._wrap()

    def on_mount(self) -> None:
        """Draw again in other colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._wrap())

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()

    def render_line(self, y: int) -> Strip:
        """One line."""
        index, width = y + self.scroll_offset.y, self.size.width
        style = self.visual_style.rich_style
        if index >= len(self._strips):
            return Strip.blank(width, style)
        return self._strips[index].adjust_cell_length(width, style)

    def _wrapped(self, width: int) -> list[Strip]:
        if not self._content:
            return []
        return Visual.to_strips(self, self._content, width, None, self.visual_style)

    def _wrap(self) -> None:
        """Wrap to the width there is: less the scrollbar's, where all of it does not fit."""
        width, height = self.size
        if not width:
            return
        before, self._strips = self._strips, self._wrapped(width)
        if len(self._strips) > height:
            width -= self.styles.scrollbar_size_vertical
            self._strips = self._wrapped(width)
        size = Size(width, len(self._strips))
        if self.virtual_size != size:
            self.virtual_size = size
        for index in range(max(len(before), len(self._strips))):
            old, new = (strips[index] if index < len(strips) else Strip([]) for strips in (before, self._strips))
            span = None if old == new else changed(of_strip(old), of_strip(new))
            y = index - self.scroll_offset.y
            if span and 0 <= y < self.size.height:
                self.refresh(Region(span[0], y, span[1], 1))
