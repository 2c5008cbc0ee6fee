"""Batches of encoded samples, prepared in a thread while TensorFlow trains on the ones before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.datasets.dataset import RawSamples, take
from engine.network.input_adapters import InputAdapter

KEPT_BYTES = 64_000_000
"""The feeds of an evaluation are cached up to this size, so that memory does not grow with the data."""

WINDOW_BATCHES = 32
"""Samples are sorted by length within windows of this many batches: similar lengths, yet still well mixed."""


@dataclass(frozen=True, slots=True)
class Group:
    """The samples of one TensorFlow call: a feed, targets of shape (samples,), and the number of samples."""

    feed: tuple[Any, ...]
    targets: Any
    samples: int

    @property
    def bytes(self) -> int:
        """The memory used by the tensors, in bytes."""
        return sum(tensor.dtype.size * int(tf.size(tensor)) for tensor in (*self.feed, self.targets))


@dataclass
class Feeder:
    """Gathers groups of samples of a data set; its thread ends when the loop over the groups is left."""

    adapter: InputAdapter
    samples: RawSamples
    targets: NDArray[np.floating[Any]]
    _kept: dict[tuple[int, int], list[Group]] = field(default_factory=dict, init=False)

    def groups(
        self, orders: Iterable[NDArray[np.int64]], size: Callable[[], int], batch: int | None = None
    ) -> Generator[Group, None, None]:
        """Yield the samples of each order in turn, ``size()`` samples at a time; a group never spans two orders.

        Each group consists of batches of ``batch`` samples (None: one batch) and is gathered while the one before
        is used. The first group of an order is gathered during whatever follows the previous order, such as an
        evaluation.
        """
        with ThreadPoolExecutor(1) as gatherer:
            ahead: Future[Group] | None = None
            for part in _parts(orders, size):
                following = gatherer.submit(self._gather, part, batch)
                if ahead is not None:
                    yield ahead.result()
                ahead = following
            if ahead is not None:
                yield ahead.result()

    def again(self, samples: NDArray[np.int64], size: int) -> Iterator[Group]:
        """Yield samples in groups of ``size``, sorted by length where that is faster; small data is cached."""
        key = (id(samples), size)
        if key in self._kept:
            yield from self._kept[key]
            return
        lengths = self.adapter.lengths(self.samples)
        kept: list[Group] | None = []
        total = 0
        order = samples if lengths is None else samples[np.argsort(lengths[samples], kind="stable")]
        for group in self.groups([order], lambda: size):
            total += group.bytes
            if kept is not None:
                kept.append(group)
                kept = kept if total <= KEPT_BYTES else None
            yield group
        if kept is not None:
            self._kept[key] = kept

    def _gather(self, samples: NDArray[np.int64], batch: int | None) -> Group:
        feed = self.adapter.feed(take(self.samples, samples), batch)
        return Group(feed, tf.constant(self.targets[samples]), len(samples))


def _parts(orders: Iterable[NDArray[np.int64]], size: Callable[[], int]) -> Iterator[NDArray[np.int64]]:
    for order in orders:
        start = 0
        while start < len(order):
            part = order[start : start + size()]
            start += len(part)
            yield part


def shuffled(
    samples: NDArray[np.int64], lengths: NDArray[np.int64] | None, batch: int, seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return the samples in an order that depends only on the seed and the epoch.

    With ``lengths``, samples of similar length share a batch: windows of the order are sorted by length, and their
    batches are shuffled.
    """
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(samples)
    if lengths is None:
        return order
    parts = []
    for start in range(0, len(order), window := batch * WINDOW_BATCHES):
        part = order[start : start + window]
        part = part[np.argsort(lengths[part], kind="stable")]
        whole = len(part) // batch * batch
        parts += [generator.permutation(part[:whole].reshape(-1, batch)).ravel(), part[whole:]]
    return np.concatenate(parts)
