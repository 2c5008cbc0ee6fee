"""The common form of all data sets, whatever their source."""

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
    """Indices (int64, each of shape (samples,)) for training, validation and test; no sample is in two."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Samples of a file that are not used, and why; none where ``samples`` is 0."""

    samples: int = 0
    why: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TableFacts:
    """A person's own table: every column of the samples that are used, and what each was taken for."""

    table: Table
    roles: tuple[ColumnRole, ...]
    left_out: LeftOut = field(default_factory=LeftOut)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Samples and targets of one data set, and how they are split.

    ``samples`` is a Ragged of word ids over the whole vocabulary (``kind`` "text"; Keras's encoding: 0 padding,
    1 start, 2 unknown, word index + 3, each sample beginning with 1); or, for ``kind`` "columns", an array of
    shape (samples, columns) as published, unscaled, a Ragged of the columns that are not 0, with their values as
    weights, or the input columns of a person's own Table, with ``table`` on where they come from.
    ``groups``, where the person split by a group, is the number of each sample's group: int64 of shape (samples,).
    ``times``, where they split by time, is each sample's rank in time: int64 of shape (samples,).
    ``targets`` is int64 class numbers, or for regression float32, or float64 where they come from a person's file,
    of shape (samples,).
    ``vocabulary`` names the ids of text. ``ranked`` tells whether the ids are ranks of a published word
    index, of which a smaller vocabulary is the first part; otherwise a vocabulary is counted on training samples.
    ``original`` gives a sample's text as its source has it, where the source has it.
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
        """What a run records of its data."""
        split = self.split
        return DataFacts(
            self.name, self.source, len(split.train), len(split.validation), len(split.test), self.digest
        )


def take(samples: RawSamples, indices: NDArray[np.int64]) -> RawSamples:
    """The samples at these indices, copied."""
    return np.take(samples, indices, axis=0) if isinstance(samples, np.ndarray) else samples.take(indices)


def sample_at(samples: RawSamples, index: int) -> Any:
    """One sample: an array of word ids or numbers; of a Table or a Ragged with weights, a set of one."""
    if isinstance(samples, Table) or (isinstance(samples, Ragged) and samples.weights is not None):
        return samples.take(np.array([index]))
    return np.array(samples[index])


def stacked(samples: Sequence[Any]) -> Ragged | NDArray[Any]:
    """Samples of an array or a Ragged, as :func:`sample_at` gives them, in one."""
    if isinstance(samples[0], Ragged):
        return Ragged.joined(samples)
    return Ragged.of(samples) if samples[0].dtype.kind == "i" else np.stack(samples)
