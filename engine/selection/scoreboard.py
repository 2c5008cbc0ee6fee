"""Collects the scores of a search as epochs pass, and ranks the cells."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from engine.datasets.dataset import Task
from engine.events import EpochEnded
from engine.selection.fold_trainer import FoldOutcome, FoldTask
from engine.selection.grid import Cell, Grid, Trial
from engine.selection.results import LOWER_IS_BETTER, CellResult, CellScore, Search, history


class Scoreboard:
    """Collects the scores of a search, each of which it returns once.

    Cells are scored by the metric ``score``, by default the experiment's first, or else by accuracy (the mean
    absolute error of a regression).
    """

    def __init__(self, grid: Grid, folds: int, task: Task, score: str | None = None) -> None:
        self.grid = grid
        self.folds = folds
        usual = "mae" if task == "regression" else "accuracy"
        self.metric = score or next(iter(grid.experiment.training.metrics), usual)
        self.trials = tuple(grid.trials())
        self.cells: dict[tuple[int, int], CellScore] = {}
        self.epochs_trained = 0
        self._passed: dict[tuple[int, int], list[EpochEnded]] = {}

    @property
    def scoring(self) -> str:
        """A metric's name, after ``neg_`` where its sign is turned so that the higher is the better."""
        return f"neg_{self.metric}" if self.metric in LOWER_IS_BETTER else self.metric

    def tasks(self) -> list[FoldTask]:
        """Every network on every fold, with the metric that is scored among its metrics."""
        return [self._task(trial, fold) for trial in self.trials for fold in range(self.folds)]

    def passed(self, trial: int, fold: int, ended: EpochEnded) -> Iterator[CellScore]:
        """Takes an epoch of a trial on a fold, both counted from 0; returns the cells that it completes."""
        epochs = self._passed.setdefault((trial, fold), [])
        if ended.epoch == len(epochs) + 1:
            epochs.append(ended)
            for cell in self.trials[trial].cells:
                if cell.epochs == ended.epoch:
                    yield from self._score(cell, fold, epochs)

    def ended(self, task: FoldTask, outcome: FoldOutcome) -> Iterator[CellScore]:
        """Takes an outcome; returns the cells that were not scored as their epochs passed."""
        self.epochs_trained += len(outcome.epochs)
        for cell in self.trials[task.trial].cells:
            error = outcome.error if len(outcome.epochs) < cell.epochs else None
            yield from self._score(cell, task.fold, outcome.epochs[: cell.epochs], error)

    def search(self, seconds: float) -> Search:
        """All scores, once every network has been trained."""
        cells = tuple(self.cells[key] for key in sorted(self.cells))
        return Search(self.grid, cells, self.results(), self.scoring, self.epochs_trained, seconds)

    def results(self) -> tuple[CellResult, ...]:
        """The cells that are scored on all folds, in the grid's order, ranked among themselves."""
        numbers = sorted(number for number, fold in self.cells if fold == self.folds)
        whole = [found for number in numbers if len(found := self._folds_of(number)) == self.folds]
        tests = [_mean_and_spread(found, [cell.test_score for cell in found]) for found in whole]
        trains = [_mean_and_spread(found, [cell.train_score for cell in found]) for found in whole]
        descending = sorted(-mean for mean, _ in tests if mean is not None)
        ranks = [1 + (len(descending) if m is None else bisect_left(descending, -m)) for m, _ in tests]
        return tuple(
            CellResult(found[0].number, found[0].params, mean, spread, train, rank)
            for found, (mean, spread), (train, _), rank in zip(whole, tests, trains, ranks, strict=True)
        )

    def _folds_of(self, number: int) -> list[CellScore]:
        keys = ((number, fold) for fold in range(1, self.folds + 1))
        return [self.cells[key] for key in keys if key in self.cells]

    def _task(self, trial: Trial, fold: int) -> FoldTask:
        training = trial.experiment.training
        if self.metric not in ("loss", *training.metrics):
            training = training.model_copy(update={"metrics": (*training.metrics, self.metric)})
        experiment = trial.experiment.model_copy(update={"training": training})
        # Where early stopping may end a run, any epoch may be the last one of a cell.
        scored = True if training.early_stopping else frozenset(cell.epochs for cell in trial.cells)
        return FoldTask(experiment, trial.number, fold, scored)

    def _score(
        self, cell: Cell, fold: int, epochs: Sequence[EpochEnded], error: str | None = None
    ) -> Iterator[CellScore]:
        key = cell.number, fold + 1
        if key in self.cells:
            return
        sign = -1 if self.metric in LOWER_IS_BETTER else 1
        logs = epochs[-1].logs if epochs and error is None else {}
        train, test = (
            sign * logs[name] if math.isfinite(logs.get(name := f"{kind}_{self.metric}", math.nan)) else None
            for kind in ("eval", "val")
        )
        self.cells[key] = CellScore(cell.number, cell.params, fold + 1, train, test, history(epochs), error)
        yield self.cells[key]


def _mean_and_spread(
    cells: Sequence[CellScore], scores: Sequence[float | None]
) -> tuple[float | None, float | None]:
    """The mean and the standard deviation of the scores that are defined; None where a cell failed."""
    found = [score for score in scores if score is not None]
    sound = found and not any(cell.error for cell in cells)
    return (float(np.mean(found)), float(np.std(found))) if sound else (None, None)
