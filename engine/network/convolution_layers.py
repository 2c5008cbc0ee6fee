"""A convolution followed by a global maximum, with a sparse gradient.

Let ``y[b, t, f]`` be a convolution, the sum over ``k`` and ``d`` of ``x[b, t + k, d] w[k, d, f]``, and ``m[b, f]``
its maximum over ``t``. If the derivative of the loss by ``m[b, f]`` is ``g[b, f]``, its derivative by ``y`` is
``g`` divided equally among the windows that reach the maximum, and 0 elsewhere. These values, one for each such
window and ``k``, are the entries of a sparse matrix ``S`` of shape (batch x steps, kernel size x filters). With
``X`` and ``W`` for inputs and kernel as matrices, the gradients are ``S W`` for the inputs and ``S' X`` for the
kernel.

Measured for 128 texts of 128 words of 32 values, 32 filters of size 5, on two cores: backward 2.8 instead of 5.7
ms, with 2.4 ms forward.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from engine.network.keras_private import custom_gradient
from engine.network.sparse_layers import narrow_product

RARE = 16
"""The sparse gradient is used if at most one window in this many reaches a maximum.

Otherwise the dense one is faster and needs less memory, as for texts that are mostly padding, whose windows are
all equal.
"""

MONOTONIC = ("linear", "relu")
"""Activations that commute with the maximum, with equal gradients for ties."""


class LargestConv1D(keras.layers.Conv1D):
    """``keras.layers.Conv1D`` before a ``GlobalMaxPooling1D``: outputs one step with each filter's maximum.

    The activation must be one of ``MONOTONIC``, the stride 1.
    """

    def call(self, inputs: Any) -> Any:
        """Map float32 of shape (batch, steps, channels) to (batch, 1, filters)."""
        size = self.kernel_size[0]
        if self.padding == "same":
            inputs = tf.pad(inputs, [[0, 0], [(size - 1) // 2, size // 2], [0, 0]])
        largest = largest_values(inputs, tf.convert_to_tensor(self.kernel))
        return self.activation(tf.nn.bias_add(largest, self.bias))[:, None]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return (batch, 1, filters), or zero steps if the kernel is longer than the sequence."""
        batch, steps, filters = super().compute_output_shape(input_shape)
        return batch, 1 if steps is None else min(steps, 1), filters


@custom_gradient
def largest_values(inputs: Any, kernel: Any) -> Any:
    """Return the maximum over all steps of a convolution without padding, of shape (batch, filters)."""
    with tf.GradientTape() as tape:
        tape.watch((inputs, kernel))
        values = tf.nn.convolution(inputs, kernel, padding="VALID")
    largest = tf.reduce_max(values, 1)

    def backward(upstream: Any) -> Any:
        reached = tf.equal(values, largest[:, None])
        windows = tf.where(reached)

        def dense() -> Any:
            shares = tf.cast(reached, tf.float32)
            shares *= (upstream / tf.reduce_sum(shares, 1))[:, None]
            return tape.gradient(values, (inputs, kernel), shares)

        few = tf.shape(windows)[0] <= tf.size(values) // RARE
        return tf.cond(few, lambda: _sparse_gradients(inputs, kernel, windows, upstream), dense)

    return largest, backward


def _sparse_gradients(inputs: Any, kernel: Any, windows: Any, upstream: Any) -> tuple[Any, Any]:
    """Return the gradients by inputs and kernel; ``windows`` are sample, step and filter of the maxima."""
    size, channels, filters = kernel.shape
    steps = tf.shape(inputs, tf.int64)[1]
    sample, first_step, filter_of = tf.unstack(windows, axis=1)
    maximum = sample * filters + filter_of
    ties = tf.math.unsorted_segment_sum(tf.ones_like(maximum, tf.float32), maximum, tf.size(upstream))
    shares = tf.gather(tf.reshape(upstream, [-1]) / ties, maximum)
    offsets = tf.range(size, dtype=tf.int64)
    rows = (sample * steps + first_step)[:, None] + offsets
    columns = filter_of[:, None] + offsets * filters
    entries = tf.SparseTensor(
        tf.stack([tf.reshape(rows, [-1]), tf.reshape(columns, [-1])], 1),
        tf.reshape(tf.broadcast_to(shares[:, None], tf.shape(rows)), [-1]),
        [tf.shape(inputs, tf.int64)[0] * steps, size * filters],
    )
    by_filter = tf.reshape(tf.transpose(kernel, [0, 2, 1]), [size * filters, channels])
    of_inputs = narrow_product(entries, by_filter)
    of_kernel = narrow_product(entries, tf.reshape(inputs, [-1, channels]), adjoint=True)
    of_kernel = tf.transpose(tf.reshape(of_kernel, [size, filters, channels]), [0, 2, 1])
    return tf.reshape(of_inputs, tf.shape(inputs)), of_kernel
