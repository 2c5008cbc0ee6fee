"""What a feed of bags carries, and how the graph cuts batches from it."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from engine.datasets.ragged import Ragged
from engine.network.input_adapters import BLOCK, Bags
from engine.network.shared_arrays import aligned, shared
from engine.network.sparse_layers import Densify

WORDS = 40
LENGTHS = (0, 3, 16, 1, 0, 32, 5)


def _samples(lengths: tuple[int, ...] = LENGTHS) -> Ragged:
    chance = np.random.default_rng(3)
    samples = Ragged.of([np.sort(chance.choice(WORDS, length, replace=False)) for length in lengths])
    return Ragged(samples.values, samples.offsets, chance.random(len(samples.values), np.float32) + 1)


def _dense(samples: Ragged) -> np.ndarray:
    dense = np.zeros((len(samples), WORDS), np.float32)
    dense[np.repeat(np.arange(len(samples)), samples.lengths), samples.values] = samples.weights
    return dense


@pytest.mark.parametrize("size", [1, 2, 3, 7, None])
def test_every_batch_of_a_feed_holds_its_samples(size: int | None) -> None:
    samples, reader = _samples(), Bags(WORDS)
    feed = reader.feed(samples, size)
    step = size or len(samples)
    for first in range(0, len(samples), step):
        last = min(first + step, len(samples))
        inputs = reader.inputs(feed, tf.constant(first, tf.int64), tf.constant(last, tf.int64))
        np.testing.assert_array_equal(Densify()(inputs), _dense(samples)[first:last])


def test_batches_begin_where_tensorflow_cuts_without_copying() -> None:
    samples = _samples()
    indices, weights, offsets = Bags(WORDS).feed(samples, 2)
    assert not any(int(offsets[first]) % BLOCK for first in range(0, len(samples), 2))
    assert len(indices) == len(weights) == int(offsets[-1])
    assert len(weights) < len(samples.values) + 4 * BLOCK


def test_samples_without_ids_make_a_feed() -> None:
    reader = Bags(WORDS)
    inputs = reader.inputs(reader.feed(_samples((0, 0)), 2), tf.constant(0, tf.int64), tf.constant(2, tf.int64))
    np.testing.assert_array_equal(Densify()(inputs), np.zeros((2, WORDS)))


@pytest.mark.parametrize("shape", [(0, 2), (1, 2), (1000, 2)])
def test_a_shared_tensor_is_the_array_itself(shape: tuple[int, int]) -> None:
    array = aligned(shape, np.int64)
    array[:] = 1
    tensor = shared(array)
    array[:] = 2
    np.testing.assert_array_equal(tensor, np.full(shape, 2))
