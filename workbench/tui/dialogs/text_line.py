"""A dialog with one line to type, which says what is wrong with it and keeps it until it is right."""

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
    """An input whose enter key stands in the footer."""

    BINDINGS = [Binding("enter", "submit", "Take", key_display="⏎", id="line.take")]


class Line(ModalScreen[str | None]):
    """Ends with what was typed, or None for escape.

    ``check`` gives what is wrong with a text, empty for nothing: it is said below the line as one types, and a
    wrong text is not taken. ``hint`` says there what form is expected.
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
        """The line, and what is to be said of it."""
        with Vertical(id="line") as line:
            line.border_title = Content(plain(self._title)).markup
            yield LineInput(self._text, compact=True)
            yield Static(id="said")
        yield KeyBar()

    def on_mount(self) -> None:
        """Says what is expected, and what went wrong before."""
        self.say(self.problem)

    def say(self, problem: str) -> None:
        """Says what is wrong, or else what is expected."""
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
        """Ends with the text."""
        self.dismiss(text)
