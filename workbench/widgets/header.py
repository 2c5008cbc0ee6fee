"""The line at the top: where one is, what is open, and how the run is doing."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive

from workbench.plain import plain
from workbench.widgets.painting import ChangingLine


class TopBar(ChangingLine):
    """The header: ``heading`` on the left, ``state`` of the run on the right; the state never gives way."""

    heading: reactive[str] = reactive("", repaint=False)
    state: reactive[str] = reactive("", repaint=False)
    mood: reactive[str] = reactive("", repaint=False)

    def on_mount(self) -> None:
        """Show other words as they come."""
        for name in ("heading", "state", "mood"):
            self.watch(self, name, self.draw)

    def on_resize(self) -> None:
        """Fit the new width."""
        self.draw()

    def draw(self) -> None:
        """Both ends of the line."""
        state = Content.styled(plain(self.state), self.mood or "$foreground-muted")
        left = Content.assemble((" workbench ", "bold $accent"), "  ", (plain(self.heading), "bold"))
        room = self.size.width - state.cell_length - 2
        left = left.truncate(max(room, 0), ellipsis=True)
        self.put(left.pad_right(max(room - left.cell_length, 0)) + Content(" ") + state)
