"""Keras layers of this project's own. Importing this module imports TensorFlow: do it late."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

NARROW = 16
"""Columns that a sparse batch is multiplied with at once.

From 32 columns on, ``tf.sparse.sparse_dense_matmul`` takes another way, 5 times slower: 512 bags of 132 words
by 31 columns take 0.8 ms, by 32 columns 4.2 ms, by 16 columns twice 0.8 ms; by 256 columns 28 ms, by 16 columns
16 times 7 ms; the adjoint likewise.
"""


def product(bags: Any, matrix: Any) -> Any:
    """A sparse batch of shape (batch, words) times a matrix of shape (words, columns).

    The gradient is the matrix's alone: the adjoint product.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def multiplied(dense: Any) -> Any:
        def backward(upstream: Any) -> Any:
            return _by_columns(bags, upstream, columns, adjoint=True)

        return _by_columns(bags, dense, columns), backward

    columns = int(matrix.shape[-1])
    return multiplied(tf.convert_to_tensor(matrix))


def _by_columns(bags: Any, matrix: Any, columns: int, adjoint: bool = False) -> Any:
    width = NARROW if columns >= 2 * NARROW else columns
    parts = [
        tf.sparse.sparse_dense_matmul(bags, matrix[:, place : place + width], adjoint_a=adjoint)
        for place in range(0, columns, width)
    ]
    return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)


class BagDense(keras.layers.Dense):
    """A Dense layer that reads a sparse batch of bags: a sparse-dense product, and its adjoint for the kernel.

    Keras's own Dense goes through ``embedding_lookup_sparse`` there, which measured 7 times slower forward and
    more backward. The weights are those of a ``keras.layers.Dense`` of the same arguments.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """A sparse float32 tensor of shape (batch, words) -> float32 of shape (batch, units)."""
        outputs = product(inputs, self.kernel)
        if self.bias is not None:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        """float32 of shape (batch, units)."""
        return keras.KerasTensor((inputs.shape[0], self.units), dtype="float32")


class EmbeddingMean(keras.layers.Embedding):
    """An Embedding and the mean over its steps, in one sparse-dense product of shares and vectors.

    It reads a sparse batch whose row holds each id's share of the mean. The weights are those of a
    ``keras.layers.Embedding`` of the same arguments, followed by ``GlobalAveragePooling1D``; measured on IMDB,
    training takes a third of the time.

    Keras on TensorFlow squares an Embedding's gradient word by word before it sums, where an optimiser wants
    its square. ``squares`` holds that sum after a backward pass, so that training equals Keras's.
    """

    squares: Any = None

    def call(self, inputs: Any) -> Any:
        """A sparse float32 tensor of shape (batch, words) -> float32 of shape (batch, output_dim)."""

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def mean(vectors: Any) -> Any:
            def backward(upstream: Any) -> Any:
                squared = inputs.with_values(tf.square(inputs.values))
                self.squares = _by_columns(squared, tf.square(upstream), self.output_dim, adjoint=True)
                return _by_columns(inputs, upstream, self.output_dim, adjoint=True)

            return _by_columns(inputs, vectors, self.output_dim), backward

        return mean(tf.convert_to_tensor(self.embeddings))

    def compute_output_spec(self, inputs: Any) -> Any:
        """float32 of shape (batch, output_dim)."""
        return keras.KerasTensor((inputs.shape[0], self.output_dim), dtype="float32")

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Nothing is left to mask."""


class Densify(keras.layers.Layer):
    """A batch of bags as a dense tensor, for stacks whose first layer is not a Dense one.

    Only one batch at a time is ever dense.
    """

    def call(self, inputs: Any) -> Any:
        """A sparse tensor of shape (batch, words) -> float32 of the same shape."""
        return tf.sparse.to_dense(inputs, validate_indices=False)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The input's shape, no longer sparse."""
        return keras.KerasTensor(inputs.shape, dtype="float32")
