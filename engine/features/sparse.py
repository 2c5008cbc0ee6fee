"""Sparse columns of numbers, which are never converted to a dense array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import RawSamples
from engine.datasets.ragged import Ragged
from engine.experiment.model import InputForm
from engine.features.bag import bags_without
from engine.features.base import Encoded, Features


@dataclass(frozen=True, eq=False, kw_only=True)
class SparseColumns(Features):
    """Nonzero columns of each sample, divided by ``scale``: float64 of shape (columns,), or None."""

    saved_as: ClassVar[str] = "sparse"
    form: ClassVar[InputForm] = "bag"
    width: int
    scale: NDArray[np.float64] | None = None

    @property
    def size(self) -> int:
        """The number of columns."""
        return self.width

    @property
    def encoding(self) -> str:
        """The scaling: "standard" (without centring, which would fill the zeros) or "none"."""
        return "none" if self.scale is None else "standard"

    @property
    def scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Zero and each column's scale."""
        return None if self.scale is None else (np.zeros(self.width), self.scale)

    def encode(self, samples: RawSamples) -> Ragged:
        """Scale samples; returns a Ragged of nonzero columns."""
        assert isinstance(samples, Ragged)
        if self.scale is None:
            return samples
        return Ragged(
            samples.values, samples.offsets, (samples.amounts / self.scale[samples.values]).astype(np.float32)
        )

    def words(self, sample: Ragged) -> list[str]:
        """Return the names of the sample's nonzero columns."""
        names = self.names
        return [names[one] if one < len(names) else str(one) for one in sample.values.tolist()]

    def decode(self, sample: Ragged) -> str:
        """Return the sample's nonzero columns with their values."""
        pairs = zip(self.words(sample), sample.amounts.tolist(), strict=True)
        return " ".join(f"{name} {value:g}" for name, value in pairs)

    def without(self, sample: Ragged) -> tuple[list[str], Iterator[Encoded]]:
        """Return the sample's columns; the sample, then the sample with 0 in place of each of them."""
        return self.words(sample), bags_without(self.encode(sample), sample.values)

    def content(self) -> dict[str, Any]:
        """Return the width and the scales as plain JSON values."""
        return {"width": self.width, "scale": None if self.scale is None else self.scale.tolist()}
