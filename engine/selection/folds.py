"""Folds of a data set, and the training of an experiment on any of them, in any process.

Importing this module does not import TensorFlow; training does.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.datasets.dataset import Dataset, Rows, Split
from engine.errors import DataError
from engine.events import Ended, EpochEnded, Preparing, Progress, Started, Status
from engine.experiment.model import Data, Experiment
from engine.features.encoding import Features
from engine.network.network_pool import Pool
from engine.training.run import Run

SAID_SECONDS = 0.2
"""The least time between two messages within an epoch."""


@dataclass(frozen=True, slots=True)
class Task:
    """An experiment to train on one fold (counted from 0, as is the trial that it belongs to).

    ``scored`` holds the epochs after which the training rows are evaluated too; True stands for every epoch.
    """

    experiment: Experiment
    trial: int
    fold: int
    scored: frozenset[int] | bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: the epochs that ended, and why it failed if it did."""

    epochs: tuple[EpochEnded, ...]
    seconds: float
    error: str | None = None


class Bench:
    """The rows of a data set and their folds; calling it with a task trains, as a generator of a run's events.

    Where two tasks read the same rows they are encoded once, and where their networks are of the same form
    they are compiled once. It is pickled without what it has so prepared.
    """

    def __init__(self, dataset: Dataset, splits: tuple[Split, ...]) -> None:
        self.dataset = dataset
        self.splits = splits
        self._pool = Pool()
        self._prepared: dict[tuple[Data, int], tuple[Features, Rows]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Bench, (replace(self.dataset, original=None), self.splits)

    def __call__(self, task: Task) -> Generator[Preparing | Progress | EpochEnded, None, Outcome]:
        """Train; the fold's held-out rows are the run's validation rows, so that every epoch scores them."""
        began = said = time.monotonic()
        key = task.experiment.data, task.fold
        dataset = replace(self.dataset, split=self.splits[task.fold])
        undefined = undefined_metrics(dataset)
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
                epochs.append(replace(event, logs=without(event.logs, undefined)))
                yield epochs[-1]
            elif isinstance(event, Preparing | Progress) and time.monotonic() - said > SAID_SECONDS:
                said = time.monotonic()
                yield event
        run.release()
        return Outcome(tuple(epochs), time.monotonic() - began, error)

    def _remember(self, key: tuple[Data, int], run: Run) -> None:
        self._prepared[key] = run.features, run.rows
        while len(self._prepared) > len(self.splits):
            del self._prepared[next(iter(self._prepared))]


def undefined_metrics(dataset: Dataset) -> frozenset[str]:
    """The names in a run's logs whose metric is undefined on its samples, whatever the network predicts.

    AUC needs samples of both classes and recall needs positive ones; Keras reports 0 where they are missing.
    """
    if dataset.task != "binary":
        return frozenset()
    parts = {"": dataset.split.train, "eval_": dataset.split.train, "val_": dataset.split.validation}
    found = {prefix: set(np.unique(dataset.targets[samples]).tolist()) for prefix, samples in parts.items()}
    auc = {f"{prefix}auc" for prefix, classes in found.items() if len(classes) < 2}
    return frozenset(auc | {f"{prefix}recall" for prefix, classes in found.items() if 1 not in classes})


def without(logs: Mapping[str, float], names: frozenset[str]) -> dict[str, float]:
    """The logs without the values of these names."""
    return {name: value for name, value in logs.items() if name not in names}


def folds(dataset: Dataset, count: int, seed: int) -> tuple[Split, ...]:
    """The rows that are not test rows in ``count`` parts, each in turn held out as validation rows.

    Classes keep their shares in every fold (``sklearn.model_selection.StratifiedKFold``); figures are divided
    by ``KFold``; both are shuffled by the seed. Raises DataError where there are too few rows.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    rows = np.sort(np.concatenate([dataset.split.train, dataset.split.validation])).astype(np.int64)
    targets = dataset.targets[rows]
    if count < 2:
        raise DataError(f"{count} folds are too few: take at least 2")
    most = len(rows) if dataset.task == "regression" else int(np.bincount(targets.astype(np.int64)).max(initial=0))
    if count > most:
        raise DataError(f"{dataset.title} has too few rows for {count} folds: take at most {most}")
    kind = KFold if dataset.task == "regression" else StratifiedKFold
    with warnings.catch_warnings():
        # A class with fewer rows than folds is in some folds only: nothing can be done about that here.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        parts = list(kind(count, shuffle=True, random_state=seed).split(rows, targets))
    return tuple(Split(rows[train], rows[held_out], rows[:0]) for train, held_out in parts)
