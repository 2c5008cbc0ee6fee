"""Calibration of probabilities: reliability diagram, calibration error and temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import intervals
from engine.evaluation.intervals import Interval
from engine.evaluation.metric_values import loss_value
from engine.evaluation.split_outputs import SplitOutputs
from engine.prediction.decision import scale_outputs

BINS = 10
SMALLEST, LARGEST = 0.05, 20.0
"""The temperatures between which the best one is searched."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The samples whose probability lies between two bounds: its mean, and the share for which it came true."""

    low: float
    high: float
    samples: int
    predicted: float
    observed: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins of a reliability diagram that hold samples, and the expected calibration error."""

    bins: tuple[Bin, ...]
    error: float


def reliability(found: SplitOutputs) -> Reliability:
    """The reliability diagram in bins of equal width (``sklearn.calibration.calibration_curve``).

    For one output, of the second class's probability; for several, of the predicted class's (Guo and others
    2017). The error is the mean gap between probability and observed share, weighted by samples.
    """
    probability, true = _claims(found)
    edges = np.linspace(0, 1, BINS + 1)
    of = np.searchsorted(edges[1:-1], probability)
    made = tuple(
        _bin(float(edges[index]), float(edges[index + 1]), probability[of == index], true[of == index])
        for index in range(BINS)
        if (of == index).any()
    )
    error = sum(one.samples * abs(one.predicted - one.observed) for one in made) / max(len(found), 1)
    return Reliability(made, error)


def _claims(found: SplitOutputs) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What was claimed with which probability, and whether it was true."""
    if found.binary:
        return found.probabilities[:, 1], np.asarray(found.targets == 1)
    return found.probabilities.max(axis=1), found.correct


def _bin(low: float, high: float, probability: NDArray[np.float64], true: NDArray[np.bool_]) -> Bin:
    interval = intervals.wilson(int(true.sum()), len(true))
    return Bin(low, high, len(true), float(probability.mean()), float(true.mean()), interval)


def scaled(found: SplitOutputs, temperature: float) -> SplitOutputs:
    """The outputs with their logits divided by a temperature: above 1 they are less sure, below 1 surer."""
    return replace(found, outputs=scale_outputs(found.outputs, temperature))


def fit_temperature(found: SplitOutputs) -> float:
    """The temperature with the lowest cross-entropy on these (validation) outputs (Guo and others 2017)."""
    from scipy.optimize import minimize_scalar

    bounds = np.log(SMALLEST), np.log(LARGEST)
    best = minimize_scalar(
        lambda power: log_loss(scaled(found, float(np.exp(power)))), bounds=bounds, method="bounded"
    )
    return float(np.exp(best.x))


def log_loss(found: SplitOutputs) -> float:
    """The mean cross-entropy of the true classes (``sklearn.metrics.log_loss``)."""
    return loss_value(found, "sparse_categorical_crossentropy")
