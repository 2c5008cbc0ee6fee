"""Computes intervals and a linear model's values for the experiment screen, in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.screen import Screen

from engine.errors import EngineError
from engine.events import Preparing
from engine.experiment.model import Data, Experiment
from engine.system import memory_use
from engine.system.drain import drain
from workbench.tui.sessions.backend import Backend
from workbench.tui.sessions.latest_answer import Latest

if TYPE_CHECKING:
    from engine.evaluation.metric_intervals import Intervals

Values = Mapping[str, float]
Key = tuple[Data, int, str, tuple[str, ...]]


class RunEvidence:
    """Computes intervals and baselines in daemon threads, caches them, and calls ``changed`` when one is known.

    Linear models are fitted only while no run trains, so that no epoch takes longer; stored ones are read at once.
    """

    def __init__(self, screen: Screen[None], backend: Backend, changed: Callable[[], None]) -> None:
        self._backend = backend
        self._changed = changed
        self._leaving = threading.Event()
        self._training = False
        self._margins: dict[str, Values] = {}
        self._linear: dict[Key, Values] = {}
        self._wanted: Experiment | None = None
        self._runs: Latest[str, Intervals] = Latest(screen, self._intervals, self._show_intervals, daemon=True)
        self._fits: Latest[Experiment, Values] = Latest(screen, self._fit, self._show_linear, daemon=True)

    def leave(self) -> None:
        """Start nothing more."""
        self._leaving.set()

    def set_training(self, training: bool) -> None:
        """Fit nothing while a run trains; afterwards fit what was requested meanwhile."""
        self._training = training
        if not training and self._wanted is not None:
            self.fit(self._wanted)

    def compute_intervals(self, run: str) -> None:
        """Compute the intervals of an ended run, unless they are known."""
        if run not in self._margins:
            self._runs.ask(run)

    def margins(self, run: str | None) -> Values:
        """Return half the widths of a run's 95 % intervals, by history name; empty until they are known."""
        return self._margins.get(run or "", {})

    def fit(self, experiment: Experiment) -> None:
        """Fit a linear model on an experiment's data, unless its values are known."""
        if _key(experiment) not in self._linear:
            self._wanted = experiment
            self._fits.ask(experiment)

    def linear(self, experiment: Experiment) -> Values:
        """Return a linear model's values on the validation samples, by history name; empty until known."""
        return self._linear.get(_key(experiment), {})

    def _intervals(self, run: str) -> Intervals:
        try:
            return drain(self._backend.intervals(run), leave=self._leaving.is_set)
        finally:
            memory_use.give_back()

    def _show_intervals(self, run: str, found: Intervals | EngineError) -> None:
        if not isinstance(found, EngineError):
            self._margins[run] = {name: one.margin for name, one in found.items()}
            self._changed()

    def _fit(self, experiment: Experiment) -> Values:
        from engine.evaluation.linear_model import STAGE

        stage = ""

        def note(step: Preparing) -> None:
            nonlocal stage
            stage = step.stage

        steps = self._backend.linear(experiment)
        return drain(steps, note, lambda: self._leaving.is_set() or (stage == STAGE and self._training))

    def _show_linear(self, experiment: Experiment, found: Values | EngineError) -> None:
        if isinstance(found, EngineError):
            return
        self._linear[_key(experiment)] = found
        if self._wanted is experiment:
            self._wanted = None
        self._changed()


def _key(experiment: Experiment) -> Key:
    training = experiment.training
    return experiment.data, experiment.seed, training.loss, tuple(training.metrics)
