"""What the screens of all modes share: the header above, the keys below, and how wide the terminal is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from engine.errors import EngineError
from workbench.text.sanitise import plain
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.panel_tabs import PanelTabs

if TYPE_CHECKING:
    from workbench.tui.app import Workbench

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

    def warn(self, text: str | EngineError, title: str = "") -> None:
        """Say why something cannot be done."""
        self.notify(plain(str(text), lines=True), title=title, severity="warning", markup=False)

    def work(self, job: Callable[..., object], *arguments: object, group: str = "store") -> None:
        """Do something that takes time in a thread; what is wrong, with the store or with us, is said."""

        def run() -> None:
            try:
                job(*arguments)
            except EngineError as error:
                self.call_later(self.warn, error)
            except Exception as error:
                from workbench.terminal.streams import bug

                self.call_later(self.warn, bug(error))

        self.run_worker(run, thread=True, exit_on_error=False, group=group)

    def mark_panel(self, index: int) -> None:
        """Tell the styles, and the tabs, which panel is in sight where there is room for one alone."""
        tabs = self.query_one(PanelTabs)
        tabs.current = index
        for place in range(tabs.count):
            self.set_class(place == index, f"-panel-{place}")

    def compose_body(self) -> ComposeResult:
        """What stands between the header and the keys."""
        raise NotImplementedError
