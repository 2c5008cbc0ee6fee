"""The one shape in which every source hands over its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.datasets.ragged import Ragged
from engine.datasets.text import Vocabulary
from engine.events import DataFacts

Kind = Literal["text", "columns"]
Task = Literal["binary", "classes", "regression"]
Rows = Ragged | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers (int64, each of shape (rows,)) for training, validation and test; no row is in two."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows and targets of one data set, and how they are split.

    ``rows`` is a Ragged of word ids over the whole vocabulary (``kind`` "text"; Keras's encoding: 0 padding,
    1 start, 2 unknown, word index + 3, each row beginning with 1), or float32 of shape (rows, columns)
    as published, unscaled. ``targets`` is int64 class numbers, or float32 for regression, of shape (rows,).
    ``vocabulary`` names the ids of text. ``ranked`` tells whether the ids are ranks of a published word
    index, of which a smaller vocabulary is the first part; otherwise a vocabulary is counted on training rows.
    ``original`` gives a row's text as its source has it, where the source has it.
    """

    name: str
    title: str
    kind: Kind
    task: Task
    rows: Rows
    targets: NDArray[np.int64] | NDArray[np.float32]
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

    @property
    def facts(self) -> DataFacts:
        """What a run records of its data."""
        split = self.split
        return DataFacts(
            self.name, self.source, len(split.train), len(split.validation), len(split.test), self.digest
        )


def take(rows: Rows, places: NDArray[np.int64]) -> Rows:
    """The encoded rows at these places, copied."""
    return rows[places] if isinstance(rows, np.ndarray) else rows.take(places)
