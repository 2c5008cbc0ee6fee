"""A convolution before a pooling that takes its maximum: Keras's outputs and gradients, whatever windows tie."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine import features
from engine.errors import TrainingError
from engine.experiment.layers import (
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    MaxPooling1D,
)
from engine.network import convolution_layers
from engine.network.build import build
from engine.network.convolution_layers import LargestConv1D
from engine.system.drain import drain
from tests.engine import tiny

SAMPLES, STEPS = 5, 23

ALWAYS, NEVER = 1, 1_000_000
"""Values of ``RARE`` with which the sparse gradient is always taken, and never."""

REPEATED = np.arange(STEPS) % 4
ALIKE = np.zeros(STEPS, int)
PADDED = np.maximum(np.arange(STEPS) - 9, 0)
STEPS_TAKEN = {"distinct": np.arange(STEPS), "repeated": REPEATED, "padded": PADDED, "alike": ALIKE}
"""Which of its steps a sample consists of: where some are the same, windows tie."""


def results(layer: keras.layers.Layer, weights: list[np.ndarray], inputs: tf.Tensor) -> list[np.ndarray]:
    """The layer's largest values, and the gradients of their weighted sum by the inputs and each weight."""
    layer.build(inputs.shape)
    layer.set_weights(weights)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = tf.reduce_max(layer(inputs), 1)
        total = tf.reduce_sum(outputs * np.cos(np.arange(np.prod(outputs.shape))).reshape(outputs.shape))
    gradients = tape.gradient(total, [inputs, *(variable.value for variable in layer.weights)])
    return [np.asarray(value) for value in (outputs, *gradients)]


@pytest.mark.parametrize("steps", STEPS_TAKEN.values(), ids=STEPS_TAKEN.keys())
@pytest.mark.parametrize("rare", [ALWAYS, convolution_layers.RARE, NEVER])
@pytest.mark.parametrize(
    ("size", "channels", "filters", "padding", "activation"),
    [
        (1, 3, 1, "valid", "relu"),
        (2, 17, 4, "same", "linear"),
        (5, 33, 19, "same", "relu"),
        (STEPS, 2, 3, "valid", "linear"),
    ],
)
def test_outputs_and_gradients_are_those_of_keras(
    size: int, channels: int, filters: int, padding: str, activation: str, rare: int, steps: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(convolution_layers, "RARE", rare)
    random = np.random.default_rng(0)
    inputs = tf.constant(random.normal(size=(SAMPLES, STEPS, channels))[:, steps].astype(np.float32))
    weights = [random.normal(size=shape).astype(np.float32) for shape in ((size, channels, filters), (filters,))]
    found = [
        results(kind(filters, size, padding=padding, activation=activation), weights, inputs)
        for kind in (LargestConv1D, keras.layers.Conv1D)
    ]
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "largest_alone"),
    [
        ((Conv1D(), GlobalMaxPooling1D()), True),
        ((Conv1D(activation="linear"), GlobalMaxPooling1D()), True),
        ((Conv1D(activation="tanh"), GlobalMaxPooling1D()), False),
        ((Conv1D(activation="softmax"), GlobalMaxPooling1D()), False),
        ((Conv1D(), Dropout(), GlobalMaxPooling1D()), False),
        ((Conv1D(), MaxPooling1D(), Conv1D(), GlobalMaxPooling1D()), True),
    ],
)
def test_a_convolution_gives_its_largest_values_alone_only_where_they_are_all_that_is_wanted(
    layers: tuple[Layer, ...], largest_alone: bool
) -> None:
    experiment = tiny.experiment(Embedding(), *layers, Dense(units=1), data={"encoding": "sequence"})
    dataset = tiny.text()
    read = drain(features.fit(dataset, experiment.data, dataset.split.train))
    convolutions = [
        layer for layer in build(experiment, read).model.layers if isinstance(layer, keras.layers.Conv1D)
    ]
    assert isinstance(convolutions[-1], LargestConv1D) is largest_alone
    assert not any(isinstance(layer, LargestConv1D) for layer in convolutions[:-1])


@pytest.mark.parametrize(
    "layers",
    [
        (Conv1D(kernel_size=13), GlobalMaxPooling1D()),
        (Conv1D(kernel_size=14), GlobalMaxPooling1D()),
        (Conv1D(kernel_size=13), GlobalAveragePooling1D()),
        (MaxPooling1D(pool_size=13), GlobalMaxPooling1D()),
    ],
)
def test_a_layer_that_leaves_no_step_is_called_as_in_keras(layers: tuple[Layer, ...]) -> None:
    experiment = tiny.experiment(Embedding(), *layers, Dense(units=1), data={"encoding": "sequence", "length": 12})
    dataset = tiny.text()
    read = drain(features.fit(dataset, experiment.data, dataset.split.train))
    with pytest.raises(TrainingError, match=rf"layer 2 \({type(layers[0]).__name__}\) cannot be used there: "):
        build(experiment, read)
