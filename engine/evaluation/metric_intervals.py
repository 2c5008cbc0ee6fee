"""Intervals of a run's metrics, from its outputs or, where possible, from the metrics' values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from engine.evaluation import intervals
from engine.evaluation.intervals import Interval
from engine.evaluation.metric_values import counts
from engine.evaluation.split_outputs import SplitOutputs

Intervals = dict[str, Interval]


def from_outputs(found: SplitOutputs, metrics: Iterable[str], prefix: str = "") -> Intervals:
    """Return the interval of each named metric that has one, by ``prefix`` and name (such as ``val_accuracy``).

    Wilson for accuracy, precision, recall and F1 (see :func:`engine.evaluation.intervals.f1`), bootstrap for AUC,
    MAE, MSE and RMSE. F1 is added if precision and recall are named, RMSE if MSE is.
    """
    names = dict.fromkeys(metrics)
    names |= {"f1": None} if {"precision", "recall"} <= names.keys() else {}
    names |= {"rmse": None} if "mse" in names and found.regression else {}
    if not len(found):
        return {}
    computed = {prefix + name: _METHODS[name](found) for name in names if name in _METHODS}
    return {name: one for name, one in computed.items() if math.isfinite(one.low)}


def from_values(values: Mapping[str, float], samples: int, prefix: str = "") -> Intervals:
    """Return the intervals that follow from values and the number of samples: only accuracy's."""
    accuracy = values.get(f"{prefix}accuracy", math.nan)
    if not samples or not 0 <= accuracy <= 1:
        return {}
    return {f"{prefix}accuracy": intervals.wilson(round(accuracy * samples), samples)}


_METHODS: Mapping[str, Callable[[SplitOutputs], Interval]] = {
    "accuracy": lambda found: intervals.wilson(int(found.correct.sum()), len(found)),
    "precision": lambda found: intervals.wilson(*counts(found)[:2]),
    "recall": lambda found: intervals.wilson(*counts(found)[::2]),
    "f1": lambda found: intervals.f1(*counts(found)),
    # over all outputs at once, as in keras.metrics.AUC
    "auc": lambda found: intervals.auc(found.desired.ravel() > 0.5, found.outputs.ravel()),
    "mae": lambda found: intervals.mean(np.abs(found.errors).mean(axis=1)),
    "mse": lambda found: intervals.mean(np.square(found.errors).mean(axis=1)),
    "rmse": lambda found: intervals.rmse(found.errors[:, 0]),
}
