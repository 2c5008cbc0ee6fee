"""The line at the top: where one is, what is open, and how the run is doing."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.reactive import reactive

from workbench.text.sanitise import plain
from workbench.tui.modes import MODES
from workbench.tui.widgets.palette import MUTED
from workbench.tui.widgets.partial_repaint import ChangingLine


class TopBar(ChangingLine):
    """The header: ``heading`` on the left, ``state`` of the run on the right; the state never gives way."""

    heading: reactive[str] = reactive("", repaint=False)
    state: reactive[str] = reactive("", repaint=False)
    mood: reactive[str] = reactive("", repaint=False)
    _at = 0

    def on_mount(self) -> None:
        """Show other words as they come."""
        for name in ("heading", "state", "mood"):
            self.watch(self, name, self.draw)

    def on_resize(self) -> None:
        """Fit the new width."""
        self.draw()

    def draw(self) -> None:
        """Both ends of the line; between them the modes and their keys, where there is room for all of it."""
        state = Content.styled(plain(self.state), self.mood or "$foreground-muted")
        left = Content.assemble((" workbench ", "bold $accent"), "  ", (plain(self.heading), "bold"))
        room = self.size.width - state.cell_length - 2
        left = left.truncate(max(room, 0), ellipsis=True)
        modes = self._modes()
        self._at = max((self.size.width - modes.cell_length) // 2, left.cell_length + 3)
        if self._at + modes.cell_length + 3 <= room:
            left = left.pad_right(self._at - left.cell_length) + modes
        self.put(left.pad_right(max(room - left.cell_length, 0)) + Content(" ") + state)

    def _modes(self) -> Content:
        here = self.app.current_mode
        return Content("  ").join(
            Content.assemble((f"{mode.key} ", "bold $accent"), (mode.title, "" if mode.name == here else MUTED))
            for mode in MODES
        )

    def on_click(self, event: events.Click) -> None:
        """Go to the mode under the mouse."""
        place = self._at
        for mode in MODES:
            end = place + len(mode.key) + 1 + len(mode.title)
            if place <= event.x < end and self._content.plain[place:end].endswith(mode.title):
                self.app.switch_mode(mode.name)
            place = end + 2
