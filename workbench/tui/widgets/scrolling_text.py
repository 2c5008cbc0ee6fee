"""Scrollable text; only changed lines are repainted."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from workbench.tui.widgets.moves import SCROLL, moves


class Page(VerticalScroll):
    """A text that fills a dialog, scrolled by keys."""

    BINDINGS = moves(SCROLL)


class Prose(ScrollView, can_focus=True):
    """Text wrapped to the width."""

    BINDINGS = moves(SCROLL, letters=False, top="home")

    DEFAULT_CSS = """
    Prose { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content("")
        self._strips: list[Strip] = []
        self._wrapped: dict[int, list[Strip]] = {}

    @property
    def content_text(self) -> str:
        """The text."""
        return self._content.plain

    def put(self, content: Content) -> None:
        """Replace the text and keep the scroll position."""
        self._content = content
        self._wrap_anew()

    def on_mount(self) -> None:
        """Redraw in other colours when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._wrap_anew())

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        index, width = y + self.scroll_offset.y, self.size.width
        style = self.visual_style.rich_style
        if index >= len(self._strips):
            return Strip.blank(width, style)
        return self._strips[index].adjust_cell_length(width, style)

    def _wrap_anew(self) -> None:
        self._wrapped.clear()
        self._wrap()

    def _wrapped_to(self, width: int) -> list[Strip]:
        """Return the lines wrapped to a width, cached: a text is resized once it has a scrollbar."""
        if width not in self._wrapped:
            content = self._content
            self._wrapped[width] = (
                Visual.to_strips(self, content, width, None, self.visual_style) if content else []
            )
        return self._wrapped[width]

    def _wrap(self) -> None:
        """Wrap to the width, less the scrollbar's if not all of the text fits."""
        width, height = self.size
        if not width:
            return
        before = self._strips
        most = (width + 1) * height  # a line ends with a blank that is not shown
        if self._content.cell_length > most or len(self._wrapped_to(width)) > height:
            width -= self.styles.scrollbar_size_vertical
        self._strips = self._wrapped_to(width)
        size = Size(width, len(self._strips))
        if self.virtual_size != size:
            self.virtual_size = size
        top, blank = self.scroll_offset.y, Strip([])
        for y in range(height):
            old, new = (strips[top + y] if top + y < len(strips) else blank for strips in (before, self._strips))
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))
