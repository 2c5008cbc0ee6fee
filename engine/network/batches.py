"""Batches of encoded samples, gathered in a thread while TensorFlow trains on those before."""

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
"""Feeds of an evaluation are kept for the next one up to this size, so that memory does not grow with data."""

WINDOW_BATCHES = 32
"""Samples are sorted by length within so many batches: enough to be alike in length, few enough to stay mixed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Samples in one TensorFlow call: a feed, their targets (of shape (samples,)), and their number."""

    feed: tuple[Any, ...]
    targets: Any
    samples: int

    @property
    def bytes(self) -> int:
        """The memory that the tensors take."""
        return sum(tensor.dtype.size * int(tf.size(tensor)) for tensor in (*self.feed, self.targets))


@dataclass
class Feeder:
    """Gathers groups of samples of a data set; no thread remains when its loop is left."""

    adapter: InputAdapter
    samples: RawSamples
    targets: NDArray[np.floating[Any]]
    _kept: dict[tuple[int, int], list[Group]] = field(default_factory=dict, init=False)

    def groups(
        self, orders: Iterable[NDArray[np.int64]], size: Callable[[], int], batch: int | None = None
    ) -> Generator[Group, None, None]:
        """The samples in these orders, one after another, ``size()`` at a time and never of two orders.

        Each group is in batches of ``batch`` (None: one batch), and is gathered while the one before is in use:
        the first of an order while whatever follows the order before it, as an evaluation, is at work.
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
        """Samples in groups of ``size``, of similar length where that pays; small ones are kept for next time."""
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
    """The samples in an order that depends on the seed and the epoch alone.

    With ``lengths``, samples of similar length share a batch: windows of the order are sorted by length, and their
    batches are shuffled again.
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
