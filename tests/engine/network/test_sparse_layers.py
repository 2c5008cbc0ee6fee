"""The sparse product, and its gradient, against the dense one at every width."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.mark.parametrize("columns", [1, 16, 31, 32, 33, 70])
def test_a_sparse_product_equals_the_dense_one(columns: int) -> None:
    import tensorflow as tf

    from engine.network.sparse_layers import product

    random = np.random.default_rng(1)
    bags = (random.random((7, 50)) < 0.2) * random.random((7, 50)).astype(np.float32)
    matrix = tf.Variable(random.normal(size=(50, columns)).astype(np.float32))
    upstream = random.normal(size=(7, columns)).astype(np.float32)
    with tf.GradientTape() as tape:
        outputs = product(tf.sparse.from_dense(bags), matrix)
    gradient = tape.gradient(outputs, matrix, upstream)
    np.testing.assert_allclose(outputs, bags @ matrix.numpy(), atol=1e-5)
    np.testing.assert_allclose(gradient, bags.T @ upstream, atol=1e-5)
