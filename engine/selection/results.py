"""The results of cross-validations and searches, by fold, by cell and over all folds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from engine.events import EpochEnded
from engine.experiment.keras_names import MetricName
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.selection.grid import Axis, Grid
from engine.system.json_values import json_value

History = Mapping[str, Sequence[float]]

SCORES = ("loss", *get_args(MetricName))
"""What a search can be ranked by."""

LOWER_IS_BETTER = ("loss", "mae", "mse")
"""Metrics whose sign is turned in a search's scores, so that the higher is the better."""


@dataclass(frozen=True, slots=True)
class FoldScore:
    """A fold's history, and the scores of its held-out samples after the last epoch.

    A score is None where its metric is undefined on the fold, as AUC is on samples of one class. ``error`` says
    why a fold failed; then there are no scores.
    """

    history: History
    score: Mapping[str, float | None]
    error: str | None = None

    @classmethod
    def of(cls, epochs: Sequence[EpochEnded], metrics: Sequence[str] = (), error: str | None = None) -> FoldScore:
        """The history and the scores of a fold's epochs, of the loss, of ``metrics`` and of what else there is."""
        last = epochs[-1].logs if epochs and error is None else {}
        found = {name[4:]: value for name, value in last.items() if name.startswith("val_")}
        names = dict.fromkeys([*found, *metrics] if last else ())
        return cls(history(epochs), {name: _finite(found.get(name)) for name in names}, error)

    def json(self) -> dict[str, Any]:
        """The fold as one JSON object."""
        found = {"history": self.history, "score": self.score}
        written: dict[str, Any] = json_value(found if self.error is None else found | {"error": self.error})
        return written


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """The folds of a cross-validation, their mean history over the epochs that all reached, and mean scores.

    A mean is taken over the folds on which its metric is defined; :attr:`notes` names the others. There are no
    means where a fold failed. ``best_epoch`` (from 1) has the lowest loss of the mean validation curve.
    """

    folds: tuple[FoldScore, ...]
    mean_history: History
    mean_score: Mapping[str, float | None]
    best_epoch: int | None

    @classmethod
    def of(cls, folds: tuple[FoldScore, ...]) -> CrossValidation:
        """The cross-validation of these folds."""
        if any(fold.error for fold in folds):
            return cls(folds, {}, {}, None)
        curves = mean_history([fold.history for fold in folds])
        names = dict.fromkeys(name for fold in folds for name in fold.score)
        means = {name: _mean([fold.score.get(name) for fold in folds]) for name in names}
        return cls(folds, curves, means, best_epoch(curves) or None)

    @property
    def error(self) -> str | None:
        """Why the first of the folds that failed did; None where all were trained."""
        count = len(self.folds)
        failed = ((number, fold.error) for number, fold in enumerate(self.folds, 1) if fold.error)
        return next((f"fold {number} of {count}: {error}" for number, error in failed), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """A line for each metric that is undefined on some folds."""
        return tuple(
            undefined_note(name, found, "fold")
            for name in self.mean_score
            if (found := [number for number, fold in enumerate(self.folds, 1) if fold.score.get(name) is None])
        )

    def json(self) -> dict[str, Any]:
        """The cross-validation as one JSON object; ``notes`` and ``error`` are there where there are any."""
        found = {
            "folds": [fold.json() for fold in self.folds],
            "mean_history": json_value(self.mean_history),
            "mean_score": json_value(self.mean_score),
            "best_epoch": self.best_epoch,
        }
        found |= {"notes": list(self.notes)} if self.notes else {}
        return found | ({"error": self.error} if self.error else {})


@dataclass(frozen=True, slots=True)
class CellScore:
    """A cell of a grid on one fold (from 1); no scores, and an ``error``, where its training failed."""

    number: int
    params: Mapping[str, Any]
    fold: int
    train_score: float | None
    test_score: float | None
    history: History
    error: str | None = None

    def json(self) -> dict[str, Any]:
        """One JSON object."""
        found = {"params": self.params, "fold": self.fold, "train_score": self.train_score}
        found |= {"test_score": self.test_score, "history": self.history}
        written: dict[str, Any] = json_value(found if self.error is None else found | {"error": self.error})
        return written


@dataclass(frozen=True, slots=True)
class CellResult:
    """A cell over the folds on which its score is defined; no scores where its training failed on any.

    The best cell's rank is 1. A cell that was ``pruned`` was trained on its first ``folds`` alone; a score on one
    fold has no standard deviation.
    """

    number: int
    params: Mapping[str, Any]
    mean_test_score: float | None
    std_test_score: float | None
    mean_train_score: float | None
    rank: int
    folds: int
    pruned: bool

    def json(self) -> dict[str, Any]:
        """One JSON object."""
        names = ("params", "mean_test_score", "std_test_score", "mean_train_score", "rank", "folds", "pruned")
        return {name: json_value(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Search:
    """Every cell's scores on every fold that it was trained on, and over these folds, in the grid's order.

    Scores are the higher the better: ``scoring`` is the name of a metric, with ``neg_`` before it where its sign
    is turned, as in scikit-learn. Training samples are scored in evaluation mode, after the cell's last epoch.
    A score is None where it is undefined on a fold, as AUC is on samples of one class. ``epochs_trained``
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
    def pruned(self) -> int:
        """The number of cells that were pruned."""
        return sum(result.pruned for result in self.results)

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines on the folds where the score is undefined, on pruning, and on how far the best leads by chance."""
        missing = {cell.fold for cell in self.cells if cell.test_score is None and cell.error is None}
        found = [undefined_note(self.scoring.removeprefix("neg_"), sorted(missing), "fold")] if missing else []
        if self.pruned:
            found.append(
                f"{self.pruned:,} of {len(self.results):,} settings were pruned: their means are over fewer folds,"
                " they rank behind the others, and how far the best leads by chance cannot be told"
            )
        if self.lead_by_chance:
            settings = f"the best of {len(self.results):,} equally good settings"
            found.append(f"{settings} would stand {self.lead_by_chance:.2g} above their mean by chance alone")
        return tuple(found)

    @property
    def lead_by_chance(self) -> float | None:
        """How far the best of equally good settings is expected above their mean; None where folds lack scores.

        None too where cells were pruned: the others were chosen by some of the scores that would be compared.
        See :func:`engine.evaluation.chance.lead_by_chance`.
        """
        from engine.evaluation.chance import lead_by_chance

        scores: dict[int, list[float]] = {}
        for cell in self.cells:
            if cell.test_score is not None:
                scores.setdefault(cell.number, []).append(cell.test_score)
        folds = {len(found) for found in scores.values()}
        if self.pruned or len(scores) < 2 or len(folds) != 1 or folds == {1}:
            return None
        return lead_by_chance(np.array(list(scores.values())))

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The grid's axes, in order."""
        return self.grid.axes

    def experiment(self, result: CellResult) -> Experiment:
        """The experiment with a cell's settings."""
        return with_settings(self.grid.experiment, result.params)

    def json(self) -> dict[str, Any]:
        """One JSON object."""
        return {
            "cells": [cell.json() for cell in self.cells],
            "results": [result.json() for result in self.results],
            "best": self.best.json() if self.best else {},
            "scoring": self.scoring,
            "lead_by_chance": self.lead_by_chance,
            "epochs_trained": self.epochs_trained,
            "seconds": self.seconds,
        } | ({"notes": list(self.notes)} if self.notes else {})


def history(epochs: Sequence[EpochEnded]) -> History:
    """Values by name over the epochs, of training and of the held-out samples."""
    names = [name for name in epochs[0].logs if not name.startswith("eval_")] if epochs else []
    return {name: tuple(ended.logs[name] for ended in epochs) for name in names}


def mean_history(curves: Sequence[History]) -> History:
    """The mean of several folds' curves over the epochs that all of them have, each of the folds that have it."""
    length = min((len(values) for curve in curves for values in curve.values()), default=0)
    names = dict.fromkeys(name for curve in curves for name in curve)
    having = {name: [curve[name][:length] for curve in curves if name in curve] for name in names}
    return {name: tuple(np.mean(found, axis=0).tolist()) for name, found in having.items()}


def undefined_note(metric: str, numbers: Sequence[int], what: str) -> str:
    """A line that names the folds on which a metric is undefined."""
    named = what + "s" * (len(numbers) > 1) + " " + ", ".join(map(str, numbers))
    return f"{metric} is undefined (n/a) on {named}, whose samples lack a class: left out of the mean"


def best_epoch(curves: History) -> int:
    """The epoch, from 1, at which a validation curve's loss is lowest; 0 for none."""
    losses = curves.get("val_loss", ())
    return int(np.argmin(losses)) + 1 if len(losses) else 0


def _mean(scores: Sequence[float | None]) -> float | None:
    """The mean of the scores that are defined; None where none is."""
    found = [score for score in scores if score is not None]
    return float(np.mean(found)) if found else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
