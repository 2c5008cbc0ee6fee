"""Dropout that draws the same random numbers in every graph."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import tensorflow as tf

PHILOX = 1
"""TensorFlow's number of the random generator that it uses on a CPU."""

SCRAMBLING_KEY = 0x02461E293EC8F720
"""The key that TensorFlow uses to derive a generator's key and counter from a seed."""

MANTISSA, ONE = 0x7FFFFF, 0x3F800000
"""Mask of the mantissa bits of a float32, and the bits of 1.0."""


class SameDropout(keras.layers.Dropout):
    """``keras.layers.Dropout`` on a CPU, with the same random numbers if XLA compiles the graph.

    By default, XLA uses another generator, another key for a seed, and other bits for a number.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Map float32 of any shape to the same shape."""
        if not training or not self.rate:
            return inputs
        seed = tf.math.floormod(self.seed_generator.next(), tf.int32.max - 1)  # as in Keras
        sampler = partial(_uniform, seed=tf.cast(seed, tf.uint64))
        return tf.nn.experimental.general_dropout(inputs, self.rate, sampler)


def _uniform(shape: Any, dtype: tf.DType, seed: Any) -> Any:
    """Equal ``tf.random.stateless_uniform`` for a seed of two uint64 numbers; each result has 23 random bits."""
    scrambled = _integers([2], [SCRAMBLING_KEY], seed, tf.uint64)
    bits = _integers(shape, scrambled[:1], tf.stack([0, scrambled[1]]), tf.uint32)
    return tf.cast(tf.bitcast(bits & MANTISSA | ONE, tf.float32) - 1, dtype)


def _integers(shape: Any, key: Any, counter: Any, dtype: tf.DType) -> Any:
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=shape, key=key, counter=counter, alg=PHILOX, dtype=dtype
    )
