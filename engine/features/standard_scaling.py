"""Mean and standard deviation as StandardScaler fits them, without importing scikit-learn: that takes a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def standard(values: NDArray[np.float64]) -> tuple[float, float]:
    """``mean_`` and ``scale_`` of ``sklearn.preprocessing.StandardScaler`` fitted on values of shape (samples,).

    The variance is that of Chan, Golub and LeVeque (1983), in two passes with a correction; the scale of a column
    that is constant but for rounding is 1.
    """
    count = len(values)
    mean = values.sum() / count
    centred = values - mean
    rounding = centred.sum()
    variance = (np.dot(centred, centred) - rounding * rounding / count) / count
    precision = np.finfo(np.float64).eps
    constant = variance <= count * precision * variance + (count * mean * precision) ** 2
    return float(mean), 1.0 if constant else float(np.sqrt(variance))
