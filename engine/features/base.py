"""The one interface of all features: how samples are encoded for a network, fitted on training samples only."""

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
    """How samples become what a network reads, and what that means.

    ``names`` are the words or columns that the network reads, ``labels`` those of the classes (none for
    regression), ``target`` the scaling of a regression target. :attr:`form` says what :meth:`encode` gives:
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
        """What the network reads."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of ids, or of columns, that the network reads."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample as the network reads it."""
        return (self.size,)

    @property
    @abstractmethod
    def encoding(self) -> str:
        """The encoding or scaling in one word or two."""

    @property
    def scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """What is subtracted from and then divides each encoded column, last of all; None where nothing does."""
        return None

    @property
    def export_notes(self) -> tuple[str, ...]:
        """What has to be done with a sample before :attr:`scaling`, one line each, in order."""
        return ()

    @abstractmethod
    def encode(self, samples: RawSamples) -> Encoded:
        """Encode samples as a data set has them."""

    def encode_samples(self, samples: Sequence[Any]) -> Encoded:
        """Encode samples held apart, as :func:`engine.datasets.dataset.sample_at` gives them."""
        return self.encode(stacked(samples))

    def encode_all(self, dataset: Dataset) -> Preparation[Encoded]:
        """Encode every sample of a data set."""
        yield Preparing("encoding", 0, len(dataset.samples))
        return self.encode(dataset.samples)

    def on(self, dataset: Dataset) -> Features:
        """The same features for another data set; raises DataError where its columns are others."""
        if dataset.columns != self.names:
            raise DataError(f"{dataset.title} has other columns than the network was trained on")
        return self

    def ids(self, text: str) -> NDArray[np.int32]:
        """A text's ids as the data set has them; raises DataError where samples are no text."""
        raise DataError("this network reads columns, not text")

    @abstractmethod
    def words(self, sample: Any) -> list[str]:
        """The words of one sample as the network reads it (``?`` for unknown), or the columns' names."""

    @abstractmethod
    def decode(self, sample: Any) -> str:
        """One sample as the network reads it: words with spaces between them, or columns with their values."""

    @abstractmethod
    def without(self, sample: Any) -> tuple[list[str], Iterator[Encoded]]:
        """A sample's distinct known words or columns, and encoded samples: the sample, then without each.

        The samples come some at a time, for a long text has many words. Every occurrence of a word is left out;
        a column is replaced by its mean, or its most frequent value, over the training samples.
        """

    def to_json(self) -> str:
        """Everything needed to encode the same way again; see :func:`engine.features.from_json`."""
        common = {"form": self.saved_as, "task": self.task, "labels": self.labels, "names": self.names}
        return json.dumps(common | {"target": self.target.as_json()} | self.content())

    @abstractmethod
    def content(self) -> dict[str, Any]:
        """What :meth:`from_content` needs, as plain JSON values; the common fields are not in it."""

    @classmethod
    def from_content(cls, common: dict[str, Any], content: dict[str, Any]) -> Self:
        """The features of which :meth:`content` gave the content, with these common fields."""
        arrays = {name: np.array(value, np.float64) for name, value in content.items() if isinstance(value, list)}
        return cls(**common, **content | arrays)
