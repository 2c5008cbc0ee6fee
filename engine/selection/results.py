"""What a cross-validation or a search found, cell by cell and over all folds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.datasets.dataset import Task as Kind
from engine.events import EpochEnded
from engine.experiment.model import Experiment
from engine.experiment.settings import with_settings
from engine.selection.folds import Outcome, Task
from engine.selection.grid import Axis, Cell, Grid, Trial

History = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class FoldScore:
    """A fold's curves, and its held-out rows' figures after the last epoch."""

    history: History
    score: Mapping[str, float]

    @classmethod
    def of(cls, epochs: Sequence[EpochEnded]) -> FoldScore:
        """The curves and the score of a fold's epochs."""
        last = epochs[-1].logs
        return cls(history(epochs), {name[4:]: value for name, value in last.items() if name.startswith("val_")})


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Every fold; their mean curves, over the epochs that all folds reached; and the mean of their scores.

    ``best_epoch`` has the lowest loss of the mean validation curve.
    """

    folds: tuple[FoldScore, ...]
    mean_history: History
    mean_score: Mapping[str, float]
    best_epoch: int

    @classmethod
    def of(cls, folds: tuple[FoldScore, ...]) -> CrossValidation:
        """The means of these folds."""
        curves = mean_history([fold.history for fold in folds])
        names = folds[0].score
        means = {name: float(np.mean([fold.score[name] for fold in folds])) for name in names}
        return cls(folds, curves, means, best_epoch(curves))

    def json(self) -> dict[str, Any]:
        """For one JSON object."""
        return {
            "folds": [{"history": _plain(fold.history), "score": _plain(fold.score)} for fold in self.folds],
            "mean_history": _plain(self.mean_history),
            "mean_score": _plain(self.mean_score),
            "best_epoch": self.best_epoch,
        }


@dataclass(frozen=True, slots=True)
class CellScore:
    """A cell on one fold (counted from 1); no scores, and an ``error``, where its training failed."""

    number: int
    params: Mapping[str, Any]
    fold: int
    train_score: float | None
    test_score: float | None
    history: History
    error: str | None = None

    def json(self) -> dict[str, Any]:
        """For one JSON object."""
        found = {"params": self.params, "fold": self.fold, "train_score": self.train_score}
        found |= {"test_score": self.test_score, "history": self.history}
        return _plain(found if self.error is None else found | {"error": self.error})  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class CellResult:
    """A cell over all folds; no scores where its training failed on any. The best cell's rank is 1."""

    number: int
    params: Mapping[str, Any]
    mean_test_score: float | None
    std_test_score: float | None
    mean_train_score: float | None
    rank: int

    def json(self) -> dict[str, Any]:
        """For one JSON object."""
        names = ("params", "mean_test_score", "std_test_score", "mean_train_score", "rank")
        return {name: _plain(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Search:
    """Every cell's scores on every fold, and over all folds, in the grid's order.

    Scores are the higher the better: ``scoring`` is "accuracy", or "neg_mae" and the like for figures, as in
    scikit-learn. Training rows are scored in evaluation mode, after the cell's last epoch. ``epochs_trained``
    counts the epochs behind the scores, those of an interrupted search too; ``seconds`` is the time of this one.
    """

    grid: Grid
    cells: tuple[CellScore, ...]
    results: tuple[CellResult, ...]
    scoring: str
    epochs_trained: int
    seconds: float

    @property
    def best(self) -> CellResult | None:
        """The first of the cells with the highest mean test score; None where all failed."""
        scored = [result for result in self.results if result.mean_test_score is not None]
        return min(scored, key=lambda result: result.rank, default=None)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The grid's axes, in order."""
        return self.grid.axes

    def experiment(self, result: CellResult) -> Experiment:
        """The experiment with a cell's settings."""
        return with_settings(self.grid.experiment, result.params)

    def json(self) -> dict[str, Any]:
        """For one JSON object."""
        return {
            "cells": [cell.json() for cell in self.cells],
            "results": [result.json() for result in self.results],
            "best": self.best.json() if self.best else {},
            "scoring": self.scoring,
            "epochs_trained": self.epochs_trained,
            "seconds": self.seconds,
        }


class Board:
    """The scores of a search as they come, each given once."""

    def __init__(self, grid: Grid, folds: int, task: Kind) -> None:
        self.grid = grid
        self.folds = folds
        self.metric = "accuracy" if task != "regression" else _figure(grid.experiment)
        self.trials = tuple(grid.trials())
        self.cells: dict[tuple[int, int], CellScore] = {}
        self.epochs_trained = 0
        self._passed: dict[tuple[int, int], list[EpochEnded]] = {}

    @property
    def scoring(self) -> str:
        """What the scores are: "accuracy", or a metric whose sign is turned, so that higher is better."""
        return self.metric if self.metric == "accuracy" else f"neg_{self.metric}"

    def tasks(self) -> list[Task]:
        """Every network on every fold, its metric among those that are computed."""
        return [self._task(trial, fold) for trial in self.trials for fold in range(self.folds)]

    def passed(self, trial: int, fold: int, ended: EpochEnded) -> Iterator[CellScore]:
        """Take an epoch of a trial on a fold, both counted from 0; gives the cells that it completes."""
        epochs = self._passed.setdefault((trial, fold), [])
        if ended.epoch == len(epochs) + 1:
            epochs.append(ended)
            for cell in self.trials[trial].cells:
                if cell.epochs == ended.epoch:
                    yield from self._score(cell, fold, epochs)

    def ended(self, task: Task, outcome: Outcome) -> Iterator[CellScore]:
        """Take an outcome; gives the cells that were not scored as their epochs passed."""
        self.epochs_trained += len(outcome.epochs)
        for cell in self.trials[task.trial].cells:
            error = outcome.error if len(outcome.epochs) < cell.epochs else None
            yield from self._score(cell, task.fold, outcome.epochs[: cell.epochs], error)

    def search(self, seconds: float) -> Search:
        """All scores, once every network has been trained."""
        cells = tuple(self.cells[place] for place in sorted(self.cells))
        return Search(self.grid, cells, self.results(), self.scoring, self.epochs_trained, seconds)

    def results(self) -> tuple[CellResult, ...]:
        """The cells that are scored on all folds, in the grid's order, ranked among themselves."""
        numbers = sorted(number for number, fold in self.cells if fold == self.folds)
        whole = [found for number in numbers if len(found := self._folds_of(number)) == self.folds]
        tests = [_mean_and_spread([cell.test_score for cell in found]) for found in whole]
        trains = [_mean_and_spread([cell.train_score for cell in found]) for found in whole]
        descending = sorted(-mean for mean, _ in tests if mean is not None)
        ranks = [1 + (len(descending) if m is None else bisect_left(descending, -m)) for m, _ in tests]
        return tuple(
            CellResult(found[0].number, found[0].params, mean, spread, train, rank)
            for found, (mean, spread), (train, _), rank in zip(whole, tests, trains, ranks, strict=True)
        )

    def _folds_of(self, number: int) -> list[CellScore]:
        places = ((number, fold) for fold in range(1, self.folds + 1))
        return [self.cells[place] for place in places if place in self.cells]

    def _task(self, trial: Trial, fold: int) -> Task:
        training = trial.experiment.training
        if self.metric not in training.metrics:
            training = training.model_copy(update={"metrics": (*training.metrics, self.metric)})
        experiment = trial.experiment.model_copy(update={"training": training})
        # Where early stopping may end a run, any epoch may be the last one of a cell.
        scored = True if training.early_stopping else frozenset(cell.epochs for cell in trial.cells)
        return Task(experiment, trial.number, fold, scored)

    def _score(
        self, cell: Cell, fold: int, epochs: Sequence[EpochEnded], error: str | None = None
    ) -> Iterator[CellScore]:
        place = cell.number, fold + 1
        if place in self.cells:
            return
        sign = 1 if self.metric == "accuracy" else -1
        logs = epochs[-1].logs if epochs and error is None else {}
        train, test = (
            sign * logs[name] if math.isfinite(logs.get(name := f"{rows}_{self.metric}", math.nan)) else None
            for rows in ("eval", "val")
        )
        self.cells[place] = CellScore(cell.number, cell.params, fold + 1, train, test, history(epochs), error)
        yield self.cells[place]


def history(epochs: Sequence[EpochEnded]) -> History:
    """Figures by name over the epochs: those of training and of the held-out rows."""
    names = [name for name in epochs[0].logs if not name.startswith("eval_")] if epochs else []
    return {name: tuple(ended.logs[name] for ended in epochs) for name in names}


def mean_history(curves: Sequence[History]) -> History:
    """The mean of several folds' curves, over the epochs that all of them have."""
    shared = [name for name in curves[0] if all(name in curve for curve in curves)] if curves else []
    return {
        name: tuple(float(np.mean(figures)) for figures in zip(*(curve[name] for curve in curves), strict=False))
        for name in shared
    }


def best_epoch(curves: History) -> int:
    """The epoch, from 1, at which a validation curve's loss is lowest; 0 for none."""
    losses = curves.get("val_loss", ())
    return int(np.argmin(losses)) + 1 if len(losses) else 0


def _figure(experiment: Experiment) -> str:
    """The metric by which predicted figures are scored: the experiment's first, or the mean absolute error."""
    return next((name for name in experiment.training.metrics if name in ("mae", "mse")), "mae")


def _mean_and_spread(scores: Sequence[float | None]) -> tuple[float | None, float | None]:
    """The mean and the standard deviation of scores; None where one of them is missing."""
    found = [score for score in scores if score is not None]
    return (float(np.mean(found)), float(np.std(found))) if len(found) == len(scores) else (None, None)


def _plain(value: Any) -> Any:
    """A value as JSON has it; a figure that is not a number becomes None."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
