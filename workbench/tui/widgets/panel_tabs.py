"""The names of the panels, for terminals too narrow to show them side by side."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class PanelTabs(Widget):
    """One line of names; a click on one chooses it."""

    current: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        index: int

    def __init__(self, names: tuple[str, ...], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names = names

    @property
    def count(self) -> int:
        """How many panels there are."""
        return len(self._names)

    def rename(self, names: tuple[str, ...]) -> None:
        """Call the panels otherwise."""
        if names != self._names:
            self._names = names
            self.refresh()

    def render(self) -> Content:
        """The names, the current one marked."""
        parts: list[Content] = []
        for index, name in enumerate(self._names):
            here = index == self.current
            parts.append(Content.styled(f" {name} ", "bold reverse" if here else "$foreground-muted"))
        return Content.assemble(" ", Content(" ").join(parts), ("   tab next", "$foreground-muted"))

    def on_click(self, event: events.Click) -> None:
        """Choose the name under the mouse."""
        position = 1
        for index, name in enumerate(self._names):
            if position <= event.x < position + len(name) + 2:
                self.post_message(self.Chosen(index))
            position += len(name) + 3
