"""A question with a few answers, each with a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Static

from engine.system.plain_text import plain
from workbench.tui.widgets.key_bar import KeyBar


class Answer(NamedTuple):
    """An answer: its value, key and label; :func:`ask` calls ``do`` if it is chosen."""

    value: str
    key: str
    label: str
    do: Callable[[], object] = lambda: None


class AnswerButton(Button):
    """An answer's button, whose enter key is shown in the footer."""

    BINDINGS = [Binding("enter", "press", "Choose", key_display="⏎", id="ask.choose")]

    def on_resize(self) -> None:
        """Scroll to the button if it was focused before it had a size: Textual scrolled to its old position."""
        if self.has_focus:
            self.scroll_visible(animate=False)


class Ask(ModalScreen[str | None]):
    """Asks a question; returns the answer's value, or None for escape."""

    BINDINGS = [
        Binding("escape", "dismiss", "Cancel", id="ask.cancel"),
        Binding("down,right", "app.focus_next", "Next answer", show=False, id="ask.next"),
        Binding("up,left", "app.focus_previous", "Previous answer", show=False, id="ask.previous"),
    ]

    def __init__(self, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Yield the question and its answers."""
        with Vertical(id="ask") as ask:
            ask.border_title = Content(plain(self._title)).markup
            yield Static(Content(plain(self._text, lines=True)), id="asked")
            for answer in self._answers:
                yield AnswerButton(
                    Content.assemble((f"{answer.key} ", "bold"), f" {answer.label}"), id=answer.value, compact=True
                )
        yield KeyBar()

    def tell(self, text: str) -> None:
        """Change the question's text."""
        if text != self._text:
            self._text = text
            self.query_one("#asked", Static).update(Content(plain(text, lines=True)))

    @on(Button.Pressed)
    def _answered(self, message: Button.Pressed) -> None:
        self.dismiss(message.button.id)

    def on_key(self, event: events.Key) -> None:
        """Answer with a key."""
        for answer in self._answers:
            if event.character == answer.key:
                event.stop()
                self.dismiss(answer.value)


def ask(screen: Screen[Any], title: str, text: str, answers: Sequence[Answer]) -> None:
    """Ask a question over a screen, and run the chosen answer's ``do``; escape does nothing."""

    def answered(value: str | None) -> None:
        for answer in answers:
            if answer.value == value:
                answer.do()

    screen.app.push_screen(Ask(title, text, answers), answered)
