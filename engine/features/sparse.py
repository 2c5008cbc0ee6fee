"""Columns of numbers of which most are 0: never made dense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import RawSamples
from engine.datasets.ragged import Ragged
from engine.experiment.model import InputForm
from engine.features.bag import bags_without
from engine.features.base import Encoded, Features


@dataclass(frozen=True, eq=False, kw_only=True)
class SparseColumns(Features):
    """The columns of each sample that are not 0, divided by ``scale``: float64 of shape (columns,), or None."""

    saved_as: ClassVar[str] = "sparse"
    width: int
    scale: NDArray[np.float64] | None = None

    @property
    def form(self) -> InputForm:
        """A bag of columns."""
        return "bag"

    @property
    def size(self) -> int:
        """The number of columns."""
        return self.width

    @property
    def encoding(self) -> str:
        """ "standard", without centering, which would fill the zeros; or "none"."""
        return "none" if self.scale is None else "standard"

    @property
    def scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Zero, and each column's scale."""
        return None if self.scale is None else (np.zeros(self.width), self.scale)

    def encode(self, samples: RawSamples) -> Ragged:
        """Scale samples; each stays a Ragged of its columns that are not 0."""
        assert isinstance(samples, Ragged)
        if self.scale is None:
            return samples
        weights = np.ones(len(samples.values)) if samples.weights is None else samples.weights
        return Ragged(samples.values, samples.offsets, (weights / self.scale[samples.values]).astype(np.float32))

    def words(self, sample: Ragged) -> list[str]:
        """The names of the sample's columns that are not 0."""
        return [self._name(column) for column in sample.values.tolist()]

    def decode(self, sample: Ragged) -> str:
        """The sample's columns that are not 0, with their values."""
        weights = [1.0] * len(sample.values) if sample.weights is None else sample.weights.tolist()
        return " ".join(f"{name} {value:g}" for name, value in zip(self.words(sample), weights, strict=True))

    def without(self, sample: Ragged) -> tuple[list[str], Iterator[Encoded]]:
        """The sample's columns; the sample, then the sample with 0 in place of each of them."""
        return self.words(sample), bags_without(self.encode(sample), sample.values)

    def content(self) -> dict[str, Any]:
        """The width and the scales, as plain JSON values."""
        return {"width": self.width, "scale": None if self.scale is None else self.scale.tolist()}

    @classmethod
    def from_content(cls, common: dict[str, Any], content: dict[str, Any]) -> Self:
        """The features of which :meth:`content` gave the content."""
        scale = content["scale"]
        return cls(**common, width=content["width"], scale=None if scale is None else np.array(scale, np.float64))

    def _name(self, column: int) -> str:
        return self.names[column] if column < len(self.names) else str(column)
