"""The interface of all features, which encode samples for a network and are fitted on training samples only."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, RawSamples, Task, stacked
from engine.datasets.ragged import Ragged
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.experiment.model import InputForm
from engine.features.target import UNSCALED, TargetScaling

Encoded = Ragged | NDArray[np.float32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(ABC):
    """Encodes samples as a network's input, and describes that input.

    ``names`` are the words or columns that the network reads, ``labels`` those of the classes (empty for
    regression), ``target`` the scaling of a regression target. :attr:`form` says what :meth:`encode` returns:
    "bag" (a Ragged of each sample's distinct columns, ascending, with weights unless all are 1), "sequence" (a
    Ragged of each sample's last ids) or "columns" (float32 of shape (samples, columns)).
    """

    saved_as: ClassVar[str]
    task: Task
    labels: tuple[str, ...]
    names: tuple[str, ...]
    target: TargetScaling = UNSCALED

    @property
    @abstractmethod
    def form(self) -> InputForm:
        """The form of the encoded samples."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of ids or columns that the network reads."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one encoded sample."""
        return (self.size,)

    @property
    @abstractmethod
    def encoding(self) -> str:
        """The encoding or scaling in one or two words."""

    @property
    def scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Offset and divisor of each encoded column: ``(x - offset) / divisor``; None without scaling."""
        return None

    @property
    def export_notes(self) -> tuple[str, ...]:
        """The steps to apply to a sample before :attr:`scaling`, in order, one line each."""
        return ()

    @abstractmethod
    def encode(self, samples: RawSamples) -> Encoded:
        """Encode samples of a data set."""

    def encode_samples(self, samples: Sequence[Any]) -> Encoded:
        """Encode separate samples, as returned by :func:`engine.datasets.dataset.sample_at`."""
        return self.encode(stacked(samples))

    def encode_all(self, dataset: Dataset) -> Preparation[Encoded]:
        """Encode all samples of a data set."""
        yield Preparing("encoding", 0, len(dataset.samples))
        return self.encode(dataset.samples)

    def on(self, dataset: Dataset) -> Features:
        """Return the same features for another data set; raises DataError if its columns differ."""
        if dataset.columns != self.names:
            raise DataError(f"{dataset.title} has other columns than the network was trained on")
        return self

    def ids(self, text: str) -> NDArray[np.int32]:
        """Return a text's ids in the data set; raises DataError if the samples are not text."""
        raise DataError("this network reads columns, not text")

    @abstractmethod
    def words(self, sample: Any) -> list[str]:
        """Return the words of a sample as the network reads it (``?`` if unknown), or the columns' names."""

    @abstractmethod
    def decode(self, sample: Any) -> str:
        """Return a sample as the network reads it: words separated by spaces, or columns with their values."""

    @abstractmethod
    def without(self, sample: Any) -> tuple[list[str], Iterator[Encoded]]:
        """Return a sample's distinct known words or columns, and encoded samples: the sample, then without each.

        The encoded samples are yielded in parts, since a long text has many words. All occurrences of a word are
        left out; a column is replaced by its mean or most frequent value over the training samples.
        """

    def to_json(self) -> str:
        """Serialise everything needed to encode in the same way; see :func:`engine.features.from_json`."""
        common = {"form": self.saved_as, "task": self.task, "labels": self.labels, "names": self.names}
        return json.dumps(common | {"target": self.target.as_json()} | self.content())

    @abstractmethod
    def content(self) -> dict[str, Any]:
        """Return what :meth:`from_content` needs, without the common fields, as plain JSON values."""

    @classmethod
    def from_content(cls, common: dict[str, Any], content: dict[str, Any]) -> Self:
        """Create features from the result of :meth:`content` and the common fields."""
        arrays = {name: np.array(value, np.float64) for name, value in content.items() if isinstance(value, list)}
        return cls(**common, **content | arrays)
