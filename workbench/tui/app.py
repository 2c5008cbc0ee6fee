"""The terminal app: modes, keys that work everywhere, and nothing more.

How a screen hooks in: :mod:`workbench.tui.modes` names its module and class. A screen is a
:class:`~workbench.tui.widgets.mode_screen.ModeScreen` made without arguments (it adds the header and the
footer) and reaches the rest through ``self.app``, a :class:`Workbench`:

- ``app.store`` the RunStore. Opened when first asked for, which takes time: ask in a thread worker.
  Raises StoreError.
- ``app.experiment`` what the experiment screen shows now.
- ``app.open_experiment(experiment)`` puts one there (``u`` takes it back) and goes there.
- ``app.attach(run)`` shows a stored or a running run there, by its id.
- ``app.begin(work)`` registers work in this process (see :class:`~workbench.tui.host.Work`) that quitting has to
  ask about and that signals have to stop.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from engine.experiment.model import Experiment
from workbench.tui.host import Work
from workbench.tui.modes import MODES
from workbench.tui.sessions.backend import Backend

if TYPE_CHECKING:
    from engine.runs import RunStore
    from workbench.tui.experiment.screen import ExperimentScreen


class Workbench(App[int]):
    """The workbench on a terminal."""

    bench: ExperimentScreen
    CSS_PATH = "workbench.tcss"
    TITLE = "workbench"
    BINDINGS = [
        *(
            Binding(mode.key, f"switch_mode({mode.name!r})", mode.title, show=False, id=f"mode.{mode.name}")
            for mode in MODES
        ),
        Binding("slash", "command_palette", "Commands", key_display="/", id="app.commands"),
        Binding("question_mark", "help", "Keys", key_display="?", id="app.help"),
        Binding("q", "quit", "Quit", show=False, id="app.quit"),
    ]

    def __init__(
        self,
        experiment: Experiment,
        *,
        store: RunStore | None = None,
        slow_link: bool = False,
        backend: Backend | None = None,
    ) -> None:
        super().__init__()
        self.works: list[Work] = []
        self.slow_link = slow_link
        self.backend = backend or Backend(lambda: self.store)
        self._first = experiment
        self._store = store
        self._store_lock = threading.Lock()
        self.add_mode("experiment", self._make_bench)
        for mode in MODES[1:]:
            self.add_mode(mode.name, mode.make)

    def on_mount(self) -> None:
        """Show the first mode."""
        self.switch_mode("experiment")

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

                self._store = RunStore()
            return self._store

    def open_experiment(self, experiment: Experiment) -> None:
        """Put an experiment on the experiment screen, and go there."""
        self.switch_mode("experiment")
        self.bench.edit(experiment)

    def attach(self, run: str) -> None:
        """Show a stored or running run on the experiment screen, and go there."""
        self.switch_mode("experiment")
        self.bench.attach(run)

    def begin(self, work: Work) -> None:
        """Register work that quitting asks about and signals stop."""
        self.works = [*self.going, work]

    @property
    def going(self) -> list[Work]:
        """The registered work that has not ended yet."""
        return [work for work in self.works if not work.done.is_set()]

    def notify(self, message: str, **options: Any) -> None:
        """Say something in a corner, in place of the same said before."""
        for told in list(self._notifications):
            if told.message == message:
                self._unnotify(told)
        super().notify(message, **options)

    async def action_quit(self) -> None:
        """Leave; asks first while work is going on."""
        from workbench.tui.dialogs.question import leave

        leave(self)

    def action_help(self) -> None:
        """Show all keys and rules."""
        from workbench.tui.dialogs.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every key's action, and the themes, for the command palette."""
        from workbench.tui.experiment.actions import save_picture

        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.id and binding.description and active.enabled:
                run = partial(self.run_action, binding.action, active.node)
                yield SystemCommand(binding.description, f"key {self.get_key_display(binding)}", run)
        yield SystemCommand("Save a screenshot", "An SVG in the current folder", partial(save_picture, self))
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)
