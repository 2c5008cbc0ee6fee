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
"""Bounds of the temperatures that are tried."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Samples with a probability between two bounds: the mean probability and the observed share."""

    low: float
    high: float
    samples: int
    predicted: float
    observed: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Reliability:
    """The nonempty bins of a reliability diagram, and the expected calibration error."""

    bins: tuple[Bin, ...]
    error: float


def reliability(found: SplitOutputs) -> Reliability:
    """Compute the reliability diagram in bins of equal width (``sklearn.calibration.calibration_curve``).

    With one output it uses the second class's probability, with several the predicted class's (Guo and others
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
    """Return the probability of the predicted event, and whether it occurred."""
    if found.binary:
        return found.probabilities[:, 1], np.asarray(found.targets == 1)
    return found.probabilities.max(axis=1), found.correct


def _bin(low: float, high: float, probability: NDArray[np.float64], true: NDArray[np.bool_]) -> Bin:
    interval = intervals.wilson(int(true.sum()), len(true))
    return Bin(low, high, len(true), float(probability.mean()), float(true.mean()), interval)


def scaled(found: SplitOutputs, temperature: float) -> SplitOutputs:
    """Divide the outputs' logits by a temperature: above 1 outputs become less confident, below 1 more."""
    return replace(found, outputs=scale_outputs(found.outputs, temperature))


def fit_temperature(found: SplitOutputs) -> float:
    """Return the temperature with the lowest cross-entropy on these (validation) outputs (Guo and others 2017)."""
    from scipy.optimize import minimize_scalar

    bounds = np.log(SMALLEST), np.log(LARGEST)
    best = minimize_scalar(
        lambda power: log_loss(scaled(found, float(np.exp(power)))), bounds=bounds, method="bounded"
    )
    return float(np.exp(best.x))


def log_loss(found: SplitOutputs) -> float:
    """Return the mean cross-entropy of the true classes (``sklearn.metrics.log_loss``)."""
    return loss_value(found, "sparse_categorical_crossentropy")
