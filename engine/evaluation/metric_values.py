"""Metrics and losses computed from outputs without TensorFlow, with Keras's names and definitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from engine.evaluation.split_outputs import SplitOutputs

EPSILON = 1e-7
"""Lower bound of probabilities in a cross-entropy, as in Keras."""


def metric_values(found: SplitOutputs, names: Iterable[str], prefix: str = "") -> dict[str, float]:
    """Return the value of each named metric or loss, by ``prefix`` and name; undefined ones are left out."""
    if not len(found):
        return {}
    values = {prefix + name: _METRICS[name](found) for name in names if name in _METRICS}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def loss_value(found: SplitOutputs, loss: str) -> float:
    """Return the mean of the named loss; NaN for a loss that is not implemented here."""
    return _METRICS[loss](found) if loss in _METRICS and len(found) else math.nan


def counts(found: SplitOutputs) -> tuple[int, int, int]:
    """Count true, predicted and actual positives over all outputs, as in Keras's metrics."""
    chosen, desired = found.outputs > found.threshold, found.desired > 0.5
    return int((chosen & desired).sum()), int(chosen.sum()), int(desired.sum())


def share(part: float, whole: float) -> float:
    """Return ``part / whole``; NaN if ``whole`` is 0."""
    return part / whole if whole else math.nan


def f1(hits: int, predicted: int, actual: int) -> float:
    """Return the harmonic mean of precision and recall; NaN without positives."""
    return share(2 * hits, predicted + actual)


def _auc(found: SplitOutputs) -> float:
    """Compute the exact area over all outputs at once, as in ``keras.metrics.AUC``."""
    from sklearn.metrics import roc_auc_score

    positive = found.desired.ravel() > 0.5
    return (
        math.nan if positive.all() or not positive.any() else float(roc_auc_score(positive, found.outputs.ravel()))
    )


def _binary_crossentropy(found: SplitOutputs) -> float:
    outputs, desired = np.clip(found.outputs.astype(np.float64), EPSILON, 1 - EPSILON), found.desired
    return float(-(desired * np.log(outputs) + (1 - desired) * np.log(1 - outputs)).mean())


def _crossentropy(found: SplitOutputs) -> float:
    of_truth = found.probabilities[np.arange(len(found)), np.asarray(found.targets, np.int64)]
    return float(-np.log(np.clip(of_truth, EPSILON, 1)).mean())


_METRICS: Mapping[str, Callable[[SplitOutputs], float]] = {
    "accuracy": lambda found: float(found.correct.mean()),
    "precision": lambda found: share(*counts(found)[:2]),
    "recall": lambda found: share(*counts(found)[::2]),
    "f1": lambda found: f1(*counts(found)),
    "auc": _auc,
    "mae": lambda found: float(np.abs(found.errors).mean()),
    "mse": lambda found: float(np.square(found.errors).mean()),
    "rmse": lambda found: math.sqrt(float(np.square(found.errors).mean())),
    "binary_crossentropy": _binary_crossentropy,
    "categorical_crossentropy": _crossentropy,
    "sparse_categorical_crossentropy": _crossentropy,
}
