"""A list of check boxes; up and down at its ends go to the adjacent fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from engine.system.plain_text import plain
from workbench.tui.widgets.colours import MUTED

ON, OFF = "[✓]", "[ ]"


class CheckList(Widget, can_focus=True):
    """A column of check boxes; posts Changed when one is switched."""

    BINDINGS = [
        Binding("space", "switch", "On or off", id="checks.switch"),
        Binding("enter", "screen.apply", "Apply", key_display="⏎", id="checks.apply"),
        Binding("up,k", "step(-1)", "Up", show=False, id="list.up"),
        Binding("down,j", "step(1)", "Down", show=False, id="list.down"),
    ]
    DEFAULT_CSS = "CheckList { height: auto; }"

    cursor: reactive[int] = reactive(0)
    chosen: reactive[frozenset[str]] = reactive(frozenset())

    @dataclass
    class Changed(Message):
        """A box was switched."""

        checks: CheckList

    def __init__(self, choices: Sequence[tuple[str, str]], chosen: Sequence[str]) -> None:
        super().__init__()
        self._choices = choices
        self.set_reactive(CheckList.chosen, frozenset(chosen))

    @property
    def values(self) -> tuple[str, ...]:
        """The values that are on, in the order of the choices."""
        return tuple(value for _, value in self._choices if value in self.chosen)

    def render(self) -> Content:
        """Render a line per choice."""
        lines = [self._line(index, name, value) for index, (name, value) in enumerate(self._choices)]
        return Content("\n").join(lines)

    def _line(self, index: int, name: str, value: str) -> Content:
        on = value in self.chosen
        box = Content.styled(ON, "bold $success") if on else Content.styled(OFF, MUTED)
        here = index == self.cursor and self.has_focus
        line = Content.assemble(box, " ", (plain(name), "" if on else MUTED))
        return line.stylize("reverse") if here else line

    def action_step(self, step: int) -> None:
        """Move to the next choice; past the last, to the next field."""
        if 0 <= self.cursor + step < len(self._choices):
            self.cursor += step
        elif step > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_switch(self) -> None:
        """Switch the choice under the cursor."""
        self.chosen = self.chosen ^ {self._choices[self.cursor][1]}
        self.post_message(self.Changed(self))

    @on(events.Focus)
    @on(events.Blur)
    def _show_focus(self) -> None:
        """Show or hide the cursor."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Switch the choice under the mouse."""
        if 0 <= event.y < len(self._choices):
            self.cursor = event.y
            self.action_switch()
