"""Background preparation: reads data, warms TensorFlow up and estimates the run's cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeVar

from textual.screen import Screen
from textual.timer import Timer

from engine.errors import EngineError
from engine.events import Preparing
from engine.experiment.model import Data, Experiment
from engine.system.drain import drain
from engine.system.thread_priority import start_in_background
from workbench.text.describe import share_done
from workbench.tui.sessions.backend import Backend, Preview
from workbench.tui.sessions.latest_answer import Latest

if TYPE_CHECKING:
    from engine.runs import RunSummary
    from engine.training.cost_estimate import Estimate

Result = TypeVar("Result")

REST = 0.8
"""Seconds without an edit before a run's cost is estimated, because estimating trains briefly."""


class Background:
    """Prepares the run of the experiment on the screen; ``changed`` is called when something new is known.

    Its threads are daemons, which the exit of the app does not wait for. ``unfinished`` is called once with the
    runs in progress elsewhere and the interrupted ones, if there are any.
    """

    def __init__(
        self,
        screen: Screen[None],
        backend: Backend,
        changed: Callable[[], None],
        unfinished: Callable[[list[RunSummary] | EngineError], None],
    ) -> None:
        self._screen = screen
        self._backend = backend
        self._changed = changed
        self._unfinished = unfinished
        self._leaving = threading.Event()
        self._training = False
        self._wanted: tuple[Data, int] | None = None
        self._estimates: dict[Experiment, Estimate | None] = {}
        self._timer: Timer | None = None
        self._reader: Latest[Experiment, Preview] = Latest(screen, self._read, self._is_read, daemon=True)
        self._estimator: Latest[Experiment, Estimate] = Latest(screen, self._try, self._show_estimate, daemon=True)
        self._begun = False
        self._warming = False
        self._preview: Preview | None = None
        self.warm = False
        self.stage = ""
        self.problem = ""

    def begin(self, experiment: Experiment) -> None:
        """Start, after the screen's first paint."""
        self._begun = True
        self.read_soon(experiment)

    def leave(self) -> None:
        """Start nothing more."""
        self._leaving.set()

    def set_training(self, training: bool) -> None:
        """Pause estimates while a run trains."""
        self._training = training

    def read_soon(self, experiment: Experiment) -> None:
        """Read this experiment's data, unless it has been requested already."""
        wanted = (experiment.data, experiment.seed)
        if self._begun and wanted != self._wanted:
            self._wanted, self.problem = wanted, ""
            self._reader.ask(experiment)

    def estimate_soon(self, experiment: Experiment) -> None:
        """Estimate what a run would take, once nothing has been edited for a while."""
        if self._timer:
            self._timer.stop()
        if self.warm and self.preview_of(experiment) and _costs(experiment) not in self._estimates:
            self._timer = self._screen.set_timer(REST, lambda: self._estimator.ask(experiment))

    def preview_of(self, experiment: Experiment) -> Preview | None:
        """Return the preview of this experiment's data, if it has been read."""
        found = self._preview
        if found is None or (found.experiment.data, found.experiment.seed) != (experiment.data, experiment.seed):
            return None
        return found

    def estimate_of(self, experiment: Experiment) -> Estimate | None:
        """Return the estimate for this experiment, if it is known."""
        return self._estimates.get(_costs(experiment))

    def _read(self, experiment: Experiment) -> Preview:
        return self._drained(self._backend.preview(experiment), self._leaving.is_set)

    def _try(self, experiment: Experiment) -> Estimate:
        steps = self._backend.estimate(experiment)
        return self._drained(steps, lambda: self._leaving.is_set() or self._training)

    def _drained(self, steps: Generator[Preparing, None, Result], leave: Callable[[], bool]) -> Result:
        """Return the result of a generator of progress, showing its stages meanwhile."""
        try:
            return drain(steps, self._show_stage, leave)
        finally:
            self.stage = ""

    def _show_stage(self, step: Preparing) -> None:
        self.stage = share_done(step)

    def _is_read(self, _: Experiment, found: Preview | EngineError) -> None:
        if isinstance(found, EngineError):
            self.problem = str(found)
        else:
            self._preview = found
        self._changed()
        if not self._warming:
            self._warming = True
            start_in_background(self._warm_up, "warm-up")

    def _show_estimate(self, experiment: Experiment, found: Estimate | EngineError) -> None:
        if not self._training:
            self._estimates[_costs(experiment)] = None if isinstance(found, EngineError) else found
            self._changed()

    def _warm_up(self) -> None:
        try:
            self._find_unfinished()
            self._backend.warm_up(self._leaving)
        except Exception as error:  # the run itself will fail in the same way, and report it
            from workbench.terminal.streams import log_exception

            log_exception(error)
        if not self._leaving.is_set():
            self._screen.call_later(self._is_warm)

    def _is_warm(self) -> None:
        self.warm = True
        self._changed()

    def _find_unfinished(self) -> None:
        found: list[RunSummary] | EngineError
        try:
            found = self._backend.unfinished()
        except EngineError as error:
            found = error
        if found and not self._leaving.is_set():
            self._screen.call_later(self._unfinished, found)


def _costs(experiment: Experiment) -> Experiment:
    """Return the experiment without the settings that do not affect its cost."""
    return experiment.model_copy(update={"name": "", "about": ""})
