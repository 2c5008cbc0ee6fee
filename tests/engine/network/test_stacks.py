"""Stacks of layers trained, asked and exported: equal to bare Keras, and the same alone and in a batch."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest
import tensorflow as tf

from engine.experiment.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Dense,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    MaxPooling1D,
)
from engine.network import convolution_layers
from engine.network.padding_masks import drop_mask_quietly, ignores_padding
from tests.engine import tiny
from tests.engine.network.random_stacks import TOLERANCE, differences, random_experiment, written

OUTPUT = Dense(units=1, activation="sigmoid")
SEQUENCES = GRU(units=3, return_sequences=True)

pytestmark = [
    # Of a bare model, Keras warns that a layer drops the mask.
    pytest.mark.filterwarnings("ignore:Layer '.*was passed an input with a mask:UserWarning"),
    # Keras turns its variables into arrays in a way that NumPy 2 deprecates.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def little_work_per_graph() -> Iterator[None]:
    """Graphs as they are traced: they are too small for what optimising them takes."""
    before = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False} | before)
    keras.backend.clear_session()


@pytest.mark.parametrize("seed", range(30))
def test_a_random_stack_equals_bare_keras(seed: int) -> None:
    experiment = random_experiment(seed)
    found = differences(experiment)
    assert max(found.values()) < TOLERANCE, (written(experiment), found)


@pytest.mark.parametrize(
    "layers",
    [
        (SEQUENCES, Flatten()),
        (SEQUENCES, GlobalMaxPooling1D()),
        (SEQUENCES, MaxPooling1D(), Flatten()),
        (SEQUENCES, Conv1D(filters=3, kernel_size=2), GlobalAveragePooling1D()),
        (Bidirectional(layer="gru", units=2, return_sequences=True), GlobalMaxPooling1D()),
        (Conv1D(filters=3, kernel_size=2, activation="tanh"), GlobalAveragePooling1D()),
        (MaxPooling1D(), Bidirectional(layer="lstm", units=2)),
        (SEQUENCES, MaxPooling1D(), GRU(units=3)),
        (BatchNormalization(), GlobalAveragePooling1D()),
        (BatchNormalization(), LSTM(units=3)),
    ],
    ids=lambda layers: "-".join(layer.kind for layer in layers),
)
def test_padding_counts_where_it_counts_in_keras_and_nowhere_else(layers: tuple[Layer, ...]) -> None:
    stack = (Embedding(output_dim=4), *layers, OUTPUT)
    experiment = tiny.experiment(
        *stack, data={"encoding": "sequence", "length": 12}, optimizer="sgd", learning_rate=0.1, epochs=1
    )
    found = differences(experiment)
    assert max(found.values()) < TOLERANCE, found


@pytest.mark.parametrize("rare", [1, 1_000_000], ids=["sparse gradient", "dense gradient"])
@pytest.mark.parametrize(
    ("below", "optimizer"), [((), "rmsprop"), ((Conv1D(filters=3, kernel_size=2), MaxPooling1D()), "adam")]
)
def test_a_convolution_before_a_global_maximum_trains_as_in_keras(
    below: tuple[Layer, ...], optimizer: str, rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolution_layers, "RARE", rare)
    convolution = Conv1D(filters=4, kernel_size=3, padding="same", l2=0.01)
    stack = (Embedding(output_dim=33), *below, convolution, GlobalMaxPooling1D(), OUTPUT)
    experiment = tiny.experiment(
        *stack, data={"encoding": "sequence", "length": 12}, optimizer=optimizer, learning_rate=0.01, epochs=1
    )
    found = differences(experiment)
    assert max(found.values()) < TOLERANCE, found


@pytest.mark.parametrize(
    ("layers", "ignored"),
    [
        ([keras.layers.GlobalAveragePooling1D()], True),
        ([keras.layers.Dropout(0.1), keras.layers.BatchNormalization(), keras.layers.LSTM(3)], True),
        ([keras.layers.GRU(3, return_sequences=True), keras.layers.LSTM(3)], True),
        ([keras.layers.Bidirectional(keras.layers.GRU(3))], True),
        ([keras.layers.GRU(3, return_sequences=True), keras.layers.GlobalMaxPooling1D()], False),
        ([keras.layers.Conv1D(3, 2), keras.layers.GRU(3)], False),
        ([keras.layers.Dense(3), keras.layers.Flatten()], False),
        ([keras.layers.Dense(3)], False),
    ],
)
@pytest.mark.parametrize("masked", [True, False])
def test_padding_is_ignored_where_a_mask_reaches_the_layer_that_joins_the_steps(
    layers: list[keras.layers.Layer], ignored: bool, masked: bool
) -> None:
    embedding = keras.layers.Embedding(9, 4, mask_zero=masked)
    assert ignores_padding([embedding, *layers]) is (ignored and masked)
    for layer in layers:
        drop_mask_quietly(layer)
    assert ignores_padding([embedding, *layers]) is (ignored and masked)
