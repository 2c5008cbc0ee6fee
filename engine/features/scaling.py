"""Fits and applies the scaling of columns of numbers, with the results of scikit-learn.

Standard scaling is implemented here with identical results, since importing scikit-learn takes a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.system.suggest import shown

_TINY = float(np.finfo(np.float32).tiny)
"""Smaller scales are replaced by 1, since dividing by them gives infinity in float32."""


class Scaling(NamedTuple):
    """The scaling ``(x - center) / scale``; with ``power``, x is first replaced by ``yeo_johnson(x, power)``."""

    center: float
    scale: float
    power: float | None = None


def fit_scaling(name: str, values: NDArray[Any], method: str) -> Scaling:
    """Fit the scaling of the column ``name`` on values of shape (samples,).

    ``method`` is "standard", "robust" or "power"; any other value means no scaling. Raises DataError if the power
    transformation gives values that are not finite or all equal.
    """
    values = np.asarray(values, np.float64)
    if method == "power":
        return _power(name, values)
    center, scale = 0.0, 1.0
    if method == "standard":
        center, scale = standard(values)
    elif method == "robust":
        from sklearn.preprocessing import RobustScaler

        robust = RobustScaler().fit(values[:, None])
        center, scale = float(robust.center_[0]), float(robust.scale_[0])
    return Scaling(center, scale if scale >= _TINY else 1.0)


def _power(name: str, values: NDArray[np.float64]) -> Scaling:
    from sklearn.preprocessing import PowerTransformer

    with np.errstate(over="ignore", invalid="ignore"):
        exponent = float(PowerTransformer(standardize=False).fit(values[:, None]).lambdas_[0])
        transformed = yeo_johnson(values, exponent)
        found = Scaling(*standard(transformed), exponent)
        collapsed = _is_constant(transformed) and not _is_constant(values)
    if collapsed or not np.isfinite([found.center, found.scale, exponent]).all():
        raise DataError(
            f"power scaling does not fit the column {shown(name)} (its exponent would be {exponent:.3g}): "
            "scale it by standard or robust"
        )
    return found if found.scale >= _TINY else found._replace(scale=1.0)


def standard(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return ``mean_`` and ``scale_`` of ``sklearn.preprocessing.StandardScaler`` for values of shape (samples,).

    The scale of a column that is constant up to rounding is 1.
    """
    mean, variance = _moments(values)
    return float(mean), 1.0 if _within_rounding(len(values), mean, variance) else float(np.sqrt(variance))


def _is_constant(values: NDArray[np.float64]) -> bool:
    return _within_rounding(len(values), *_moments(values))


def _moments(values: NDArray[np.float64]) -> tuple[np.float64, np.float64]:
    """Compute mean and variance in two passes with a correction (Chan, Golub and LeVeque 1983)."""
    count = len(values)
    mean = values.sum() / count
    centred = values - mean
    rounding = centred.sum()
    return mean, (np.einsum("i,i->", centred, centred) - rounding * rounding / count) / count


def _within_rounding(count: int, mean: np.float64, variance: np.float64) -> bool:
    """Whether values vary by no more than the rounding errors of their mean."""
    precision = np.finfo(np.float64).eps
    return bool(variance <= count * precision * variance + (count * mean * precision) ** 2)


def yeo_johnson(values: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Apply the power transformation of Yeo and Johnson (2000); infinite on overflow."""
    from scipy.stats import yeojohnson

    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(yeojohnson(values, power))


def as_float32(scaled: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float32]:
    """Convert scaled columns of shape (samples, columns) to float32; raises DataError if a value is not finite."""
    with np.errstate(over="ignore"):
        found = scaled.astype(np.float32)
    finite = np.isfinite(found)
    if not finite.all():
        name = names[int((~finite.all(axis=0)).argmax())]
        raise DataError(
            f"the column {shown(name)} holds a value so far from the training samples' that it is infinite once "
            "scaled: correct it, or choose another data.scaling"
        )
    return found
