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
    """Collects the scores of a search and returns each of them once.

    Cells are scored by the metric ``score``; by default the experiment's first metric, else accuracy (mean
    absolute error for regression).
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
        """The name of the metric, prefixed with ``neg_`` if it is negated so that higher is better."""
        return f"neg_{self.metric}" if self.metric in LOWER_IS_BETTER else self.metric

    def tasks(self) -> list[FoldTask]:
        """Return every network on every fold, with the scored metric among its metrics."""
        return [self.task(trial, fold) for trial in self.trials for fold in range(self.folds)]

    def passed(self, trial: int, fold: int, ended: EpochEnded) -> Iterator[CellScore]:
        """Record an epoch of a trial on a fold, both counted from 0; yield the cells that it completes."""
        epochs = self._passed.setdefault((trial, fold), [])
        if ended.epoch == len(epochs) + 1:
            epochs.append(ended)
            for cell in self.trials[trial].cells:
                if cell.epochs == ended.epoch:
                    yield from self._score(cell, fold, epochs)

    def ended(self, task: FoldTask, outcome: FoldOutcome) -> Iterator[CellScore]:
        """Record an outcome; yield the cells that were not scored as their epochs passed."""
        self.epochs_trained += len(outcome.epochs)
        for cell in self.trials[task.trial].cells:
            error = outcome.error if len(outcome.epochs) < cell.epochs else None
            yield from self._score(cell, task.fold, outcome.epochs[: cell.epochs], error)

    def best_score(self, trial: Trial) -> float | None:
        """Return the highest mean score among a network's cells over the folds so far; None without scores."""
        found = [_mean_and_spread(self._folds_of(cell.number), "test_score")[0] for cell in trial.cells]
        return max((mean for mean in found if mean is not None), default=None)

    def search(self, seconds: float) -> Search:
        """Return all scores, once every network has been trained; cells that lack folds count as pruned."""
        cells = tuple(self.cells[key] for key in sorted(self.cells))
        return Search(self.grid, cells, self.results(), self.scoring, self.epochs_trained, seconds)

    def results(self) -> tuple[CellResult, ...]:
        """Return the cells in the grid's order, ranked by folds and then mean; failed ones last."""
        cells = [self._folds_of(number) for number in sorted({number for number, _ in self.cells})]
        tests = [_mean_and_spread(found, "test_score") for found in cells]
        order = [
            (mean is None, -len(found), -(mean or 0.0)) for found, (mean, _) in zip(cells, tests, strict=True)
        ]
        ranked = sorted(order)
        return tuple(
            self._result(found, test, 1 + bisect_left(ranked, own))
            for found, test, own in zip(cells, tests, order, strict=True)
        )

    def _result(
        self, found: Sequence[CellScore], test: tuple[float | None, float | None], rank: int
    ) -> CellResult:
        train, _ = _mean_and_spread(found, "train_score")
        folds, cell = len(found), found[0]
        return CellResult(cell.number, cell.params, *test, train, rank, folds, folds < self.folds)

    def _folds_of(self, number: int) -> list[CellScore]:
        keys = ((number, fold) for fold in range(1, self.folds + 1))
        return [self.cells[key] for key in keys if key in self.cells]

    def task(self, trial: Trial, fold: int) -> FoldTask:
        """Return the task of training a network on a fold (from 0)."""
        training = trial.experiment.training
        if self.metric not in ("loss", *training.metrics):
            training = training.model_copy(update={"metrics": (*training.metrics, self.metric)})
        experiment = trial.experiment.model_copy(update={"training": training})
        # With early stopping, any epoch may be the last one of a cell.
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


def _mean_and_spread(cells: Sequence[CellScore], name: str) -> tuple[float | None, float | None]:
    """Return mean and standard deviation of the defined scores; None if a cell failed.

    One score has no standard deviation.
    """
    found = [score for cell in cells if (score := getattr(cell, name)) is not None]
    if not found or any(cell.error for cell in cells):
        return None, None
    return float(np.mean(found)), float(np.std(found)) if len(found) > 1 else None
