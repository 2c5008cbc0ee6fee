"""One line to type."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input

from workbench.text.sanitise import plain


class Line(ModalScreen[str | None]):
    """Ends with what was typed, or None."""

    BINDINGS = [
        Binding("enter", "app.bell", "Take", show=True, id="line.take"),
        Binding("escape", "cancel", "Cancel", id="line.cancel"),
    ]

    def __init__(self, title: str, text: str = "", hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The line."""
        with Vertical(id="line") as line:
            line.border_title = Content(plain(self._title)).markup
            yield Input(self._text, placeholder=self._hint, compact=True)
        yield Footer(compact=True, show_command_palette=False)

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        self.dismiss(message.value.strip())

    def action_cancel(self) -> None:
        """Type nothing."""
        self.dismiss(None)
