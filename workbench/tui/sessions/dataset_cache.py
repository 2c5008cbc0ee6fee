"""Caches the most recently loaded data set, so that consecutive runs do not reload it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.events import Preparing
from engine.experiment.model import Data, Experiment
from engine.system.drain import relayed

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.features import Encoded, Features


@dataclass(frozen=True, slots=True)
class Ready:
    """A data set, features fitted on its training samples, and all samples encoded for the network."""

    dataset: Dataset
    features: Features
    encoded: Encoded


class DatasetCache:
    """Caches the most recently loaded data set for the preview, the estimate and the runs of an experiment.

    ``pool`` keeps compiled networks: an estimate and the run after it, and runs of the same form, share one.
    """

    def __init__(self) -> None:
        from engine.network.network_pool import Pool

        self.pool = Pool()
        self._stage: Preparing | None = None
        self._lock = threading.Lock()
        self._held: tuple[tuple[Data, int], Ready] | None = None

    def get(self, experiment: Experiment) -> Generator[Preparing, None, Ready]:
        """Load an experiment's data, or take it from the cache. Raises DataError.

        While another thread loads it, wait and pass on that thread's progress.
        """
        while not self._lock.acquire(timeout=0.1):
            yield self._stage or Preparing("reading data")
        try:
            wanted = (experiment.data, experiment.seed)
            if self._held is None or self._held[0] != wanted:
                self._held = None
                ready = yield from relayed(self._read(experiment), self._note)
                self._held = (wanted, ready)
            return self._held[1]
        finally:
            self._stage = None
            self._lock.release()

    def _read(self, experiment: Experiment) -> Generator[Preparing, None, Ready]:
        from engine import datasets, features

        data = experiment.data
        dataset = yield from datasets.load(data, experiment.seed)
        fitted = yield from features.fit(dataset, data, dataset.split.train)
        return Ready(dataset, fitted, (yield from fitted.encode_all(dataset)))

    def _note(self, stage: Preparing) -> Preparing:
        self._stage = stage
        return stage
