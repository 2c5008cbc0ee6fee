"""Text as a bag of words: multi-hot, counts or tf-idf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.datasets.ragged import Ragged
from engine.datasets.text import FIRST
from engine.experiment.model import InputForm
from engine.features.base import Encoded
from engine.features.text import TextFeatures

_LEFT_OUT = 512
"""Number of samples, each without one of the words, that are encoded at once."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Bag(TextFeatures):
    """The distinct words of each sample, with counts ("count") or weights ("tf-idf", with ``idf``)."""

    saved_as: ClassVar[str] = "bag"
    form: ClassVar[InputForm] = "bag"
    bag_encoding: str
    idf: NDArray[np.float32] | None = None

    @property
    def encoding(self) -> str:
        """The encoding: "multi-hot", "count" or "tf-idf"."""
        return self.bag_encoding

    @property
    def weighted(self) -> bool:
        """Whether words have counts or weights."""
        return self.bag_encoding != "multi-hot"

    def formed(self, samples: Ragged) -> Ragged:
        """Return the distinct columns of each sample with their weights."""
        return bag(samples, self.vocabulary, self.bag_encoding, self.idf)

    def without(self, sample: NDArray[Any]) -> tuple[list[str], Iterator[Encoded]]:
        """Return the sample's distinct known words, and encoded samples: the sample, then without each of them."""
        read = self.encode(Ragged.of([sample]))
        left_out = read.values[read.values >= FIRST]
        return [self.word(column) for column in left_out.tolist()], bags_without(read, left_out)

    def content(self) -> dict[str, Any]:
        """Return the vocabulary and the words' weights as plain JSON values."""
        idf = None if self.idf is None else self.idf.tolist()
        return super().content() | {"encoding": self.bag_encoding, "idf": idf}

    @classmethod
    def from_content(cls, common: dict[str, Any], content: dict[str, Any]) -> Self:
        """Create features from the result of :meth:`content`."""
        idf, encoding = content.pop("idf"), content.pop("encoding")
        weights = None if idf is None else np.array(idf, np.float32)
        return super().from_content(common, content | {"idf": weights, "bag_encoding": encoding})


def bags_without(read: Ragged, left_out: NDArray[np.int32]) -> Iterator[Ragged]:
    """Yield an encoded sample, then the sample without each of these columns."""
    left_out = np.append(np.int32(-1), left_out)
    for start in range(0, len(left_out), _LEFT_OUT):
        kept = read.values != left_out[start : start + _LEFT_OUT, None]
        offsets = np.append(0, np.cumsum(kept.sum(axis=1))).astype(np.int64)
        weights = None if read.weights is None else np.broadcast_to(read.weights, kept.shape)[kept]
        yield Ragged(np.broadcast_to(read.values, kept.shape)[kept], offsets, weights)


def bag(samples: Ragged, size: int, encoding: str, idf: NDArray[np.float32] | None) -> Ragged:
    """Return the distinct columns of each sample, ascending, with their weights; sorts all samples at once."""
    keys = np.repeat(np.arange(len(samples), dtype=np.int64) * size, samples.lengths) + samples.values
    if len(samples) * size < 2**31:
        keys = keys.astype(np.int32)
    keys.sort()
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.empty(0, np.int64)
    distinct = keys[first]
    offsets = np.searchsorted(distinct, np.arange(len(samples) + 1, dtype=np.int64) * size).astype(np.int64)
    columns = (distinct % size).astype(np.int32)
    if encoding == "multi-hot":
        return Ragged(columns, offsets)
    counts = np.diff(np.append(first, len(keys))).astype(np.float32)
    return Ragged(columns, offsets, counts if idf is None else counts * idf[columns])
