"""Scaling of a regression target: networks learn scaled values, users read the original units."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.errors import DataError
from engine.experiment.model import Data
from engine.features.scaling import standard


@dataclass(frozen=True, slots=True)
class TargetScaling:
    """The scaling of a target y: ``(y - center) / scale``; with ``log``, y is first replaced by ``log(1 + y)``."""

    log: bool = False
    center: float = 0.0
    scale: float = 1.0

    @property
    def identity(self) -> bool:
        """Whether the target is not scaled."""
        return self == UNSCALED

    @property
    def described(self) -> str:
        """The scaling in words."""
        return "not scaled" if self.identity else "log, then standard scaling" if self.log else "standard scaling"

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """The dtype of targets in their own units, precise enough to distinguish them."""
        return np.float32 if self.identity else np.float64

    def scaled(self, targets: NDArray[Any]) -> NDArray[np.float32]:
        """Scale targets; returns float32 of the same shape."""
        if self.identity:
            return np.asarray(targets, np.float32)
        values = np.asarray(targets, np.float64)
        values = np.log1p(values) if self.log else values
        return ((values - self.center) / self.scale).astype(np.float32)

    def unscaled(self, outputs: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Convert a network's outputs to the target's own units; returns :attr:`dtype` of the same shape."""
        if self.identity:
            return np.asarray(outputs, np.float32)
        values = np.asarray(outputs, np.float64) * self.scale + self.center
        return np.expm1(values) if self.log else values

    @property
    def digits(self) -> int:
        """Number of significant digits, in the target's units, that distinguish neighbouring float32 outputs."""
        offset = 0.0 if self.log else abs(self.center) / self.scale
        return 7 + int(np.log10(offset + 1) + 0.5)

    def as_json(self) -> dict[str, Any] | None:
        """Return the parameters as plain JSON values; None if the target is not scaled."""
        return None if self.identity else asdict(self)


UNSCALED = TargetScaling()


def fit_target(dataset: Dataset, data: Data, indices: NDArray[np.int64]) -> TargetScaling:
    """Fit the scaling of a data set's target on the given (training) samples.

    Raises DataError if a logarithm is requested that is undefined for the target.
    """
    wanted = data.target_scaling
    if wanted == "auto":
        sparse = isinstance(dataset.samples, Ragged) and dataset.name == data.dataset
        own = dataset.table is not None or sparse
        wanted = "standard" if own else "none"
    if dataset.task != "regression" or wanted == "none":
        return UNSCALED
    targets = np.asarray(dataset.targets, np.float64)
    if wanted == "log" and targets.min() <= -1:
        raise DataError(
            f"{dataset.title}: the target {dataset.target!r} goes down to {targets.min():g}, and the logarithm of "
            "1 + target needs values above -1: set data.target_scaling to standard"
        )
    known = np.log1p(targets[indices]) if wanted == "log" else targets[indices]
    return TargetScaling(wanted == "log", *standard(known))
