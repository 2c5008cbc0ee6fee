"""Splits samples into training, validation and test by the seed and the experiment's data alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Split
from engine.errors import DataError
from engine.experiment.model import Data

Numbers = NDArray[np.int64]


def keras_order(random: np.random.RandomState, count: int) -> Numbers:
    """The order in which Keras's data sets give their samples: shuffled by ``RandomState(113)``."""
    order = np.arange(count)
    random.shuffle(order)
    return order.astype(np.int64)


def stratified_order(targets: NDArray[np.int64], seed: int) -> Numbers:
    """An order of all samples of which every first part has the classes in the proportions of the whole."""
    random = np.random.default_rng(seed)
    grouped = np.argsort(targets.astype(np.int16) if targets.max(initial=0) < 2**15 else targets, kind="stable")
    indices, positions = np.empty(len(targets), np.int64), np.empty(len(targets))
    start = 0
    for size in filter(None, np.bincount(targets).tolist()):
        members = slice(start, start := start + size)
        indices[members][random.permutation(size)] = grouped[members]
        positions[members] = (np.arange(size) + 0.5) / size
    merged = np.argsort(positions, kind="stable")  # runs that are sorted already
    return _ties_shuffled(indices[merged], positions[merged], random.random(len(targets)))


def _ties_shuffled(indices: Numbers, positions: NDArray[np.float64], chance: NDArray[np.float64]) -> Numbers:
    """Indices in the order of ``positions``, which ascend; where those are equal, by the samples' ``chance``."""
    same = positions[1:] == positions[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    indices[tied] = indices[tied][np.lexsort((indices[tied], chance[indices[tied]], positions[tied]))]
    return indices


def order(targets: NDArray[np.int64] | NDArray[np.floating[Any]], seed: int) -> Numbers:
    """An order of all samples by the seed: stratified for class numbers, shuffled for numbers."""
    if targets.dtype.kind == "f":
        return np.random.default_rng(seed).permutation(len(targets)).astype(np.int64)
    return stratified_order(np.asarray(targets, np.int64), seed)


def split(pool: Numbers, test: Numbers, usual: int, data: Data) -> Split:
    """Samples for validation from the front of ``pool``, the rest for training.

    ``usual`` is the data set's own number of validation samples; ``data.rows`` shortens the pool, and the usual
    number with it. Raises DataError where no sample would be left to train on.
    """
    indices = pool[: data.rows]
    count = data.validation
    if not isinstance(count, int):
        own = usual * len(indices) / max(len(pool), 1)
        count = max(1, round(own if count is None else count * len(indices)))
    if count >= len(indices):
        raise DataError(
            f"data.validation = {data.validation} leaves no sample to train on: there are {len(indices):,} "
            "samples for training and validation together"
        )
    return Split(indices[count:], indices[:count], test)
