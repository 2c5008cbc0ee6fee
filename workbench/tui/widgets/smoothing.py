"""Smooths a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

SMOOTHING = 0.6
"""The weight of the past in the moving average."""


def smoothed(values: Sequence[float]) -> list[float]:
    """An exponential moving average, corrected for its start at 0 (Kingma and Ba 2015, section 3); NaN stays."""
    smooth: list[float] = []
    mean, weight = 0.0, 0.0
    for value in values:
        if not math.isfinite(value):
            smooth.append(value)
            continue
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        smooth.append(mean / weight)
    return smooth
