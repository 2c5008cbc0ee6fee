"""Builds a Dataset from arrays of samples and targets, for data sets of columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import splits
from engine.datasets.catalogue import Entry
from engine.datasets.dataset import Dataset, Split
from engine.errors import DataError
from engine.experiment.model import Data


def dataset(
    entry: Entry, samples: NDArray[Any], targets: NDArray[Any], columns: Sequence[str], split: Split, source: str
) -> Dataset:
    """Build a catalogue data set of columns; its digest is a hash of the numbers."""
    numbers = np.ascontiguousarray(samples, np.float32)
    wanted = targets.astype(np.int64) if entry.classes else targets.astype(np.float32)
    return Dataset(
        name=entry.name,
        title=entry.title,
        kind="columns",
        task=entry.task,
        samples=numbers,
        targets=wanted,
        split=split,
        source=source,
        digest=digest(numbers, wanted),
        labels=entry.labels,
        columns=tuple(columns),
        target=entry.target,
        notes=entry.notes,
    )


def digest(*arrays: NDArray[Any]) -> str:
    """Return the SHA-256 of the concatenated bytes of arrays."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def fifths(targets: NDArray[Any], seed: int, data: Data) -> Split:
    """Hold out a fifth for testing and a fifth of the rest for validation; stratified for classes."""
    order = splits.order(targets, seed)
    test = round(len(order) / 5)
    pool = order[test:]
    return splits.split(pool, order[:test], round(len(pool) / 5), data)


def keras_split(count: int, data: Data) -> Split:
    """Keras's own split: shuffled with seed 113, four fifths for training, of which a fifth is for validation."""
    order = splits.keras_order(np.random.RandomState(113), count)
    train = int(count * 0.8)
    return splits.split(order[:train], order[train:], round(train / 5), data)


def checked(path: object, samples: NDArray[Any], targets: NDArray[Any], columns: int) -> None:
    """Raise DataError with the file's name unless every column and target is a finite number."""
    fits = (
        samples.ndim == 2 and samples.shape[1] == columns and targets.shape == (len(samples),) and len(samples) > 0
    )
    if not fits or not (np.isfinite(samples).all() and np.isfinite(targets).all()):
        raise DataError(f"{path} is not {columns} columns of numbers and a target each: get it again")
