"""What the screens of all modes share: the header above, the keys below, and how wide the terminal is."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from workbench.widgets.header import TopBar

WIDE = 110
"""From this many columns on panels stand side by side; below, they are tabs."""


class ModeScreen(Screen[None]):
    """A mode's screen: write :meth:`compose_body`; the class ``-wide`` or ``-narrow`` tells how much room there is."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]

    def compose(self) -> ComposeResult:
        """The header, the body, the keys."""
        yield TopBar()
        yield from self.compose_body()
        yield Footer(compact=True, show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """What stands between the header and the keys."""
        raise NotImplementedError
