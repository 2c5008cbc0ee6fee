"""Estimates how far the best of many candidates leads by chance alone."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LIMIT, POINTS = 10.0, 2001
"""Standard deviations beyond which the normal density is taken for nothing, and points of the integration."""


@lru_cache(maxsize=256)
def expected_maximum(count: int) -> float:
    """The expected maximum of ``count`` independent standard normal numbers (order statistics, Tippett 1925).

    Integrated by the trapezoidal rule, to 12 digits as the function vanishes at both ends: 0 for one,
    0.5642 for two, 2.161 for forty.
    """
    from scipy.special import ndtr  # scipy.stats and scipy.integrate take longer to import than all else here

    if count < 2:
        return 0.0
    x, step = np.linspace(-LIMIT, LIMIT, POINTS, retstep=True)
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return float((x * count * density * ndtr(x) ** (count - 1)).sum() * step)


def lead_by_chance(scores: NDArray[np.floating]) -> float:
    """How far above the mean the best of equally good settings is expected to stand.

    ``scores`` are of shape (settings, folds), each a fold's score. What the folds share is taken off first; what
    is left scatters by chance, and a setting's mean by the root of the folds less. 0 for one fold or setting.
    """
    scores = np.asarray(scores, np.float64)
    settings, folds = scores.shape
    if settings < 2 or folds < 2:
        return 0.0
    rest = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    variance = float(np.square(rest).sum()) / ((settings - 1) * (folds - 1))
    return expected_maximum(settings) * math.sqrt(variance / folds)


def lead_by_sampling(score: float, settings: int, samples: int) -> float:
    """The same for accuracies on one set of ``samples`` samples: an upper bound, for the settings share them."""
    return expected_maximum(settings) * math.sqrt(max(score * (1 - score), 0.0) / max(samples, 1))


def lead_in_words(accuracy: float | None, settings: int, samples: int) -> str:
    """How far the best of equally good settings leads by chance; without an ``accuracy``, in standard errors."""
    if accuracy is None:
        return f"{expected_maximum(settings):.2f} standard errors"
    return f"up to {100 * lead_by_sampling(accuracy, settings, samples):.1f} points"
