"""Text as a sequence of word ids, padded or truncated to one length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets.ragged import Ragged
from engine.datasets.text import FIRST
from engine.experiment.model import InputForm
from engine.features.base import Encoded
from engine.features.text import TextFeatures


@dataclass(frozen=True, eq=False, kw_only=True)
class Sequence(TextFeatures):
    """The last ``length`` ids of each sample, in order."""

    saved_as: ClassVar[str] = "sequence"
    form: ClassVar[InputForm] = "sequence"
    encoding: ClassVar[str] = "sequence"
    weighted: ClassVar[bool] = False
    length: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one padded sample."""
        return (self.length,)

    def formed(self, samples: Ragged) -> Ragged:
        """Return each sample's last ids."""
        return samples.last(self.length)

    def words(self, sample: NDArray[Any]) -> list[str]:
        """Return the last ``length`` words of a sample, which the network reads."""
        return super().words(sample[-self.length :])

    def without(self, sample: NDArray[Any]) -> tuple[list[str], Iterator[Encoded]]:
        """Return the sample's distinct known words, and encoded samples: the sample, then without each of them."""
        whole = self.columns(Ragged.of([sample])).values
        read = whole[-self.length :]
        left_out = np.unique(read)
        left_out = left_out[left_out >= FIRST]
        shortened = (whole[whole != column][-self.length :] for column in left_out)
        words = [self.word(column) for column in left_out.tolist()]
        return words, iter([Ragged.of([read, *shortened])])

    def content(self) -> dict[str, Any]:
        """Return the vocabulary and the length as plain JSON values."""
        return super().content() | {"length": self.length}
