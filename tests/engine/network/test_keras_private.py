"""Private names of Keras stand in one file, and Keras still has them, meaning what they meant."""

from __future__ import annotations

import ast
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import engine
from engine.experiment.layers import (
    GRU,
    LSTM,
    Conv1D,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
)
from engine.network import keras_private
from engine.training.run import Run
from tests.engine import tiny

OUTPUT = Dense(units=1, activation="sigmoid")

ROOMS = ("network", "training", "prediction", "exporting")
HOME = "keras_private.py"


@pytest.mark.parametrize("kind", [keras.optimizers.RMSprop, keras.optimizers.Adam])
def test_an_optimizers_running_means_are_where_they_were(kind: type[keras.optimizers.Optimizer]) -> None:
    optimizer = kind(0.001, momentum=0.5) if kind is keras.optimizers.RMSprop else kind(0.001)
    variables = [keras.Variable(np.ones(3)), keras.Variable(np.ones((2, 2)))]
    optimizer.build(variables)
    optimizer.apply([np.full(3, 0.5, np.float32), np.full((2, 2), 0.5, np.float32)], variables)
    for name in ("momentums", "velocities"):
        try:
            found = getattr(keras_private, name)(optimizer)
        except AttributeError as error:
            pytest.fail(
                f"Keras {keras.__version__} moved {error.name} of {kind.__name__}: mend keras_private.{name}"
            )
        assert [tuple(slot.shape) for slot in found] == [(3,), (2, 2)], f"{kind.__name__}'s {name} changed"
        assert all(np.any(slot.numpy() != 0) for slot in found), f"{kind.__name__}'s {name} are not its means"


@pytest.mark.parametrize(
    ("encoding", "layers"),
    [
        ("multi-hot", (Dense(units=2),)),
        ("sequence", (Embedding(output_dim=2), GlobalAveragePooling1D())),
        ("sequence", (Embedding(output_dim=2, mask_zero=True), LSTM(units=2))),
        ("sequence", (Embedding(output_dim=2, mask_zero=True), GRU(units=2))),
        ("sequence", (Embedding(output_dim=2), Conv1D(filters=2, kernel_size=3), GlobalMaxPooling1D())),
    ],
    ids=lambda given: given if isinstance(given, str) else "-".join(layer.kind for layer in given),
)
def test_the_graphs_of_a_run_are_freed_with_it(encoding: str, layers: tuple[Layer, ...]) -> None:
    run = Run(tiny.experiment(*layers, OUTPUT, data={"encoding": encoding}, epochs=1), tiny.text())
    list(run)
    graphs = [weakref.ref(function.graph) for function in (run._steps._train, run._steps._evaluate)]
    del run
    gc.collect()
    assert [graph() for graph in graphs] == [None, None]


def test_no_other_file_uses_a_private_name_of_keras_or_tensorflow() -> None:
    found = [
        f"{path.name}:{line} {name}"
        for room in ROOMS
        for path in (Path(engine.__file__).parent / room).glob("*.py")
        if path.name != HOME
        for line, name in private_names(ast.parse(path.read_text()))
    ]
    assert not found, f"private names outside {HOME}: {found}"


def private_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Private attributes of other objects than ``self`` and ``cls``, and imports from private packages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield node.lineno, node.attr
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "tf.custom_gradient":
            yield node.lineno, "tf.custom_gradient, which keeps graphs: see keras_private.custom_gradient"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("keras.src", "tensorflow.python", "tensorflow.core")
        ):
            yield node.lineno, node.module or ""
