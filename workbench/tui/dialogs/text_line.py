"""A dialog with one line to type, which shows what is wrong with it until it is valid."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.system.plain_text import plain
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.typed_field import TypedField


class LineInput(TypedField):
    """An input whose enter key is shown in the footer."""

    BINDINGS = [Binding("enter", "submit", "Take", key_display="⏎", id="line.take")]


class Line(ModalScreen[str | None]):
    """Returns the typed text, or None for escape.

    ``check`` returns what is wrong with a text, empty if nothing is: it is shown below the line while typing, and
    an invalid text is not accepted. ``hint`` is shown there otherwise.
    """

    BINDINGS = [Binding("escape", "dismiss", "Cancel", id="line.cancel")]

    def __init__(
        self, title: str, text: str = "", hint: str = "", check: Callable[[str], str] = lambda _: ""
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._hint = hint
        self._check = check
        self.problem = ""

    def compose(self) -> ComposeResult:
        """Yield the line, with its hint or problem."""
        with Vertical(id="line") as line:
            line.border_title = Content(plain(self._title)).markup
            yield LineInput(self._text, compact=True)
            yield Static(id="said")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the hint, or the earlier problem."""
        self.say(self.problem)

    def say(self, problem: str) -> None:
        """Show a problem, or else the hint."""
        said = self.query_one("#said", Static)
        said.display = bool(problem or self._hint)
        words = "\n".join(part for part in (f"✗ {problem}" if problem else "", self._hint) if part)
        said.update(Content.styled(plain(words, lines=True), BAD if problem else MUTED))

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        if message.value != self._text:
            text = message.value.strip()
            self.say(self._check(text) if text else "")

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        text = message.value.strip()
        if problem := self._check(text):
            self.say(problem)
        else:
            self.take(text)

    def take(self, text: str) -> None:
        """Return the text."""
        self.dismiss(text)
