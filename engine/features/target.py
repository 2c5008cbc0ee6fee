"""Scaling of a regression target: a network learns scaled values, people read their own units."""

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
    """A target y is learnt as ``(y - center) / scale``, with ``log`` as ``(log(1 + y) - center) / scale``."""

    log: bool = False
    center: float = 0.0
    scale: float = 1.0

    @property
    def identity(self) -> bool:
        """Whether targets are learnt as they are."""
        return self == UNSCALED

    @property
    def described(self) -> str:
        """The scaling in words."""
        return "as it is" if self.identity else "log, then standard scaling" if self.log else "standard scaling"

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """The type in which targets are kept in their own units, which tells them apart."""
        return np.float32 if self.identity else np.float64

    def scaled(self, targets: NDArray[Any]) -> NDArray[np.float32]:
        """Targets as the network learns them: float32 of the same shape."""
        if self.identity:
            return np.asarray(targets, np.float32)
        values = np.asarray(targets, np.float64)
        values = np.log1p(values) if self.log else values
        return ((values - self.center) / self.scale).astype(np.float32)

    def unscaled(self, outputs: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """A network's outputs in the target's own units: an array of :attr:`dtype` and the same shape."""
        if self.identity:
            return np.asarray(outputs, np.float32)
        values = np.asarray(outputs, np.float64) * self.scale + self.center
        return np.expm1(values) if self.log else values

    @property
    def digits(self) -> int:
        """Significant digits, in the target's own units, that tell a float32 output from its neighbours."""
        offset = 0.0 if self.log else abs(self.center) / self.scale
        return 7 + int(np.log10(offset + 1) + 0.5)

    def as_json(self) -> dict[str, Any] | None:
        """The numbers as plain JSON; None where targets are learnt as they are."""
        return None if self.identity else asdict(self)


UNSCALED = TargetScaling()


def fit_target(dataset: Dataset, data: Data, indices: NDArray[np.int64]) -> TargetScaling:
    """The scaling of a data set's target, fitted on the given (training) samples.

    Raises DataError where a logarithm is asked for that a target does not have.
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
