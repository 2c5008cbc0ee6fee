"""Encodes samples in NumPy as the tensors of a feed, from which the graph slices batches.

A feed contains several batches, so that one TensorFlow call trains on all of them.

Measured on the IMDB baseline (two cores): index arrays built in NumPy and sliced in the graph cost a fifth of
building them in the graph; a NumPy array passed to a compiled function costs far more than a constant made from
it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.datasets.dataset import RawSamples
from engine.datasets.ragged import Ragged
from engine.network.shared_arrays import aligned, shared

Feed = tuple[Any, ...]

BLOCK = 16
"""Batches of bags start at multiples of this many ids.

Weights and indices then start and end at multiples of 64 bytes, so that TensorFlow slices them without copying,
which saves 0.25 of 1.15 ms per step.
"""

CALL_SAMPLES = 4096
"""Maximum number of samples in one TensorFlow call, so that its memory does not grow with the data."""

CALL_BYTES = 1 << 20
"""A call takes more than CALL_SAMPLES samples of columns if they fit into this many bytes.

A call costs as much as several steps.
"""


class InputAdapter(ABC):
    """Converts encoded samples to a model's input."""

    sparse = False
    dtype = "float32"

    @property
    def call_samples(self) -> int:
        """Maximum number of samples in one TensorFlow call."""
        return CALL_SAMPLES

    @property
    @abstractmethod
    def shape(self) -> tuple[int | None, ...]:
        """The shape of one sample as the model's input."""

    @property
    @abstractmethod
    def signature(self) -> Feed:
        """The tensor specifications of a feed."""

    @abstractmethod
    def arrays(self, samples: Any, batch_size: int | None) -> tuple[NDArray[Any], ...]:
        """Return the arrays of a feed of encoded ``samples``, in batches of ``batch_size`` (None: one batch)."""

    @abstractmethod
    def inputs(self, feed: Feed, first: Any, last: Any) -> Any:
        """Return the model's input for the samples ``first`` to ``last`` (int64 tensors) of a feed."""

    def lengths(self, samples: RawSamples) -> NDArray[np.int64] | None:
        """Return each sample's number of steps if shorter batches are cheaper, else None."""
        return None

    def feed(self, samples: RawSamples, batch_size: int | None = None) -> Feed:
        """Return the tensors of a feed of encoded ``samples``."""
        return tuple(tf.constant(array) for array in self.arrays(samples, batch_size))


