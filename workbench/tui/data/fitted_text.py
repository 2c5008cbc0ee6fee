"""A text that is built for the width it has, and scrolled with the arrow keys."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from workbench.tui.widgets.moves import SCROLL, moves


class FittedText(VerticalScroll):
    """Shows what ``build`` makes of the width in cells."""

    BINDINGS = moves(SCROLL, top="home")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._build: Callable[[int], Content] = lambda _: Content("")
        self._width = 0
        self.text = ""

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static()

    def show(self, build: Callable[[int], Content]) -> None:
        """Show another text, from its beginning."""
        self._build, self._width = build, 0
        self.scroll_home(animate=False)
        self._fit()

    def on_resize(self) -> None:
        """Build for the new width."""
        self._fit()

    def _fit(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._width:
            self._width = width
            content = self._build(width)
            self.text = content.plain
            self.query_one(Static).update(content)
