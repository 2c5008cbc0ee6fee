"""The faster recurrent layers: Keras's outputs and gradients, under any mask and in both directions."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.network.recurrent_layers import FusedGRU, FusedLSTM

SAMPLES, STEPS, CHANNELS, UNITS = 5, 7, 3, 4

MASKS = {
    "none": None,
    "padded in front": np.arange(STEPS) >= np.array([[0], [2], [6], [3], [1]]),
    "padded behind": np.arange(STEPS) < np.array([[7], [2], [6], [3], [1]]),
    "gaps": np.random.default_rng(1).random((SAMPLES, STEPS)) < 0.6,
    "a sample of padding alone": np.arange(STEPS) >= np.array([[7], [0], [2], [7], [1]]),
}


def results(layer: Any, weights: Any, inputs: Any, mask: Any) -> list[np.ndarray]:
    """The layer's outputs, and the gradients of their weighted sum by the inputs and each weight."""
    if not layer.built:
        layer.build(inputs.shape)
        layer.set_weights(weights)

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, mask=None if mask is None else tf.constant(mask))
        shares = np.cos(np.arange(np.prod(outputs.shape), dtype=np.float32)).reshape(outputs.shape)
        total = tf.reduce_sum(outputs * shares)
    gradients = tape.gradient(total, [inputs, *(variable.value for variable in layer.weights)])
    return [value.numpy() for value in (outputs, *gradients)]


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("every_step", [False, True, "zeros"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_outputs_and_gradients_are_those_of_keras(
    kind: str, every_step: bool | str, backwards: bool, mask: Any
) -> None:
    options = {
        "return_sequences": bool(every_step),
        "go_backwards": backwards,
        "bias_initializer": "random_normal",
    }
    options |= {"zero_output_for_mask": every_step == "zeros", "bias_initializer": "random_normal"}
    theirs = getattr(keras.layers, kind)(UNITS, **options)
    inputs = tf.constant(np.random.default_rng(0).normal(size=(SAMPLES, STEPS, CHANNELS)).astype(np.float32))
    theirs.build(inputs.shape)
    weights = [variable.numpy() for variable in theirs.weights]
    mine = {"LSTM": FusedLSTM, "GRU": FusedGRU}[kind](UNITS, **options)
    pairs = zip(results(mine, weights, inputs, mask), results(theirs, weights, inputs, mask), strict=True)
    for found, expected in pairs:
        np.testing.assert_allclose(found, expected, atol=1e-5)


def leave_memory_full() -> None:
    """Fill memory of the sizes of such layers' weights with what is not a number, and free it."""
    shapes = (
        (CHANNELS + UNITS, 4 * UNITS),
        (CHANNELS, 3 * UNITS),
        (UNITS, 3 * UNITS),
        (4 * UNITS,),
        (2, 3 * UNITS),
    )
    left = [tf.fill(shape, np.float32(np.nan)) for shape in shapes for _ in range(20)]
    left.clear()


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_sample_alone_trains_as_in_keras_though_one_half_of_its_batch_is_empty(kind: str) -> None:
    theirs, mine = getattr(keras.layers, kind)(UNITS), {"LSTM": FusedLSTM, "GRU": FusedGRU}[kind](UNITS)
    inputs = tf.constant(np.random.default_rng(0).normal(size=(1, STEPS, CHANNELS)).astype(np.float32))
    theirs.build(inputs.shape)
    weights = [variable.numpy() for variable in theirs.weights]
    expected = results(theirs, weights, inputs, None)
    for _ in range(5):
        leave_memory_full()
        for found, wanted in zip(results(mine, weights, inputs, None), expected, strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-5)
