"""Results of cross-validations and searches, by fold, by cell and over all folds."""

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
"""Scores by which a search can be ranked."""

LOWER_IS_BETTER = ("loss", "mae", "mse")
"""Metrics that are negated in a search's scores, so that higher is better."""


@dataclass(frozen=True, slots=True)
class FoldScore:
    """A fold's history, and its scores on the held-out samples after the last epoch.

    A score is None if its metric is undefined on the fold, such as AUC with one class. ``error`` says why a fold
    failed; then there are no scores.
    """

    history: History
    score: Mapping[str, float | None]
    error: str | None = None

    @classmethod
    def of(cls, epochs: Sequence[EpochEnded], metrics: Sequence[str] = (), error: str | None = None) -> FoldScore:
        """Build the history and scores of a fold from its epochs: the loss, ``metrics`` and any others present."""
        last = epochs[-1].logs if epochs and error is None else {}
        found = {name[4:]: value for name, value in last.items() if name.startswith("val_")}
        names = dict.fromkeys([*found, *metrics] if last else ())
        return cls(history(epochs), {name: _finite(found.get(name)) for name in names}, error)

    def json(self) -> dict[str, Any]:
        """Return the fold as a JSON object."""
        found = {"history": self.history, "score": self.score}
        written: dict[str, Any] = json_value(found if self.error is None else found | {"error": self.error})
        return written


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """The folds of a cross-validation, their mean history over the epochs that all reached, and mean scores.

    A mean is taken over the folds on which its metric is defined; :attr:`notes` names the others. There are no
    means if a fold failed. ``best_epoch`` (from 1) has the lowest loss of the mean validation curve.
    """

    folds: tuple[FoldScore, ...]
    mean_history: History
    mean_score: Mapping[str, float | None]
    best_epoch: int | None

    @classmethod
    def of(cls, folds: tuple[FoldScore, ...]) -> CrossValidation:
        """Build the cross-validation from its folds."""
        if any(fold.error for fold in folds):
            return cls(folds, {}, {}, None)
        curves = mean_history([fold.history for fold in folds])
        names = dict.fromkeys(name for fold in folds for name in fold.score)
        means = {name: _mean([fold.score.get(name) for fold in folds]) for name in names}
        return cls(folds, curves, means, best_epoch(curves) or None)

    @property
    def error(self) -> str | None:
        """The error of the first failed fold; None if all were trained."""
        count = len(self.folds)
        failed = ((number, fold.error) for number, fold in enumerate(self.folds, 1) if fold.error)
        return next((f"fold {number} of {count}: {error}" for number, error in failed), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each metric that is undefined on some folds."""
        return tuple(
            undefined_note(name, found, "fold")
            for name in self.mean_score
            if (found := [number for number, fold in enumerate(self.folds, 1) if fold.score.get(name) is None])
        )

    def json(self) -> dict[str, Any]:
        """Return the cross-validation as a JSON object; ``notes`` and ``error`` only if they are not empty."""
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
    """A cell of a grid on one fold (from 1); if its training failed, an ``error`` in place of scores."""

    number: int
    params: Mapping[str, Any]
    fold: int
    train_score: float | None
    test_score: float | None
    history: History
    error: str | None = None

    def json(self) -> dict[str, Any]:
        """Return a JSON object."""
        found = {"params": self.params, "fold": self.fold, "train_score": self.train_score}
        found |= {"test_score": self.test_score, "history": self.history}
        written: dict[str, Any] = json_value(found if self.error is None else found | {"error": self.error})
        return written


@dataclass(frozen=True, slots=True)
class CellResult:
    """A cell over the folds on which its score is defined; no scores if its training failed on any.

    The best cell's rank is 1. A ``pruned`` cell was only trained on its first ``folds``; a score on one fold has
    no standard deviation.
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
        """Return a JSON object."""
        names = ("params", "mean_test_score", "std_test_score", "mean_train_score", "rank", "folds", "pruned")
        return {name: json_value(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Search:
    """Every cell's scores per fold and over its folds, in the grid's order.

    Higher scores are better: ``scoring`` is the name of a metric, prefixed with ``neg_`` if it is negated, as in
    scikit-learn. Training samples are scored in evaluation mode, after the cell's last epoch. A score is None if
    it is undefined on a fold, such as AUC with one class. ``epochs_trained`` counts the epochs behind the scores,
    including those of an interrupted search; ``seconds`` is the time of this search alone.
    """

    grid: Grid
    cells: tuple[CellScore, ...]
    results: tuple[CellResult, ...]
    scoring: str
    epochs_trained: int
    seconds: float

    @property
    def best(self) -> CellResult | None:
        """The first of the cells with the highest mean test score; None if all failed."""
        scored = [result for result in self.results if result.mean_test_score is not None]
        return min(scored, key=lambda result: result.rank, default=None)

    @property
    def pruned(self) -> int:
        """The number of pruned cells."""
        return sum(result.pruned for result in self.results)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on folds where the score is undefined, on pruning, and on how far the best leads by chance."""
        missing = {cell.fold for cell in self.cells if cell.test_score is None and cell.error is None}
        found = [undefined_note(self.scoring.removeprefix("neg_"), sorted(missing), "fold")] if missing else []
        if self.pruned:
            found.append(
                f"{self.pruned:,} of {len(self.results):,} settings were pruned: their means are over fewer folds,"
                " they rank behind the others, and how far the best leads by chance is unknown"
            )
        if self.lead_by_chance:
            settings = f"the best of {len(self.results):,} equally good settings"
            found.append(f"{settings} would score {self.lead_by_chance:.2g} above their mean by chance alone")
        return tuple(found)

    @property
    def lead_by_chance(self) -> float | None:
        """How far the best of equally good settings is expected above their mean; None if scores are missing.

        Also None after pruning, since the remaining cells were chosen by some of the scores to be compared. See
        :func:`engine.evaluation.chance.lead_by_chance`.
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
        """Return the experiment with a cell's settings."""
        return with_settings(self.grid.experiment, result.params)

    def json(self) -> dict[str, Any]:
        """Return a JSON object."""
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
    """Return values by name over the epochs, of training and of the held-out samples."""
    names = [name for name in epochs[0].logs if not name.startswith("eval_")] if epochs else []
    return {name: tuple(ended.logs[name] for ended in epochs) for name in names}


def mean_history(curves: Sequence[History]) -> History:
    """Return the mean of several folds' curves over the epochs that all have; each metric over its folds."""
    length = min((len(values) for curve in curves for values in curve.values()), default=0)
    names = dict.fromkeys(name for curve in curves for name in curve)
    having = {name: [curve[name][:length] for curve in curves if name in curve] for name in names}
    return {name: tuple(np.mean(found, axis=0).tolist()) for name, found in having.items()}


def undefined_note(metric: str, numbers: Sequence[int], what: str) -> str:
    """Return a line that names the folds on which a metric is undefined."""
    named = what + "s" * (len(numbers) > 1) + " " + ", ".join(map(str, numbers))
    return f"{metric} is undefined (n/a) on {named}, whose samples lack a class: left out of the mean"


def best_epoch(curves: History) -> int:
    """Return the epoch, from 1, with the lowest validation loss; 0 if there is none."""
    losses = curves.get("val_loss", ())
    return int(np.argmin(losses)) + 1 if len(losses) else 0


def _mean(scores: Sequence[float | None]) -> float | None:
    """Return the mean of the defined scores; None if there are none."""
    found = [score for score in scores if score is not None]
    return float(np.mean(found)) if found else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
