"""Shapes and parameters without TensorFlow, held to Keras's own."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.checks.shapes import outline
from engine.errors import TrainingError
from engine.experiment import layers as stack
from engine.experiment import toml_file as files
from engine.experiment.model import Data, Experiment
from engine.features import Features
from engine.features.bag import Bag
from engine.features.columns import Columns
from engine.features.sequence import Sequence

SEQUENCE = Data(encoding="sequence", length=12, vocabulary=50)
BAG = Data(vocabulary=50)
COLUMNS = Data(dataset="boston")


def problem(data: Data, *layers: stack.Layer) -> str:
    return outline(Experiment(data=data, layers=layers)).problem or ""


def features(data: Data) -> Features:
    """Features of the form and size that such data is given, without the data."""
    form = "columns" if data == COLUMNS else "sequence" if data == SEQUENCE else "bag"
    size = 13 if form == "columns" else data.vocabulary
    common: Any = {"task": "binary", "labels": ("no", "yes"), "names": ()}
    if form == "columns":
        ones = np.ones(size)
        return Columns(**common, method="none", center=ones, scale=ones, mean=ones)
    common |= {"vocabulary": size, "ids_of": np.empty(0, np.int32)}
    if form == "sequence":
        return Sequence(**common, length=data.length)
    return Bag(**common, bag_encoding=data.encoding)


LAYERS: tuple[stack.Layer, ...] = (
    stack.Dense(units=3),
    stack.Dense(units=2, use_bias=False, l2=0.1),
    stack.Dropout(),
    stack.Activation(),
    stack.BatchNormalization(),
    stack.LayerNormalization(),
    stack.Flatten(),
    stack.Embedding(output_dim=4),
    stack.GlobalAveragePooling1D(),
    stack.GlobalMaxPooling1D(),
    stack.Conv1D(filters=3, kernel_size=4),
    stack.Conv1D(filters=2, kernel_size=5, padding="same"),
    stack.MaxPooling1D(pool_size=3),
    stack.LSTM(units=2),
    stack.LSTM(units=3, return_sequences=True),
    stack.GRU(units=2),
    stack.GRU(units=3, return_sequences=True),
    stack.Bidirectional(units=2),
    stack.Bidirectional(layer="gru", units=3, return_sequences=True),
    stack.SpatialDropout1D(),
)


def stacks() -> list[tuple[Data, tuple[stack.Layer, ...]]]:
    """One stack for each layer that there is, on each form of data, and random longer ones."""
    made = [(data, (layer,)) for data in (BAG, COLUMNS) for layer in LAYERS]
    made += [(SEQUENCE, (stack.Embedding(output_dim=3), layer, stack.Flatten())) for layer in LAYERS]
    draw = random.Random(5)
    for _ in range(30):
        sequence = draw.random() < 0.7
        first = (stack.Embedding(output_dim=3),) if sequence else ()
        made.append(
            (SEQUENCE if sequence else draw.choice((BAG, COLUMNS)), first + tuple(draw.choices(LAYERS, k=4)))
        )
    return made


@pytest.mark.filterwarnings("ignore:Layer '.*was passed an input with a mask")
def test_shapes_and_counts_are_those_of_keras() -> None:
    from engine.network.build import build, plain

    built = 0
    for data, layers in stacks():
        experiment = Experiment(data=data, layers=layers)
        told = outline(experiment)
        try:
            weights = build(experiment, features(data)).weights()
        except TrainingError:
            assert told.problem, layers
            continue
        if told.problem:  # what Keras lets pass and makes no sense: word ids where there are none
            assert "word ids" in told.problem or "Embedding" in told.problem, layers
            continue
        model = plain(experiment, features(data), weights)
        assert [row.shape for row in told.layers] == [layer.output.shape[1:] for layer in model.layers], layers
        assert [row.params for row in told.layers] == [layer.count_params() for layer in model.layers], layers
        assert told.total == model.count_params()
        assert told.complete
        built += 1
    assert built >= 30


def test_the_baseline_has_the_course_s_parameters() -> None:
    told = outline(files.load("imdb"))
    assert told.input == (10_000,)
    assert [(row.shape, row.params) for row in told.layers] == [((16,), 160_016), ((16,), 272), ((1,), 17)]
    assert told.total == 160_305


def test_a_layer_that_is_switched_off_changes_nothing() -> None:
    off = stack.Dense(units=500, enabled=False)
    told = outline(Experiment(data=COLUMNS, layers=(off, stack.Dense(units=2), off)))
    assert [(row.shape, row.params) for row in told.layers] == [(None, 0), ((2,), 28), (None, 0)]
    assert told.total == 28


def test_of_a_table_of_one_s_own_only_what_follows_its_width_is_known() -> None:
    layers = (stack.Dense(units=4), stack.Dense(units=2))
    told = outline(Experiment(data=Data(dataset="mine.csv"), layers=layers))
    assert told.input is None
    assert [(row.shape, row.params) for row in told.layers] == [((4,), None), ((2,), 10)]
    assert told.total == 10
    assert not told.complete
    text = outline(Experiment(data=Data(dataset="mine.csv", text="review", vocabulary=50), layers=layers))
    assert text.input == (50,)
    assert text.complete


def test_nothing_is_said_of_layers_above_one_that_cannot_stand() -> None:
    told = outline(Experiment(data=SEQUENCE, layers=(stack.LSTM(), stack.LSTM(), stack.Dense())))
    assert [row.problem is not None for row in told.layers] == [True, False, False]
    assert [(row.shape, row.params) for row in told.layers] == [(None, None)] * 3


EMBEDDING = stack.Embedding(output_dim=4)


@pytest.mark.parametrize(
    ("data", "layers", "told"),
    [
        (
            SEQUENCE,
            (stack.LSTM(),),
            "LSTM reads a sequence of vectors, not of word ids: put an Embedding before it",
        ),
        (
            BAG,
            (stack.GRU(),),
            "GRU reads a sequence: set the encoding to sequence, and put an Embedding before it",
        ),
        (COLUMNS, (stack.Conv1D(),), "Conv1D reads a sequence, and this data has columns: use Dense layers"),
        (COLUMNS, (EMBEDDING,), "Embedding reads word ids, and this data has columns: use Dense layers"),
        (BAG, (EMBEDDING,), "Embedding reads word ids in their order: set the encoding to sequence"),
        (SEQUENCE, (EMBEDDING, EMBEDDING), "Embedding reads word ids: make it the first layer"),
        (SEQUENCE, (EMBEDDING, stack.LSTM(), stack.Bidirectional()), "return its sequence (return_sequences)"),
        (
            SEQUENCE,
            (EMBEDDING, stack.Conv1D(kernel_size=13)),
            "reads 13 steps at a time, and its input only has 12: lower",
        ),
        (SEQUENCE, (EMBEDDING, stack.MaxPooling1D(pool_size=20)), "lower its pool_size"),
        (
            SEQUENCE,
            (EMBEDDING, stack.Dense(units=1)),
            "would give 12 x 1 numbers a sample: add global average pooling",
        ),
    ],
)
def test_a_problem_says_what_to_do(data: Data, layers: tuple[stack.Layer, ...], told: str) -> None:
    assert told in problem(data, *layers)


def test_a_folder_of_one_s_own_holds_texts(tmp_path: Path) -> None:
    told = outline(Experiment(data=Data(dataset=str(tmp_path), vocabulary=50), layers=(stack.Dense(units=2),)))
    assert told.input == (50,)
    assert told.total == 102
