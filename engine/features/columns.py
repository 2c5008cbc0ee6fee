"""Columns of numbers in one array, each centred and scaled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import RawSamples
from engine.experiment.model import InputForm
from engine.features.base import Encoded, Features
from engine.features.scaling import as_float32, yeo_johnson


@dataclass(frozen=True, eq=False, kw_only=True)
class Columns(Features):
    """Columns of numbers x, each encoded as ``(x - center) / scale``.

    ``center`` and ``scale`` are float64 of shape (columns,). ``mean`` is the training samples' mean, which
    replaces a column that is left out. With ``power``, the exponent of each column, x is first transformed as in
    Yeo and Johnson (2000).
    """

    saved_as: ClassVar[str] = "columns"
    form: ClassVar[InputForm] = "columns"
    method: str
    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    power: NDArray[np.float64] | None = None

    @property
    def size(self) -> int:
        """The number of columns."""
        return len(self.center)

    @property
    def encoding(self) -> str:
        """The scaling: "standard", "robust", "power" or "none"."""
        return self.method

    @property
    def scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Each column's center and scale."""
        return self.center, self.scale

    @property
    def export_notes(self) -> tuple[str, ...]:
        """The power transformation, for which Keras has no layer."""
        if self.power is None:
            return ()
        exponents = ", ".join(f"{name} {one!r}" for name, one in zip(self.names, self.power.tolist(), strict=True))
        return (f"First transform the columns as scipy.stats.yeojohnson does, with the exponents {exponents}.",)

    def encode(self, samples: RawSamples) -> NDArray[np.float32]:
        """Scale samples in 64 bits; returns float32 of shape (samples, columns)."""
        assert isinstance(samples, np.ndarray)
        if self.power is not None:
            columns = zip(samples.astype(np.float64).T, self.power.tolist(), strict=True)
            samples = np.stack([yeo_johnson(*column) for column in columns], axis=1)
        return as_float32((samples - self.center) / self.scale, self.names)

    def words(self, sample: NDArray[Any]) -> list[str]:
        """Return the columns' names."""
        return list(self.names)

    def decode(self, sample: NDArray[Any]) -> str:
        """Return the columns with their values."""
        return " ".join(f"{name} {value:g}" for name, value in zip(self.names, sample.tolist(), strict=True))

    def without(self, sample: NDArray[Any]) -> tuple[list[str], Iterator[Encoded]]:
        """Return the columns' names; the sample, then the sample with each column replaced by its mean."""
        samples = np.tile(np.asarray(sample, np.float64), (self.size + 1, 1))
        samples[np.arange(1, len(samples)), np.arange(self.size)] = self.mean
        return list(self.names), iter([self.encode(samples)])

    def content(self) -> dict[str, Any]:
        """Return the scaling as plain JSON values."""
        numbers = {name: getattr(self, name).tolist() for name in ("center", "scale", "mean")}
        power = None if self.power is None else self.power.tolist()
        return {"method": self.method, "power": power} | numbers
