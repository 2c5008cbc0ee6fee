"""What the screens of all modes share: the header above, the keys below, and how wide the terminal is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from workbench.widgets.header import TopBar

if TYPE_CHECKING:
    from workbench.app import Workbench

WIDE = 110
"""From this many columns on panels stand side by side; below, they are tabs."""

LOOK = 0.25
"""Seconds between two looks at the run's state."""


class ModeScreen(Screen[None]):
    """A mode's screen: write :meth:`compose_body`, set TITLE.

    The class ``-wide`` or ``-narrow`` tells how much room there is.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]

    def compose(self) -> ComposeResult:
        """The header, the body, the keys."""
        yield TopBar()
        yield from self.compose_body()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Keep the run's state in the header, whichever screen one is on."""
        if self.title:
            self.query_one(TopBar).heading = self.title
        self.show_state()
        self.set_interval(LOOK, self.show_state)

    def show_state(self) -> None:
        """Show the run's state; costs nothing on the wire where it is the same."""
        app: Workbench = self.app  # type: ignore[assignment]
        bar = self.query_one(TopBar)
        bar.state, bar.mood = app.bench.run_state

    def compose_body(self) -> ComposeResult:
        """What stands between the header and the keys."""
        raise NotImplementedError
