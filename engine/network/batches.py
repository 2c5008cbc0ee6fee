"""Encoded rows on their way to the network: gathered ahead, in a thread, while TensorFlow trains on the last ones.

Importing this module imports TensorFlow: do it late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.datasets.dataset import Rows, take
from engine.network.readers import Reader

KEPT_BYTES = 64_000_000
"""Feeds of an evaluation are kept for the next one up to this size, so that memory does not grow with data."""

WINDOW_BATCHES = 32
"""Rows are sorted by length within so many batches: enough to be alike in length, few enough to stay mixed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows in one TensorFlow call: a feed, their targets (float32 of shape (rows,)), and their number."""

    feed: tuple[Any, ...]
    targets: Any
    rows: int

    @property
    def bytes(self) -> int:
        """The memory that the tensors take."""
        return sum(tensor.dtype.size * int(tf.size(tensor)) for tensor in (*self.feed, self.targets))


@dataclass
class Feeder:
    """Gathers groups of rows of a data set; leaves nothing running when its loop is left."""

    reader: Reader
    rows: Rows
    targets: NDArray[np.float32]
    _kept: dict[tuple[int, int], list[Group]] = field(default_factory=dict, init=False)

    def groups(
        self, order: NDArray[np.int64], size: Callable[[], int], batch: int | None = None
    ) -> Iterator[Group]:
        """The rows in this order, ``size()`` at a time, of batches of ``batch`` rows (None: one batch a group)."""
        if len(order) <= size():
            yield self._gather(order, batch)
            return
        with ThreadPoolExecutor(1) as gatherer:

            def gather(place: int) -> Future[Group]:
                return gatherer.submit(self._gather, order[place : place + size()], batch)

            place, ahead = 0, gather(0)
            while place < len(order):
                group = ahead.result()
                place += group.rows
                if place < len(order):
                    ahead = gather(place)
                yield group

    def again(self, rows: NDArray[np.int64], size: int) -> Iterator[Group]:
        """The rows in groups of ``size``, alike in length where that pays, kept where they are small."""
        key = (id(rows), size)
        lengths = self.reader.lengths(self.rows)
        if key in self._kept:
            yield from self._kept[key]
            return
        kept: list[Group] | None = []
        total = 0
        order = rows if lengths is None else rows[np.argsort(lengths[rows], kind="stable")]
        for group in self.groups(order, lambda: size):
            total += group.bytes
            if kept is not None:
                kept.append(group)
                kept = kept if total <= KEPT_BYTES else None
            yield group
        if kept is not None:
            self._kept[key] = kept

    def _gather(self, rows: NDArray[np.int64], batch: int | None) -> Group:
        feed = self.reader.feed(take(self.rows, rows), batch)
        return Group(feed, tf.constant(self.targets[rows]), len(rows))


def shuffled(
    rows: NDArray[np.int64], lengths: NDArray[np.int64] | None, batch: int, seed: int, epoch: int
) -> NDArray[np.int64]:
    """The rows in an order that depends on the seed and the epoch alone.

    With ``lengths``, rows of like length share a batch: each window of the order is sorted by length, and its
    batches are shuffled again.
    """
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(rows)
    if lengths is None:
        return order
    parts = []
    for place in range(0, len(order), window := batch * WINDOW_BATCHES):
        part = order[place : place + window]
        part = part[np.argsort(lengths[part], kind="stable")]
        whole = len(part) // batch * batch
        parts += [generator.permutation(part[:whole].reshape(-1, batch)).ravel(), part[whole:]]
    return np.concatenate(parts)
