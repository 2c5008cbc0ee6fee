"""The names of the panels, on terminals too narrow to show them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from workbench.tui.keymap import key_of


class PanelTabs(Widget):
    """One line of names; clicking a name chooses it."""

    current: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        index: int

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def rename(self, names: tuple[str, ...]) -> None:
        """Rename the panel tabs."""
        if names != self._names:
            self._names = names
            self.refresh()

    def render(self) -> Content:
        """Render the names, with the current one highlighted."""
        parts: list[Content] = []
        for index, name in enumerate(self._names):
            here = index == self.current
            parts.append(Content.styled(f" {name} ", "bold reverse" if here else "$foreground-muted"))
        return Content.assemble(
            " ", Content(" ").join(parts), (f"   {key_of(self, 'panel.next')} next", "$foreground-muted")
        )

    @property
    def columns(self) -> list[int]:
        """Return the column in which each name begins."""
        return list(accumulate((len(name) + 3 for name in self._names[:-1]), initial=1))

    def on_click(self, event: events.Click) -> None:
        """Choose the name under the mouse."""
        for index, column in enumerate(self.columns):
            if column <= event.x < column + len(self._names[index]) + 2:
                self.post_message(self.Chosen(index))
