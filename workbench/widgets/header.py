"""The line at the top: where one is, what is open, and how the run is doing."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from workbench.plain import plain


class TopBar(Widget):
    """The header: ``heading`` on the left, ``state`` of the run on the right; the state never gives way."""

    heading: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    mood: reactive[str] = reactive("")

    def render(self) -> Content:
        """Both ends of the line."""
        state = Content.styled(plain(self.state), self.mood or "$text-muted")
        left = Content.assemble((" workbench ", "bold $accent"), "  ", (plain(self.heading), "bold"))
        room = self.size.width - state.cell_length - 2
        left = left.truncate(max(room, 0), ellipsis=True)
        return left.pad_right(max(room - left.cell_length, 0)) + Content(" ") + state
