"""Samples of different lengths as one flat array with offsets, in memory or memory-mapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ragged:
    """Samples of ids: sample ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    ``values`` is int32 of shape (ids,), ``offsets`` int64 of shape (samples + 1,) and starts at 0. ``weights``, if
    the ids have weights (counts, tf-idf), is float32 of the shape of ``values``.
    """

    values: NDArray[np.int32]
    offsets: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, samples: Sequence[Sequence[int] | NDArray[Any]]) -> Ragged:
        """Build from separate samples."""
        offsets = np.zeros(len(samples) + 1, np.int64)
        np.cumsum([len(sample) for sample in samples], out=offsets[1:])
        values = np.empty(int(offsets[-1]), np.int32)
        for sample, start, end in zip(samples, offsets[:-1], offsets[1:], strict=True):
            values[start:end] = sample
        return cls(values, offsets)

    @classmethod
    def joined(cls, parts: Sequence[Ragged]) -> Ragged:
        """Concatenate the samples of several arrays; all of them have weights, or none."""
        offsets = np.append(0, np.cumsum(np.concatenate([part.lengths for part in parts]))).astype(np.int64)
        weights = [part.weights for part in parts if part.weights is not None]
        values = np.concatenate([part.values for part in parts])
        return cls(values, offsets, np.concatenate(weights) if weights else None)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[np.int32]:
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of ids in each sample: int64 of shape (samples,)."""
        return np.diff(self.offsets)

    @property
    def amounts(self) -> NDArray[np.float32]:
        """The weight of each id, 1 without weights: float32 of the shape of ``values``."""
        return np.ones(len(self.values), np.float32) if self.weights is None else self.weights

    def part(self, start: int, end: int) -> Ragged:
        """Return the samples from ``start`` up to ``end`` as a view."""
        offsets = self.offsets[start : min(end, len(self)) + 1]
        ids = slice(int(offsets[0]), int(offsets[-1]))
        return self._of_ids(ids, offsets - offsets[0])

    def last(self, length: int) -> Ragged:
        """Return each sample's last ``length`` ids."""
        lengths = np.minimum(self.lengths, length)
        offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
        indices = np.repeat(self.offsets[1:] - offsets[1:], lengths) + np.arange(offsets[-1])
        return Ragged(self.values[indices], offsets)

    def without(self, value: int) -> Ragged:
        """Return the samples without the ids equal to ``value``."""
        kept = self.values != value
        offsets = np.append(0, np.cumsum(kept))[self.offsets].astype(np.int64)
        return self._of_ids(kept, offsets)

    def take(self, indices: NDArray[np.int64]) -> Ragged:
        """Return a copy of the given samples, in the given order; the cost does not depend on the others."""
        starts = self.offsets[indices]
        lengths = self.offsets[indices + 1] - starts
        offsets = np.zeros(len(indices) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        indices = np.repeat(starts - offsets[:-1], lengths)
        indices += np.arange(offsets[-1])
        return self._of_ids(indices, offsets)

    def _of_ids(self, chosen: NDArray[Any] | slice, offsets: NDArray[np.int64]) -> Ragged:
        """Return the chosen ids with their weights, as samples with these offsets."""
        return Ragged(self.values[chosen], offsets, None if self.weights is None else self.weights[chosen])
