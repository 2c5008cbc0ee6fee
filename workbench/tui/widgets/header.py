"""The header: the screens, what is open, and the state of the run."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.reactive import reactive

from engine.system.plain_text import plain
from workbench.text.widths import shortened
from workbench.tui.keymap import key_of
from workbench.tui.modes import MODES, Mode
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.partial_repaint import ChangingLine

SHORTEST = 12
"""Cells that are left for the name of what is open, however long the run's state is."""


class TopBar(ChangingLine):
    """The header: ``heading`` on the left, ``state`` of the run on the right."""

    heading: reactive[str] = reactive("", repaint=False)
    state: reactive[str] = reactive("", repaint=False)
    mood: reactive[str] = reactive("", repaint=False)

    def on_mount(self) -> None:
        """Redraw when heading or state change."""
        for name in ("heading", "state", "mood"):
            self.watch(self, name, self.draw)

    def on_resize(self) -> None:
        """Fit the new width."""
        self.draw()

    def draw(self) -> None:
        """Draw the modes with their keys, what is open, and the run's state; the keys are always shown.

        If there is not enough room, the run's name is dropped first, then the middle of what is open.
        """
        width = self.size.width
        style = self.mood or "$foreground-muted"
        state = Content.styled(plain(self.state), style)
        heading = Content.styled(plain(self.heading), "bold")
        whole = Content.styled(" workbench ", "bold $accent") + Content(" ") + self._modes(True)
        needed = heading.cell_length + state.cell_length + 7
        modes = whole if whole.cell_length + needed <= width else Content(" ") + self._modes(False)
        room = max(width - modes.cell_length - 3, 0)
        if heading.cell_length + 2 + state.cell_length > room:
            state = Content.styled(plain(self.state).partition(", ")[0], style)
        shortest = min(SHORTEST, heading.cell_length) + 2
        state = state.truncate(min(state.cell_length, max(room - shortest, 0)), ellipsis=True)
        heading = Content.styled(shortened(plain(self.heading), max(room - state.cell_length - 2, 0)), "bold")
        left = modes + Content("  ") + heading
        self.put(left.pad_right(max(width - left.cell_length - state.cell_length - 1, 1)) + state)

    def _modes(self, whole: bool) -> Content:
        """Return every mode's key, with titles if there is room, else only the current one's; then the key for
        help.
        """
        here = self.app.current_mode
        parts = [
            Content.assemble(
                (self._key(mode), "bold $accent"),
                (f" {mode.title}" if whole or mode.name == here else "", "bold" if mode.name == here else MUTED),
            )
            for mode in MODES
        ]
        keys = Content.assemble((key_of(self, "app.help"), "bold $accent"), (" Keys" if whole else "", MUTED))
        return Content("  " if whole else " ").join([*parts, keys])

    def _key(self, mode: Mode) -> str:
        return key_of(self, f"mode.{mode.name}")

    def on_click(self, event: events.Click) -> None:
        """Switch to the mode under the mouse."""
        text = self._content.plain
        for mode in MODES:
            key = self._key(mode)
            begin = text.find(f" {key}")
            if begin >= 0 and begin < event.x <= begin + len(key) + 1 + len(mode.title):
                title = text[begin + 1 :].startswith(f"{key} {mode.title}")
                if title or event.x <= begin + len(key):
                    self.app.switch_mode(mode.name)
                    return
