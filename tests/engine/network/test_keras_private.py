"""Private names of Keras stand in one file, and Keras still has them, meaning what they meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import engine
from engine.network import keras_private

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
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("keras.src", "tensorflow.python", "tensorflow.core")
        ):
            yield node.lineno, node.module or ""
