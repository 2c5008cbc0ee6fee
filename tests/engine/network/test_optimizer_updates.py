"""The optimiser updates in fused operations, against Keras's own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.network.optimizer_updates import Update

WORDS, READ, UPDATES = 11, 40, 4

OPTIMIZERS = {
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "rmsprop with momentum": lambda: keras.optimizers.RMSprop(0.01, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "sgd with momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
}


def gradients(columns: int, seed: int) -> list[Any]:
    """Of words that were read, most of them several times and some not at all, and of a matrix."""
    random = np.random.default_rng(seed)
    values = tf.constant(random.normal(size=(READ, columns)).astype(np.float32))
    words = tf.constant(random.integers(0, WORDS - 3, READ).astype(np.int32))
    matrix = tf.constant(random.normal(size=(columns, 2)).astype(np.float32))
    return [tf.IndexedSlices(values, words, tf.constant([WORDS, columns])), matrix]


@pytest.mark.parametrize("columns", [1, 5, 40])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_updates_by_rows_that_were_read_several_times_are_those_of_keras(make: Any, columns: int) -> None:
    first = [np.ones(shape, np.float32) for shape in ((WORDS, columns), (columns, 2))]
    mine, theirs = ([keras.Variable(value) for value in first] for _ in range(2))
    fused, plain = make(), make()
    fused.build(mine)
    plain.build(theirs)
    update = Update(fused)
    for seed in range(UPDATES):
        update.apply(gradients(columns, seed), mine, {})
        plain.apply(gradients(columns, seed), theirs)
    pairs = zip([*mine, *fused.variables], [*theirs, *plain.variables], strict=True)
    for found, expected in pairs:
        np.testing.assert_allclose(found.value.numpy(), expected.value.numpy(), rtol=1e-5, atol=1e-6)
