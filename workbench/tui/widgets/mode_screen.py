"""Base class of the mode screens: header, key bar, panels and focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.terminal import output
from workbench.tui.host import Host
from workbench.tui.widgets.after_keys import after_keys
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.jump import JumpScreen, Target
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.panel_tabs import PanelTabs
from workbench.tui.widgets.row_list import Rows

Result = TypeVar("Result")

WIDE = 110
"""The width in columns from which panels are side by side; below it, they are tabs."""

STAYING = ("app.copy", "app.redraw", "app.suspend")
"""Bindings of the app that do not leave the screen: keys typed ahead of them are not dropped."""

POLL = 0.25
"""Seconds between two polls of the run's state."""


class Stop(NamedTuple):
    """A stop of the tab key: the first visible widget that matches ``selector``, in the panel with that index."""

    selector: str
    panel: int


class Copyable(NamedTuple):
    """Something to copy: its title, a function that returns its text, and a short note."""

    title: str
    text: Callable[[], str]
    note: str = ""


class ModeScreen(Screen[None]):
    """A mode's screen. Subclasses write :meth:`compose_body`, and set PANELS and STOPS if there are panels.

    If TABBED, one panel is shown at a time, at any width.

    CSS classes: ``-wide`` or ``-narrow`` for the width, ``-tabbed`` for tabs at any width, ``-panel-N`` for the
    panel to show if only one is shown.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    PANELS: tuple[str, ...] = ()
    TABBED = False
    STOPS: tuple[Stop, ...] = ()
    BINDINGS = [
        Binding("tab", "panel(1)", "Next panel", show=False, id="panel.next"),
        Binding("shift+tab", "panel(-1)", "Previous panel", show=False, id="panel.previous"),
        Binding("ctrl+o", "jump", "Jump to a panel", show=False, id="panel.jump"),
    ]

    def __init__(self) -> None:
        super().__init__(classes="-panel-0" if self.PANELS else None)
        self.set_class(self.TABBED, "-tabbed")
        self.panel = 0
        self._awaited: set[object] = set()
        self._filling: set[object] = set()
        self._focus_before: Widget | None = None

    @property
    def host(self) -> Host:
        """The app, in the interface that screens use."""
        return cast(Host, self.app)

    @property
    def is_current(self) -> bool:
        """Whether this screen is on top: under a dialog it is not repainted until the dialog closes."""
        return self.app.screen_stack[-1:] == [self]

    def compose(self) -> ComposeResult:
        """Yield the header, the panel tabs, the body and the key bar."""
        self.add_class(*self._size_classes())
        yield TopBar()
        if self.PANELS:
            yield PanelTabs(self.PANELS)
        yield from self.compose_body()
        yield KeyBar()

    def _size_classes(self) -> Iterator[str]:
        """Yield the classes that Textual adds once the screen has a size: added earlier, they save a second
        styling.
        """
        rows = self.VERTICAL_BREAKPOINTS or self.app.VERTICAL_BREAKPOINTS
        columns = self.HORIZONTAL_BREAKPOINTS or self.app.HORIZONTAL_BREAKPOINTS
        for cells, breakpoints in zip(self.app.size, (columns, rows), strict=True):
            yield from [name for least, name in sorted(breakpoints or ()) if least <= cells][-1:]

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between the header and the key bar."""
        raise NotImplementedError

    def copies(self) -> Sequence[Copyable]:
        """Return what can be copied here, besides the focused text."""
        return ()

    def on_mount(self) -> None:
        """Show the first panel, and keep showing the run's state."""
        if self.PANELS:
            self.show_panel(0)
        self.show_state()
        self.every(POLL, self.show_state)

    def on_screen_resume(self) -> None:
        """Show what has changed while another screen was on top, and the current mode."""
        self.show_state()
        self.query_one(TopBar).draw()

    def every(self, seconds: float, update: Callable[[], object]) -> None:
        """Call ``update`` at intervals while this screen is on top and the terminal keeps up.

        A screen under a dialog is not repainted, nothing is sent to a terminal that has not drawn the last update,
        and answers to keys go first.
        """

        def tick() -> None:
            if self.is_current and not output.behind():
                after_keys(self, update)

        self.set_interval(seconds, tick)

    def show_state(self) -> None:
        """Show the run's state; nothing is sent if it has not changed."""
        bar = self.query_one(TopBar)
        bar.state, bar.mood = self.host.run_state

    def warn(self, text: str | EngineError, title: str = "") -> None:
        """Notify the user why something cannot be done."""
        self.notify(plain(str(text), lines=True), title=title, severity="warning", markup=False)

    def ask(self, dialog: Screen[Result | None], answered: Callable[[Result], object]) -> None:
        """Show a dialog; ``answered`` is called with its result, unless it was cancelled."""

        def closed(answer: Result | None) -> None:
            if answer is not None:
                answered(answer)

        self.app.push_screen(dialog, closed)

    def work(
        self,
        job: Callable[..., object],
        *arguments: object,
        group: str = "store",
        awaited: bool = False,
        fills: bool = False,
    ) -> None:
        """Run a job in a thread worker, and show its errors.

        With ``awaited``, the next keys wait until the job has ended and what it passed to ``call_later`` is shown.
        With ``fills``, keys that need the screen's content wait too, however long the job takes.
        """
        token = object()
        if awaited:
            self._awaited.add(token)
        if fills:
            self._filling.add(token)

        def run() -> None:
            try:
                job(*arguments)
            except EngineError as error:
                self.call_later(self.warn, error)
            except Exception as error:
                from workbench.terminal.streams import bug

                self.call_later(self.warn, bug(error))
            finally:
                self.call_later(self._finish_waiting, token)

        self.run_worker(run, thread=True, exit_on_error=False, group=group)

    @property
    def awaits_jobs(self) -> bool:
        """Whether jobs are running that keys wait for."""
        return bool(self._awaited)

    def _finish_waiting(self, token: object) -> None:
        self._awaited.discard(token)
        self._filling.discard(token)

    @property
    def is_filling(self) -> bool:
        """Whether the content that most keys need is still being read."""
        return bool(self._filling)

    def leaves(self, typed: events.Key | events.Paste) -> bool:
        """Return whether a key leaves this screen, for the previous one or for one that any screen can open."""
        found = self._binding(typed)
        if found is None or found.binding.id in STAYING:
            return False
        return found.node is self.app or found.binding.action == "back"

    def needs_no_content(self, typed: events.Key | events.Paste) -> bool:
        """Return whether a key works before the content is there."""
        found = self._binding(typed)
        return self.leaves(typed) or (found is not None and (found.binding.id or "").startswith("panel."))

    def _binding(self, typed: events.Key | events.Paste) -> ActiveBinding | None:
        return self.active_bindings.get(typed.key) if isinstance(typed, events.Key) else None

    def stop_awaiting_jobs(self) -> None:
        """Stop keys from waiting for the running jobs."""
        self._awaited.clear()

    @property
    def cursor_key(self) -> str:
        """The key of the row under the cursor of the screen's first list; empty if there is none."""
        return next((rows.key for rows in self.query(Rows)), "")

    def restore_cursor(self, key: str) -> None:
        """Put that cursor on the row with this key, if it still exists."""
        for rows in self.query(Rows).results(Rows):
            rows.move_to(key)
            return

    # Panels

    @property
    def narrow(self) -> bool:
        """Whether only one panel is shown."""
        return self.TABBED or self.has_class("-narrow")

    def in_sight(self, panel: int) -> bool:
        """Return whether a panel is shown."""
        return not self.narrow or self.panel == panel

    def action_panel(self, step: int) -> None:
        """Move the focus to the next stop; if panels are side by side, skip those that cannot take it."""
        stops = [stop for stop in self.STOPS if self.narrow or self._widget(stop)]
        if stops:
            self.go_to(stops[(self._here(stops) + step) % len(stops)])

    def action_jump(self) -> None:
        """Show a letter on each panel, and go to the one whose letter is pressed."""
        if targets := list(self._targets()):
            self.ask(JumpScreen(targets), lambda index: self.go_to(self.STOPS[index]))

    def _targets(self) -> Iterator[Target]:
        """Yield the positions of jump mode's letters: on the visible widgets, else on the panels' tabs."""
        tabbed = set[int]()
        for index, stop in enumerate(self.STOPS):
            widget = self._widget(stop)
            if widget and self.in_sight(stop.panel) and widget.region:
                yield Target(index, widget.region.offset)
            elif self.narrow and stop.panel != self.panel and stop.panel not in tabbed:
                tabbed.add(stop.panel)
                tabs = self.query_one(PanelTabs)
                yield Target(index, tabs.region.offset + Offset(tabs.columns[stop.panel]))

    @property
    def focus_order(self) -> list[str]:
        """Return the names of the panels in focus order; one with several parts counts once."""
        return [self.PANELS[panel] for panel in dict.fromkeys(stop.panel for stop in self.STOPS)]

    def go_to(self, stop: Stop) -> None:
        """Show a stop's panel, and focus the stop."""
        self.show_panel(stop.panel)
        if widget := self._widget(stop):
            widget.focus()
        else:
            self.set_focus(None)

    def go_to_panel(self, panel: int) -> None:
        """Show a panel, and focus its first stop."""
        self.go_to(next(stop for stop in self.STOPS if stop.panel == panel))

    def show_panel(self, panel: int) -> None:
        """Set which panel the styles and the tabs show if there is only room for one."""
        self.panel = panel
        self.query_one(PanelTabs).current = panel
        for index in range(len(self.PANELS)):
            self.set_class(index == panel, f"-panel-{index}")

    def _widget(self, stop: Stop) -> Widget | None:
        """Return the widget that takes the focus at a stop, if it is displayed."""
        found = [widget for widget in self.query(stop.selector) if widget.can_focus]
        shown = [one for one in found if one.display and all(parent.display for parent in one.ancestors[:1])]
        return next(iter(shown or (found if self.narrow else [])), None)

    def _here(self, stops: Sequence[Stop]) -> int:
        """Return the index of the focused stop, or else of the visible panel's."""
        focused = [index for index, stop in enumerate(stops) if self._widget(stop) is self.focused]
        here = [index for index, stop in enumerate(stops) if stop.panel == self.panel]
        if self.narrow:
            return next((index for index in here if index in focused), here[0] if here else 0)
        return focused[0] if focused else 0

    @on(PanelTabs.Chosen)
    def _tab_chosen(self, message: PanelTabs.Chosen) -> None:
        self.go_to_panel(message.index)

    def show_whole(self, *charts: Widget) -> None:
        """Show the first of these charts full screen, at the next call the next; after the last, all panels."""
        shown = [chart for chart in charts if chart.display]
        here = next((index for index, chart in enumerate(shown) if chart is self.maximized), -1)
        self.minimize()
        if here + 1 < len(shown):
            self._focus_before = self.focused
            self.maximize(shown[here + 1], container=False)

    def minimize(self) -> None:
        """Show all panels again, with the focus where it was: hidden widgets lose it."""
        super().minimize()
        if self._focus_before:
            self.set_focus(self._focus_before, scroll_visible=False)
            self._focus_before = None
