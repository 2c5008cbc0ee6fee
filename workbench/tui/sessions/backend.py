"""The screen's interface to the engine: run sessions, previews of the data, estimates and an early warm-up.

All of it takes time and is called in worker threads. Tests replace it with a fake.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, StoreError
from engine.events import Event, Preparing
from engine.experiment.model import Experiment, Training
from engine.prediction.answers import Samples

if TYPE_CHECKING:
    from engine.checks import Facts
    from engine.datasets.dataset import Dataset
    from engine.evaluation.metric_intervals import Intervals
    from engine.events import Recorded
    from engine.features import Features
    from engine.network.network_pool import Pool
    from engine.runs import RunStore, RunSummary
    from engine.training.cost_estimate import Estimate
    from engine.training.run import Run
    from workbench.tui.sessions.dataset_cache import DatasetCache, Ready
    from workbench.tui.sessions.session import Begin, RunSession

Begun = tuple["Run", Generator["Recorded | Event", None, None]]


@dataclass(frozen=True, slots=True)
class Preview:
    """An experiment's data before a run: samples, facts for the findings, and the experiment that fits it."""

    experiment: Experiment
    samples: Samples
    facts: Facts
    proposed: Experiment


class Backend:
    """Calls the engine for the screen, with a run store and a cache of the latest data set."""

    def __init__(self, open_store: Callable[[], RunStore]) -> None:
        self._store = open_store
        self._made: DatasetCache | None = None
        self._making = threading.Lock()
        self._counted: set[str] = set()

    @property
    def _cache(self) -> DatasetCache:
        """The data set cache, created on first use in any thread, because it imports NumPy."""
        from workbench.tui.sessions.dataset_cache import DatasetCache

        with self._making:
            self._made = self._made or DatasetCache()
            return self._made

    def _training(self, experiment: Experiment, begin: Begin) -> RunSession:
        from workbench.tui.sessions.session import TrainingSession

        return TrainingSession(experiment, begin, self._store, self._cache)

    def fresh(self, experiment: Experiment) -> RunSession:
        """Return a session for a new run of an experiment."""

        def begin(store: RunStore, ready: Ready, pool: Pool) -> Begun:
            from engine.training.run import Run

            run = Run(
                experiment,
                ready.dataset,
                evaluate_training=True,
                prepared=(ready.features, ready.encoded),
                pool=pool,
            )
            return run, store.record(run)

        return self._training(experiment, begin)

    def retraining(self, experiment: Experiment, run_id: str) -> RunSession:
        """Return a session that retrains a run on all but the test samples, for its best epoch's count, then tests
        once.
        """

        def begin(store: RunStore, ready: Ready, pool: Pool) -> Begun:
            run = store.retraining(run_id, dataset=ready.dataset, pool=pool)
            return run, store.record(run, parent=run_id)

        return self._training(experiment, begin)

    def final(self, experiment: Experiment) -> RunSession:
        """Return a session that trains a fresh network on all but the test samples, for the set epochs, then tests
        once.
        """

        def begin(store: RunStore, ready: Ready, pool: Pool) -> Begun:
            from engine.experiment.setting_paths import with_settings
            from engine.training.run import Run

            chosen = with_settings(experiment, {"training.early_stopping": None})
            run = Run(chosen, ready.dataset, retrain=True, test=True, pool=pool)
            return run, store.record(run)

        return self._training(experiment, begin)

    def resuming(self, experiment: Experiment, run_id: str) -> RunSession:
        """Return a session that resumes a run where it ended."""

        def begin(store: RunStore, ready: Ready, pool: Pool) -> Begun:
            record = store.get(run_id)
            prepared = None if record.kind == "retrain" else (ready.features, ready.encoded)
            run = store.again(run_id, dataset=ready.dataset, prepared=prepared, pool=pool)
            return run, store.resume(run_id, run)

        return self._training(experiment, begin)

    def stored(self, run_id: str) -> RunSession:
        """Return a session that shows a stored run, or one in progress in another process. Raises StoreError."""
        from workbench.tui.sessions.session import StoredSession

        return StoredSession(self._store().get(run_id), self._store, self._cache)

    def request_stop(self, run_id: str) -> None:
        """Ask the process that trains a run to stop it. Raises StoreError."""
        self._store().request_stop(run_id)

    def unfinished(self) -> list[RunSummary]:
        """Return runs in progress and interrupted runs, except those left interrupted on purpose. Raises
        StoreError.
        """
        return self._store().unfinished()

    def leave_interrupted(self, run_ids: list[str]) -> None:
        """Do not ask about these runs again; they can still be resumed."""
        with suppress(StoreError):  # they are asked about once more
            self._store().leave(*run_ids)

    def preview(self, experiment: Experiment) -> Generator[Preparing, None, Preview]:
        """Read an experiment's data. Raises DataError."""
        from engine import checks
        from engine.checks.proposals import propose_for
        from workbench.tui.sessions.network_watch import NetworkWatch

        watch = NetworkWatch(experiment)
        ready = yield from self._cache.get(experiment)
        watch.dataset, watch.features = ready.dataset, ready.features
        self._count_shown(ready.dataset)
        facts = checks.facts(ready.dataset, ready.features)
        proposed = propose_for(ready.dataset, experiment.data)
        return Preview(experiment, watch.samples(), facts, proposed)

    def estimate(self, experiment: Experiment) -> Generator[Preparing, None, Estimate]:
        """Estimate the time and memory of a run by training briefly. Raises EngineError."""
        from engine.training.cost_estimate import probe
        from engine.training.run import Run

        ready = yield from self._cache.get(experiment)
        prepared = (ready.features, ready.encoded)
        run = Run(experiment, ready.dataset, evaluate_training=True, prepared=prepared, pool=self._cache.pool)
        return (yield from probe(run))

    def linear(self, experiment: Experiment) -> Generator[Preparing, None, Mapping[str, float]]:
        """Return a linear model's values on an experiment's validation samples, by history name. Raises
        EngineError.
        """
        from engine.evaluation.linear_baseline import linear_baseline

        ready = yield from self._cache.get(experiment)
        fitted = yield from linear_baseline(experiment, ready.dataset, (ready.features, ready.encoded))
        return fitted.values(experiment.training)

    def intervals(self, run_id: str) -> Generator[Preparing, None, Intervals]:
        """Return the 95 % intervals of a stored run's values, by history name. Raises EngineError."""
        from engine.runs import evidence

        store = self._store()
        return (yield from evidence.intervals(store, store.get(run_id)))

    def data(self, experiment: Experiment) -> Generator[Preparing, None, tuple[Dataset, Features]]:
        """Return an experiment's data set, and features fitted on its training samples. Raises DataError."""
        ready = yield from self._cache.get(experiment)
        self._count_shown(ready.dataset)
        return ready.dataset, ready.features

    def _count_shown(self, dataset: Dataset) -> None:
        """Count that test labels are shown with the watched samples: once per session and data set."""
        if not len(dataset.split.test) or dataset.digest in self._counted:
            return
        self._counted.add(dataset.digest)
        with suppress(EngineError):  # if the store cannot be written, the run reports it
            self._store().count_test_read(dataset.name, dataset.digest)

    def warm_up(self, leaving: threading.Event) -> None:
        """Import TensorFlow and train a tiny network, so that the first real run starts at once."""
        if leaving.is_set():
            return
        from engine.training.run import Run

        for _ in Run(_tiny_experiment(), _tiny_dataset()):
            if leaving.is_set():
                return


def _tiny_experiment() -> Experiment:
    from engine.experiment.layers import Dense

    return Experiment(layers=(Dense(units=1, activation="sigmoid"),), training=Training(epochs=1, batch_size=2))


def _tiny_dataset() -> Any:
    import numpy as np

    from engine.datasets.dataset import Dataset, Split

    indices = np.arange(8, dtype=np.int64)
    split = Split(indices[:4], indices[4:6], indices[6:])
    samples = np.zeros((8, 4), np.float32)
    names = ("a", "b", "c", "d")
    return Dataset(
        "warm-up", "Warm-up", "columns", "binary", samples, indices % 2, split, "memory", "", ("no", "yes"), names
    )
