"""The terminal app: its modes, its bindings, and the handlers of the screens' messages.

To add a screen, name its module and class in :mod:`workbench.tui.modes`. A screen is a
:class:`~workbench.tui.widgets.mode_screen.ModeScreen` made without arguments; it knows the app as
:class:`~workbench.tui.host.Host` and posts the messages of :mod:`workbench.tui.messages`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import ActiveBinding, Binding
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme

from engine.experiment.model import Experiment
from engine.system.plain_text import plain
from workbench.terminal.screen_cells import TERMINAL
from workbench.tui import themes
from workbench.tui.background_work import Work
from workbench.tui.garbage import GarbageCollection
from workbench.tui.keymap import key_of
from workbench.tui.messages import (
    AttachRun,
    DecisionKept,
    GoTo,
    OpenExperiment,
    ResumeRun,
    RetrainExperiment,
    WorkBegan,
)
from workbench.tui.modes import MODES
from workbench.tui.notifier import Notifier
from workbench.tui.preferences import STANDARD, Preferences
from workbench.tui.sessions import last_session
from workbench.tui.sessions.backend import Backend
from workbench.tui.typed_ahead import Typed, TypedAhead
from workbench.tui.widgets.mode_screen import Copyable, ModeScreen

if TYPE_CHECKING:
    from engine.runs import RunStore
    from workbench.tui.experiment.screen import ExperimentScreen

OF_LISTS = ("list.", "table.")
"""Prefixes of the ids of bindings that move a cursor and are not offered as commands."""

GARBAGE = 0.5
"""Seconds between two checks whether garbage should be collected."""

NOTICED = 15.0
"""Seconds for which mistakes in the configuration are shown."""


class Workbench(App[int]):
    """The workbench as a Textual app."""

    bench: ExperimentScreen
    DEFAULT_MODE = "experiment"
    CSS_PATH = Path(__file__).with_name("workbench.tcss")
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (50, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-tall")]
    TITLE = "workbench"
    theme: Reactive[str] = Reactive(themes.DEFAULT)
    BINDINGS = [
        *(
            Binding(mode.key, f"switch_mode({mode.name!r})", mode.title, show=False, id=f"mode.{mode.name}")
            for mode in MODES
        ),
        Binding("slash", "command_palette", "Commands", key_display="/", id="app.commands"),
        Binding("question_mark", "help", "Keys", key_display="?", id="app.help"),
        Binding("Y", "copy", "Copy what is shown here", show=False, id="app.copy"),
        Binding("O", "log", "Log: what TensorFlow, workers and the app wrote", show=False, id="app.log"),
        Binding("ctrl+l", "redraw", "Redraw the screen", show=False, id="app.redraw"),
        Binding("q", "quit", "Quit", show=False, id="app.quit"),
        Binding("ctrl+z", "suspend_process", "Suspend: fg brings it back", show=False, id="app.suspend"),
    ]

    def __init__(
        self,
        experiment: Experiment,
        *,
        store: RunStore | None = None,
        slow_link: bool = False,
        backend: Backend | None = None,
        remembers: bool = False,
        offers_last: bool = False,
        continues_last: bool = False,
        preferences: Preferences = STANDARD,
        shown: Callable[[], object] = lambda: None,
    ) -> None:
        """Set up the app; it opens on ``experiment``.

        ``remembers`` stores the session for the next start; ``offers_last`` asks whether to continue the last one,
        ``continues_last`` continues it without asking; ``shown`` is called after the first paint.
        """
        self.preferences = preferences
        super().__init__()
        self.remembers, self.offers_last, self.continues_last = remembers, offers_last, continues_last
        self.chart_cursor: int | None = None
        self.works: list[Work] = []
        self.slow_link = slow_link
        self.backend = backend or Backend(lambda: self.store)
        self.notifier = Notifier(self, preferences.config.notifications)
        self._notices = list(preferences.notices)
        self._notified: dict[str, float] = {}
        self._typed = TypedAhead(self, super().on_event)
        self._garbage = GarbageCollection()
        self._first = experiment
        self._shown = shown
        self._store = store
        self._store_lock = threading.Lock()
        self.add_mode("experiment", self._make_bench)
        for mode in MODES[1:]:
            self.add_mode(mode.name, mode.make)
        self.set_keymap(preferences.keymap)
        self._choose_theme()

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; keys and pastes wait until earlier ones have been handled.

        After a resize the terminal may have moved or lost what it showed, so everything is sent again.
        """
        if isinstance(event, events.Resize):
            TERMINAL.forget()
        if isinstance(event, Typed) and not event.is_forwarded:
            self._garbage.key_pressed()
            self._typed.put(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Show the mistakes in the configuration; repaint everything when a suspended app resumes."""
        self._garbage.begin()
        self.set_interval(GARBAGE, self._garbage.poll)
        for notice in self._notices:
            self.notify(plain(notice, lines=True), severity="warning", timeout=NOTICED, markup=False)
        self.app_resume_signal.subscribe(self, lambda _app: self.refresh(layout=True))

    def on_unmount(self) -> None:
        """Leave garbage collection to Python again: another app may follow in this process, as in tests."""
        self._garbage.end()

    def on_ready(self) -> None:
        """After the first screen is painted, call ``shown`` and start deferred work."""
        self.call_after_refresh(self._shown)
        self.call_after_refresh(self.bench.begin)

    def _choose_theme(self) -> None:
        """Use the theme that the environment names, or else the configured one, or else the last session's."""
        last = last_session.read() if self.remembers else None
        configured = self.preferences.config.theme or (last.theme if last else self.theme)
        wanted = os.environ.get("TEXTUAL_THEME") or configured
        if wanted in self.available_themes:
            self.theme = wanted
        elif "TEXTUAL_THEME" in os.environ:
            known = ", ".join(sorted(self.available_themes))
            self._notices.append(f"there is no theme {wanted!r}; there are {known}")

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Return the workbench's own themes and Textual's."""
        return {**super().available_themes, **themes.OWN}

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return defaults of the workbench's own variables, for themes that lack them."""
        return themes.variable_defaults(self.current_theme)

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables, with the configured colours of series."""
        series = {f"series-{n}": colour for n, colour in enumerate(self.preferences.config.series, 1)}
        self.theme_variables = {**super().get_css_variables(), **series}
        return self.theme_variables

    def _make_bench(self) -> ExperimentScreen:
        from workbench.tui.experiment.screen import ExperimentScreen

        self.bench = ExperimentScreen(self._first)
        return self.bench

    @property
    def experiment(self) -> Experiment:
        """The experiment on the experiment screen."""
        return self.bench.experiment

    @property
    def store(self) -> RunStore:
        """The run store; blocks while it opens, so ask in a thread worker. Raises StoreError."""
        with self._store_lock:
            if self._store is None:
                from engine.runs import RunStore

                self._store = RunStore(waiting=self.notify)
            return self._store

    @property
    def run_state(self) -> tuple[str, str]:
        """The text on running work, with its style: the run of the experiment screen, and other work."""
        words, mood = self.bench.run_state
        others = [work.headline for work in self.running_work if work.headline]
        if not others:
            return words, mood
        return " · ".join([*others, *([words] if mood else [])]), mood or "bold $success"

    @property
    def running_work(self) -> list[Work]:
        """The work that has not ended yet."""
        return [work for work in self.works if not work.done.is_set()]

    @property
    def position(self) -> tuple[str, str]:
        """The current mode, and the key of the row under its screen's cursor."""
        screen = self.screen_stack[0] if self.screen_stack else None
        return self.current_mode, screen.cursor_key if isinstance(screen, ModeScreen) else ""

    @on(GoTo)
    async def _go_to(self, message: GoTo) -> None:
        await self.switch_mode(message.mode)
        screen = self.screen_stack[0]
        if message.cursor and isinstance(screen, ModeScreen):
            screen.call_after_refresh(screen.restore_cursor, message.cursor)

    @on(OpenExperiment)
    def _open_experiment(self, message: OpenExperiment) -> None:
        self.switch_mode("experiment")
        self.bench.open(message.experiment)

    @on(AttachRun)
    def _attach_run(self, message: AttachRun) -> None:
        self.switch_mode("experiment")
        self.bench.attach(message.run_id)

    @on(ResumeRun)
    def _resume_run(self, message: ResumeRun) -> None:
        self.switch_mode("experiment")
        self.bench.resume(message.run_id, message.experiment)

    @on(RetrainExperiment)
    def _retrain_experiment(self, message: RetrainExperiment) -> None:
        self.switch_mode("experiment")
        self.bench.retrain_as(message.experiment)

    @on(DecisionKept)
    def _decision_kept(self, message: DecisionKept) -> None:
        self.bench.apply_decision(message.run_id)

    @on(WorkBegan)
    def _work_began(self, message: WorkBegan) -> None:
        self.works = [*self.running_work, message.work]
        self._garbage.memory_released()  # the previous run's, which is no longer shown
        self.notifier.watch(message.work, self.bench)

    def notify(self, message: str, **options: Any) -> None:
        """Show a message in one line above the footer; one that is already shown is not repeated."""
        if title := options.pop("title", ""):
            message = f"{title}: {message}"
        now, seconds = time.monotonic(), options.get("timeout") or self.NOTIFICATION_TIMEOUT
        if self._notified.get(message, 0.0) <= now:
            self._notified = {text: end for text, end in self._notified.items() if end > now}
            self._notified[message] = now + seconds
            super().notify(message, **options)

    def clear_notifications(self) -> None:
        """Remove all messages."""
        self._notified.clear()
        super().clear_notifications()

    async def action_quit(self) -> None:
        """Quit; ask first if work is running."""
        from workbench.tui.quit import leave

        leave(self, self.running_work)

    def action_help(self) -> None:
        """Show all keys and rules."""
        from workbench.tui.dialogs.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_copy(self) -> None:
        """Copy something that the screen shows."""
        from workbench.tui.dialogs.copying import choose

        choose(self.screen, self.screen.copies() if isinstance(self.screen, ModeScreen) else ())

    def action_log(self) -> None:
        """Show the log, with the lines of the run on the experiment screen."""
        from workbench.terminal.streams import log_path
        from workbench.tui.dialogs.log_page import LogPage

        self.push_screen(LogPage(log_path(), self.bench.snapshot.run or ""))

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a selected text, and notify the user where it went."""
        from workbench.tui.dialogs.copying import put

        self._clipboard = text
        put(self.screen, Copyable("the selected text", lambda: text))

    def action_redraw(self) -> None:
        """Send every cell of the screen again: another program may have overwritten it."""
        TERMINAL.forget()
        self.screen.refresh()

    def action_help_quit(self) -> None:
        """Notify the user how to quit with the app's own keys."""
        quits, stops = key_of(self, "app.quit"), key_of(self.bench, "run.stop")
        self.notify(f"{quits} quits; {stops} stops a run and keeps what is trained", timeout=4, markup=False)

    def action_command_palette(self) -> None:
        """Let the user choose one of the commands that are currently available."""
        from workbench.tui.dialogs.pick import Option, Pick

        commands = list(self.get_system_commands(self.screen))
        options = [Option(str(index), title, key) for index, (title, key, *_) in enumerate(commands)]

        def chosen(index: str | None) -> None:
            if index is not None:
                self.call_later(commands[int(index)].callback)

        self.push_screen(Pick("Commands", options, hint="type a part of a command's name", id="commands"), chosen)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield the available bindings, those of the footer first, and the themes, for the command palette."""
        commands: dict[str, list[ActiveBinding]] = {}
        for active in sorted(screen.active_bindings.values(), key=lambda active: not active.binding.show):
            id = active.binding.id or ""
            if active.binding.description and active.enabled and not id.startswith(OF_LISTS) and id:
                commands.setdefault(id, []).append(active)
        for active, *others in commands.values():
            keys = " ".join(self.get_key_display(one.binding) for one in (active, *others))
            run = partial(self.run_action, active.binding.action, active.node)
            yield SystemCommand(active.binding.description, keys, run)
        yield SystemCommand("Save a screenshot as SVG", "", self._save_screenshot)
        yield SystemCommand("Theme", "", self.action_change_theme)

    def _save_screenshot(self) -> None:
        """Save an SVG of the screen in the current folder; in a browser, as a download."""
        if self.is_web:
            self.deliver_screenshot()
            return
        try:
            self.notify(plain(self.save_screenshot(path=str(Path.cwd()))), title="Saved", markup=False)
        except OSError as error:
            self.notify(plain(f"the screenshot cannot be saved: {error}"), severity="warning", markup=False)
