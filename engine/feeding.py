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

from engine.datasets.dataset import Rows
from engine.network import Network

KEPT_BYTES = 64_000_000
"""Feeds of an evaluation are kept for the next one up to this size, so that memory does not grow with data."""


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

    network: Network
    rows: Rows
    targets: NDArray[np.float32]
    _kept: dict[tuple[int, int], list[Group]] = field(default_factory=dict, init=False)

    def groups(
        self, order: NDArray[np.int64], size: Callable[[], int], batch: int | None = None
    ) -> Iterator[Group]:
        """The rows in this order, ``size()`` at a time, of batches of ``batch`` rows (None: one batch a group)."""
        place = 0
        with ThreadPoolExecutor(1) as gatherer:

            def following() -> Future[Group] | None:
                return gatherer.submit(self._gather, order[place : place + size()], batch)

            ahead = following()
            while place < len(order):
                group = ahead.result()
                place += group.rows
                if place < len(order):
                    ahead = following()
                yield group

    def again(self, rows: NDArray[np.int64], size: int) -> Iterator[Group]:
        """The rows in groups of ``size``, kept from the first time on where they are small."""
        key = (id(rows), size)
        if key in self._kept:
            yield from self._kept[key]
            return
        kept: list[Group] | None = []
        total = 0
        for group in self.groups(rows, lambda: size):
            total += group.bytes
            if kept is not None:
                kept.append(group)
                kept = kept if total <= KEPT_BYTES else None
            yield group
        if kept is not None:
            self._kept[key] = kept

    def _gather(self, rows: NDArray[np.int64], batch: int | None) -> Group:
        feed = self.network.feed(take(self.rows, rows), batch)
        return Group(feed, tf.constant(self.targets[rows]), len(rows))


def take(rows: Rows, places: NDArray[np.int64]) -> Rows:
    """The encoded rows at these places, copied."""
    return rows[places] if isinstance(rows, np.ndarray) else rows.take(places)
