"""A page of text over the screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.system.plain_text import plain
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.scrolling_text import Page


class Read(ModalScreen[None]):
    """Shows a text."""

    AUTO_FOCUS = "Page"
    BINDINGS = [Binding("escape,enter,q,d", "dismiss", "Close", key_display="esc", id="read.close")]

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Yield the text."""
        with Vertical(id="read") as read:
            read.border_title = Content(plain(self._title)).markup
            with Page():
                yield Static(self._text)
        yield KeyBar()
