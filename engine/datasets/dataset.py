"""The common form of all data sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.datasets.roles import ColumnRole
from engine.datasets.text import Vocabulary
from engine.events import DataFacts

DatasetKind = Literal["text", "columns"]
Task = Literal["binary", "classes", "regression"]
RawSamples = Ragged | NDArray[Any] | Table


@dataclass(frozen=True, slots=True)
class Split:
    """Disjoint indices of training, validation and test samples (int64, each of shape (samples,))."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The samples of a file that are not used, and why; ``samples`` is 0 if all are used."""

    samples: int = 0
    why: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TableFacts:
    """A user's table: every column of the samples in use, and how each column was interpreted."""

    table: Table
    roles: tuple[ColumnRole, ...]
    left_out: LeftOut = field(default_factory=LeftOut)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The samples and targets of a data set, and their split.

    ``samples`` is, for ``kind`` "text", a Ragged of word ids over the whole vocabulary (Keras's encoding: 0
    padding, 1 start, 2 unknown, word index + 3; each sample begins with 1). For ``kind`` "columns" it is an array
    of shape (samples, columns) as published, unscaled; a Ragged of the nonzero columns with their values as
    weights; or the input columns of a user's Table, described by ``table``.

    ``targets`` has shape (samples,): int64 class numbers or, for regression, float32 (float64 from a user's file).
    ``groups`` is each sample's group number if the data was split by group, ``times`` its rank in time if it was
    split by time; both are int64 of shape (samples,). ``vocabulary`` gives the words of text ids. ``ranked`` says
    whether the ids are ranks in a published word index, so that a smaller vocabulary is its first part; otherwise
    a vocabulary is counted on training samples. ``original`` returns a sample's original text, if the source has
    it.
    """

    name: str
    title: str
    kind: DatasetKind
    task: Task
    samples: RawSamples
    targets: NDArray[np.int64] | NDArray[np.floating[Any]]
    split: Split
    source: str
    digest: str
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    target: str = ""
    vocabulary: Vocabulary | None = None
    ranked: bool = False
    original: Callable[[int], str] | None = field(default=None, compare=False)
    notes: tuple[str, ...] = ()
    table: TableFacts | None = None
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.int64] | None = None

    @property
    def facts(self) -> DataFacts:
        """Return the facts that a run records of its data."""
        split = self.split
        return DataFacts(
            self.name, self.source, len(split.train), len(split.validation), len(split.test), self.digest
        )


def take(samples: RawSamples, indices: NDArray[np.int64]) -> RawSamples:
    """Return a copy of the samples at these indices."""
    return np.take(samples, indices, axis=0) if isinstance(samples, np.ndarray) else samples.take(indices)


def sample_at(samples: RawSamples, index: int) -> Any:
    """Return one sample: an array of word ids or numbers, or a Table or weighted Ragged with one sample."""
    if isinstance(samples, Table) or (isinstance(samples, Ragged) and samples.weights is not None):
        return samples.take(np.array([index]))
    return np.array(samples[index])


def stacked(samples: Sequence[Any]) -> Ragged | NDArray[Any]:
    """Combine samples of an array or a Ragged, as returned by :func:`sample_at`."""
    if isinstance(samples[0], Ragged):
        return Ragged.joined(samples)
    return Ragged.of(samples) if samples[0].dtype.kind == "i" else np.stack(samples)
