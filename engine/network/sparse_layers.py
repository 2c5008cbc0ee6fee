"""This project's own Keras layers for sparse input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from engine.network.keras_private import custom_gradient

WIDE = 32
"""Number of columns from which a sparse batch is multiplied in compressed-row format.

At this width ``tf.sparse.sparse_dense_matmul`` switches to another implementation, which is 5 times slower, while
compressed rows use all processors. 512 bags of 135 words times a matrix, and the transposed product of its
gradient, together, on one processor: in blocks of 16 columns 2.0 ms for 64 columns and 8.9 ms for 256, in
compressed rows 1.1 and 3.0 ms; at 16 columns 0.4 against 0.8 ms.
"""


NARROW = 16
"""Number of columns up to which ``tf.sparse.sparse_dense_matmul`` is fastest per column."""


class Product:
    """A sparse batch of shape (batch, words), to be multiplied by matrices with ``columns`` columns."""

    def __init__(self, bags: Any, columns: int) -> None:
        self._bags = bags
        self._columns = columns
        self._rows = _compressed(bags) if columns >= WIDE else None

    def forward(self, matrix: Any) -> Any:
        """Multiply the batch by a matrix of shape (words, columns)."""
        return self._times(self._rows, matrix, False)

    def adjoint(self, upstream: Any) -> Any:
        """Multiply the batch's transpose by a matrix of shape (batch, columns)."""
        return self._times(self._transposed, upstream, True)

    @cached_property
    def _transposed(self) -> Any:
        if self._rows is None:
            return None
        return tf.raw_ops.SparseMatrixTranspose(input=self._rows, type=tf.float32)

    def _times(self, rows: Any, matrix: Any, adjoint: bool) -> Any:
        if rows is None:
            made = tf.sparse.sparse_dense_matmul(self._bags, matrix, adjoint_a=adjoint)
        else:
            made = tf.raw_ops.SparseMatrixMatMul(a=rows, b=matrix)
        return tf.ensure_shape(made, [self._bags.shape[int(adjoint)], self._columns])


def _compressed(bags: Any) -> Any:
    return tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=bags.indices, values=bags.values, dense_shape=bags.dense_shape
    )


def product(bags: Any, matrix: Any) -> Any:
    """Multiply a sparse batch of shape (batch, words) by a matrix of shape (words, columns).

    Only the matrix has a gradient: the adjoint product.
    """

    @custom_gradient
    def multiplied(dense: Any) -> Any:
        return by.forward(dense), by.adjoint

    by = Product(bags, int(matrix.shape[-1]))
    return multiplied(tf.convert_to_tensor(matrix))


def narrow_product(entries: Any, matrix: Any, adjoint: bool = False) -> Any:
    """Multiply a sparse matrix with unordered entries, or its transpose (``adjoint``), by a dense matrix.

    Compressed rows would need ordered entries, and sorting takes longer than the product.
    """
    columns = matrix.shape[1]
    parts = [
        tf.sparse.sparse_dense_matmul(entries, matrix[:, first : first + NARROW], adjoint_a=adjoint)
        for first in range(0, columns, NARROW)
    ]
    return tf.concat(parts, 1)


def summed_rows(rows: Any, shape: Sequence[int]) -> tuple[Any, Any]:
    """Return the sum of ``tf.IndexedSlices`` as a dense tensor of shape ``shape``, and the sum of their squares.

    Both are products with the sparse matrix that has a 1 for each row at its index: together 1.3 ms with 16,384
    rows of 32 columns, where ``tf.math.unsorted_segment_sum`` takes 2.4 ms.
    """
    number = tf.size(rows.indices, tf.int64)
    indices = tf.stack([tf.range(number), tf.cast(rows.indices, tf.int64)], 1)
    bags = tf.SparseTensor(indices, tf.ones([number]), tf.stack([number, shape[0]]))
    bags.set_shape([None, shape[0]])
    by = Product(bags, shape[1])
    return by.adjoint(rows.values), by.adjoint(tf.square(rows.values))


class BagDense(keras.layers.Dense):
    """A Dense layer on a sparse batch of bags, whose products are sparse-dense ones.

    Keras's own Dense uses ``embedding_lookup_sparse``, which was measured 7 times slower forward and more
    backward. The weights are those of a ``keras.layers.Dense`` with the same arguments.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Map a sparse float32 tensor of shape (batch, words) to float32 of shape (batch, units)."""
        outputs = product(inputs, self.kernel)
        if self.bias is not None:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        """Return float32 of shape (batch, units)."""
        return keras.KerasTensor((inputs.shape[0], self.units), dtype="float32")


class EmbeddingMean(keras.layers.Embedding):
    """An Embedding and the mean over its steps as one sparse-dense product of shares and vectors.

    Each row of the sparse input batch holds each id's share of the mean. The weights are those of a
    ``keras.layers.Embedding`` with the same arguments, followed by ``GlobalAveragePooling1D``; measured on IMDB,
    training takes a third of the time.

    When an optimiser needs the square of an Embedding's gradient, Keras on TensorFlow squares it word by word
    before summing. ``squares`` holds that sum after a backward pass, so that training equals Keras's.
    """

    squares: Any = None

    def call(self, inputs: Any) -> Any:
        """Map a sparse float32 tensor of shape (batch, words) to float32 of shape (batch, output_dim)."""

        @custom_gradient
        def mean(vectors: Any) -> Any:
            def backward(upstream: Any) -> Any:
                squared = Product(inputs.with_values(tf.square(inputs.values)), self.output_dim)
                self.squares = squared.adjoint(tf.square(upstream))
                return by.adjoint(upstream)

            return by.forward(vectors), backward

        by = Product(inputs, self.output_dim)
        return mean(tf.convert_to_tensor(self.embeddings))

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return float32 of shape (batch, output_dim)."""
        return keras.KerasTensor((inputs.shape[0], self.output_dim), dtype="float32")

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return None: there are no steps left to mask."""


class Densify(keras.layers.Layer):
    """Converts a batch of bags to a dense tensor, for stacks whose first layer is not a Dense one.

    Only one batch at a time is dense.
    """

    def call(self, inputs: Any) -> Any:
        """Map a sparse tensor of shape (batch, words) to dense float32 of the same shape."""
        return tf.ensure_shape(tf.scatter_nd(inputs.indices, inputs.values, inputs.dense_shape), inputs.shape)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the input's shape, no longer sparse."""
        return keras.KerasTensor(inputs.shape, dtype="float32")
