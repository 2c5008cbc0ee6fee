"""Trains an experiment on one fold of a data set, in any process.

Importing this module does not import TensorFlow; training does.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from engine.datasets.dataset import Dataset, Split
from engine.events import Ended, EpochEnded, Preparing, Progress, Started, Status
from engine.experiment.model import Data, Experiment
from engine.features import Encoded, Features
from engine.network.network_pool import Pool
from engine.training.run import Run

SAID_SECONDS = 0.2
"""Minimum seconds between two messages within an epoch."""


@dataclass(frozen=True, slots=True)
class FoldTask:
    """An experiment to train on one fold (from 0) as part of a trial (from 0).

    ``scored`` contains the epochs after which the training samples are evaluated too; True means every epoch.
    """

    experiment: Experiment
    trial: int
    fold: int
    scored: frozenset[int] | bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Trial and fold, which identify a task within a selection."""
        return self.trial, self.fold


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """The completed epochs of a task, and the error if it failed."""

    epochs: tuple[EpochEnded, ...]
    seconds: float
    error: str | None = None


class FoldTrainer:
    """Trains tasks on the folds of a data set; calling it with a task returns a generator of a run's events.

    Samples that tasks share are encoded once, and networks of the same form are compiled once. These caches are
    not pickled.
    """

    def __init__(self, dataset: Dataset, splits: tuple[Split, ...]) -> None:
        self.dataset = dataset
        self.splits = splits
        self._pool = Pool()
        self._prepared: dict[tuple[Data, int], tuple[Features, Encoded]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return FoldTrainer, (replace(self.dataset, original=None), self.splits)

    def __call__(self, task: FoldTask) -> Generator[Preparing | Progress | EpochEnded, None, FoldOutcome]:
        """Train with the fold's held-out samples as validation samples, so that every epoch scores them."""
        began = said = time.monotonic()
        key = task.experiment.data, task.fold
        dataset = replace(self.dataset, split=self.splits[task.fold])
        prepared = self._prepared.get(key)
        run = Run(task.experiment, dataset, evaluate_training=task.scored, prepared=prepared, pool=self._pool)
        error = None
        epochs: list[EpochEnded] = []
        for event in run:
            if isinstance(event, Started):
                self._remember(key, run)
            elif isinstance(event, Ended):
                error = event.reason if event.status is Status.FAILED else None
            elif isinstance(event, EpochEnded):
                epochs.append(event)
                yield event
            elif isinstance(event, Preparing | Progress) and time.monotonic() - said > SAID_SECONDS:
                said = time.monotonic()
                yield event
        run.release()
        return FoldOutcome(tuple(epochs), time.monotonic() - began, error)

    def _remember(self, key: tuple[Data, int], run: Run) -> None:
        self._prepared[key] = run.features, run.encoded
        while len(self._prepared) > len(self.splits):
            del self._prepared[next(iter(self._prepared))]