@dataclass(frozen=True)
class Columns(InputAdapter):
    """Dense float32 samples of shape (columns,)."""

    columns: int

    @property
    def call_samples(self) -> int:
        return max(CALL_SAMPLES, CALL_BYTES // (4 * self.columns))

    @property
    def shape(self) -> tuple[int]:
        return (self.columns,)

    @property
    def signature(self) -> Feed:
        return (tf.TensorSpec([None, self.columns], tf.float32),)

    def arrays(self, samples: NDArray[np.float32], batch_size: int | None) -> tuple[NDArray[Any], ...]:
        return (samples,)

    def inputs(self, feed: Feed, first: Any, last: Any) -> Any:
        return feed[0][first:last]


@dataclass(frozen=True)
class Bags(InputAdapter):
    """Sparse float32 samples of shape (words,), from ragged samples of distinct ids.

    A feed consists of the indices (int64 of shape (ids, 2): the sample within its batch, and the word), the ids'
    weights (float32), and the samples' offsets into both (int64). Ids of weight 0 pad each batch to a multiple of
    ``BLOCK`` ids.
    """

    size: int
    sparse = True

    @property
    def shape(self) -> tuple[int]:
        return (self.size,)

    @property
    def signature(self) -> Feed:
        indices = tf.TensorSpec([None, 2], tf.int64)
        return indices, tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.int64)

    def feed(self, samples: Any, batch_size: int | None = None) -> Feed:
        return tuple(shared(array) for array in self.arrays(samples, batch_size))

    def arrays(self, samples: Ragged, batch_size: int | None) -> tuple[NDArray[Any], ...]:
        size = batch_size or max(len(samples), 1)
        batches = [samples.part(first, first + size) for first in range(0, len(samples), size)]
        starts = np.cumsum([0, *(-(-len(batch.values) // BLOCK) * BLOCK for batch in batches)])
        indices = aligned((starts[-1], 2), np.int64)
        weights = aligned((starts[-1],), np.float32)
        offsets = aligned((len(samples) + 1,), np.int64)
        offsets[-1] = starts[-1]
        for number, batch in enumerate(batches):
            start, end = starts[number : number + 2]
            offsets[number * size : number * size + len(batch)] = start + batch.offsets[:-1]
            _write(batch, indices[start:end], weights[start:end])
        return indices, weights, offsets

    def inputs(self, feed: Feed, first: Any, last: Any) -> Any:
        indices, weights, offsets = feed
        start, end = offsets[first], offsets[last]
        blocks = tf.reshape(indices, [-1, BLOCK, 2])[start // BLOCK : end // BLOCK]
        shape = tf.stack([last - first, self.size])
        inputs = tf.SparseTensor(tf.reshape(blocks, [-1, 2]), weights[start:end], shape)
        inputs.set_shape([None, self.size])
        return inputs


def _write(batch: Ragged, indices: NDArray[np.int64], weights: NDArray[np.float32]) -> None:
    """Write a batch's ids and weights, padded with ids of weight 0 in its last sample."""
    ids = len(batch.values)
    indices[:ids, 0] = np.repeat(np.arange(len(batch)), batch.lengths)
    indices[:ids, 1] = batch.values
    weights[:ids] = 1 if batch.weights is None else batch.weights
    indices[ids:] = len(batch) - 1, 0
    weights[ids:] = 0


@dataclass(frozen=True)
class MeanBags(Bags):
    """The ids of padded sequences, weighted by their share in the mean of an Embedding's steps.

    With ``masked``, padding is excluded from the mean; otherwise it counts as id 0.
    """

    length: int
    masked: bool

    def arrays(self, samples: Ragged, batch_size: int | None) -> tuple[NDArray[Any], ...]:
        kept = samples.last(self.length).without(0)  # arrays of ids supplied by users are already padded
        lengths = np.maximum(kept.lengths, 1)
        shares = (1 / np.repeat(lengths, kept.lengths)).astype(np.float32)
        if not self.masked:
            kept = Ragged.of([*pad(samples, self.length)])
            shares = np.full(len(kept.values), 1 / self.length, np.float32)
        return super().arrays(Ragged(kept.values, kept.offsets, shares), batch_size)


@dataclass(frozen=True)
class Sequences(InputAdapter):
    """int32 samples of shape (length,), padded in front with 0.

    With ``trims``, used if padding is ignored, a batch is only as long as its longest sample. A feed consists of
    the padded samples and their lengths (int64).
    """

    length: int
    trims: bool
    dtype = "int32"

    @property
    def shape(self) -> tuple[int | None]:
        return (None if self.trims else self.length,)

    @property
    def signature(self) -> Feed:
        return tf.TensorSpec([None, *self.shape], tf.int32), tf.TensorSpec([None], tf.int64)

    def lengths(self, samples: RawSamples) -> NDArray[np.int64] | None:
        return np.minimum(samples.lengths, self.length) if self.trims and isinstance(samples, Ragged) else None

    def arrays(self, samples: Ragged, batch_size: int | None) -> tuple[NDArray[Any], ...]:
        lengths = np.clip(samples.lengths, 1, self.length)
        longest = int(lengths.max(initial=1))
        return pad(samples, longest if self.trims else self.length), lengths

    def inputs(self, feed: Feed, first: Any, last: Any) -> Any:
        ids, lengths = feed
        if not self.trims:
            return ids[first:last]
        width = tf.shape(ids, tf.int64)[1]
        return ids[first:last, width - tf.reduce_max(lengths[first:last]) :]


def pad(samples: Ragged, length: int) -> NDArray[np.int32]:
    """Return samples as int32 of shape (samples, length), padded in front with 0 (``keras.utils.pad_sequences``).

    Samples longer than ``length`` keep their last ids.
    """
    kept = samples.last(length)
    padded = np.zeros((len(samples), length), np.int32)
    padded[np.arange(length) >= length - kept.lengths[:, None]] = kept.values
    return padded
