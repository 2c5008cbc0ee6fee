"""Splits samples into training, validation and test, determined by the seed and the data settings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Split
from engine.errors import DataError
from engine.experiment.model import Data

Numbers = NDArray[np.int64]


def keras_order(random: np.random.RandomState, count: int) -> Numbers:
    """Return the order of samples in Keras's data sets, shuffled by ``RandomState(113)``."""
    order = np.arange(count)
    random.shuffle(order)
    return order.astype(np.int64)


def stratified_order(targets: NDArray[np.int64], seed: int) -> Numbers:
    """Return an order of all samples in which every leading part has the class proportions of the whole."""
    random = np.random.default_rng(seed)
    grouped = np.argsort(targets.astype(np.int16) if targets.max(initial=0) < 2**15 else targets, kind="stable")
    indices, positions = np.empty(len(targets), np.int64), np.empty(len(targets))
    start = 0
    for size in filter(None, np.bincount(targets).tolist()):
        members = slice(start, start := start + size)
        indices[members][random.permutation(size)] = grouped[members]
        positions[members] = (np.arange(size) + 0.5) / size
    merged = np.argsort(positions, kind="stable")  # consists of sorted runs
    return _ties_shuffled(indices[merged], positions[merged], random.random(len(targets)))


def _ties_shuffled(indices: Numbers, positions: NDArray[np.float64], chance: NDArray[np.float64]) -> Numbers:
    """Order indices by ``positions``, which ascend, and within equal positions by the samples' ``chance``."""
    same = positions[1:] == positions[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    indices[tied] = indices[tied][np.lexsort((indices[tied], chance[indices[tied]], positions[tied]))]
    return indices


def order(targets: NDArray[np.int64] | NDArray[np.floating[Any]], seed: int) -> Numbers:
    """Return an order of all samples determined by the seed: stratified for class numbers, else shuffled."""
    if targets.dtype.kind == "f":
        return np.random.default_rng(seed).permutation(len(targets)).astype(np.int64)
    return stratified_order(np.asarray(targets, np.int64), seed)


def split(pool: Numbers, test: Numbers, usual: int, data: Data) -> Split:
    """Split ``pool``: validation samples from the front, the rest for training.

    ``usual`` is the data set's own number of validation samples; ``data.rows`` shortens the pool and this number
    proportionally. Raises DataError if no training samples would be left.
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
