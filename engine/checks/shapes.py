"""Computes each layer's output shape and number of parameters without TensorFlow.

The rules are those of ``keras.layers``; a test compares them with Keras's own shapes and counts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine import datasets
from engine.experiment.model import Experiment, InputForm

Shape = tuple[int, ...]
Sizes = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class LayerOutline:
    """A layer's output shape for one sample, its number of parameters, and its problem if it cannot be used there.

    ``shape`` is None for a layer that is disabled, cannot be used or follows one that cannot; ``params`` is None
    if it depends on data that is not known yet.
    """

    shape: Shape | None
    params: int | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """The shape of a sample as the network reads it, an outline of each layer, and the number of known parameters.

    The shape is None if it is unknown before the data is read.
    """

    input: Shape | None
    layers: tuple[LayerOutline, ...]
    total: int

    @property
    def problem(self) -> str | None:
        """The first layer's problem, if any."""
        return next((one.problem for one in self.layers if one.problem), None)

    @property
    def complete(self) -> bool:
        """Whether all shapes and counts are known."""
        return self.input is not None and all(one.params is not None and not one.problem for one in self.layers)


class MisfitError(Exception):
    """Raised if a layer cannot be used in its position; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Input:
    """A layer's input: a sample's sizes, whether they are word ids, the form of the data, the number of ids."""

    sizes: Sizes
    ids: bool
    form: InputForm
    vocabulary: int


def outline(experiment: Experiment, columns: int | None = None) -> Outline:
    """Compute every layer's shape, parameters and problem; ``columns`` are those of a user's table, once known."""
    form, sizes = ("columns", (columns,)) if columns is not None else reading(experiment)
    given = _Input(sizes, form == "sequence", form, experiment.data.vocabulary)
    layers: list[LayerOutline] = []
    for layer in experiment.layers:
        if not layer.enabled or any(one.problem for one in layers):
            layers.append(LayerOutline(None, None if layer.enabled else 0))
            continue
        try:
            after, params = _RULES[layer.kind](layer, given)
        except MisfitError as misfit:
            layers.append(LayerOutline(None, None, str(misfit)))
            continue
        layers.append(LayerOutline(_known(after), params))
        given = _Input(after, False, form, experiment.data.vocabulary)
    _check_output(experiment, layers, given)
    return Outline(_known(sizes), tuple(layers), sum(one.params or 0 for one in layers))


def reading(experiment: Experiment) -> tuple[InputForm, Sizes]:
    """Return how the network reads a sample, and the sample's sizes (None for sizes that depend on the data)."""
    data = experiment.data
    entry = datasets.entry(data.dataset)
    if entry is not None and entry.kind == "columns":
        return "columns", (entry.columns,)
    if data.encoding == "sequence":
        return "sequence", (data.length,)
    known = entry is not None or data.text is not None or os.path.isdir(data.dataset)  # folders contain texts
    return "bag", (data.vocabulary if known else None,)


def _check_output(experiment: Experiment, layers: list[LayerOutline], given: _Input) -> None:
    """Add a problem to the last enabled layer unless the network outputs one number or vector per sample."""
    on = [index for index, layer in enumerate(experiment.layers) if layer.enabled]
    if on and len(given.sizes) > 1 and not any(one.problem for one in layers):
        last = layers[on[-1]]
        sizes = " x ".join("?" if size is None else f"{size:,}" for size in given.sizes)
        problem = (
            f"the network would give {sizes} numbers a sample: "
            "add global average pooling or Flatten, and a Dense output layer"
        )
        layers[on[-1]] = LayerOutline(last.shape, last.params, problem)


def _known(sizes: Sizes) -> Shape | None:
    found = tuple(size for size in sizes if size is not None)
    return found if len(found) == len(sizes) else None


Rule = Callable[[Any, _Input], tuple[Sizes, int | None]]


def _same(_layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    return given.sizes, 0


def _dense(layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    *before, width = given.sizes
    return (*before, layer.units), _times(width, layer.units, layer.units if layer.use_bias else 0)


def _per_channel(count: int) -> Rule:
    def rule(_layer: Any, given: _Input) -> tuple[Sizes, int | None]:
        return given.sizes, _times(given.sizes[-1], count)

    return rule


def _embedding(layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    if given.form == "columns":
        raise MisfitError("Embedding reads word ids, and this data has columns: use Dense layers")
    if given.form == "bag":
        raise MisfitError("Embedding reads word ids in their order: set the encoding to sequence")
    if not given.ids:
        raise MisfitError("Embedding reads word ids: make it the first layer")
    return (*given.sizes, layer.output_dim), given.vocabulary * layer.output_dim


def _spatial(_layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    _sequence("SpatialDropout1D", given)
    return given.sizes, 0


def _pooled(_layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    return (_sequence("Pooling", given)[1],), 0


def _flatten(_layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    sizes = _known(given.sizes)
    return (math.prod(sizes) if sizes else None,), 0


def _conv(layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    steps, width = _sequence("Conv1D", given)
    params = _times(width, layer.kernel_size * layer.filters, layer.filters)
    if layer.padding == "same":
        return (steps, layer.filters), params
    return (_windows("Conv1D", "kernel_size", steps, layer.kernel_size, 1), layer.filters), params


def _max_pooling(layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    steps, width = _sequence("MaxPooling1D", given)
    return (_windows("MaxPooling1D", "pool_size", steps, layer.pool_size, layer.pool_size), width), 0


def _windows(name: str, setting: str, steps: int | None, size: int, stride: int) -> int | None:
    if steps is None:
        return None
    if size > steps:
        raise MisfitError(
            f"{name} reads {size} steps at a time, and its input only has {steps}: lower its {setting}"
        )
    return (steps - size) // stride + 1


def _recurrent(layer: Any, given: _Input) -> tuple[Sizes, int | None]:
    cell = layer.layer if layer.kind == "bidirectional" else layer.kind
    ways = 2 if layer.kind == "bidirectional" else 1
    steps, width = _sequence({"lstm": "LSTM", "gru": "GRU"}.get(layer.kind, "Bidirectional"), given)
    units = layer.units
    gates, biases = (4, 1) if cell == "lstm" else (3, 2)
    params = _times(width, ways * gates * units, ways * gates * units * (units + biases))
    return ((steps, ways * units) if layer.return_sequences else (ways * units,)), params


def _sequence(name: str, given: _Input) -> tuple[int | None, int | None]:
    """Return the steps and channels of the input of a layer that needs both."""
    if len(given.sizes) == 2:
        return given.sizes[0], given.sizes[1]
    if given.ids:
        raise MisfitError(f"{name} reads a sequence of vectors, not of word ids: put an Embedding before it")
    if given.form == "sequence":
        raise MisfitError(
            f"{name} reads a sequence, and its input is one vector: move it below the layer that joins the "
            "steps, or let the recurrent layer before it return its sequence (return_sequences)"
        )
    if given.form == "columns":
        raise MisfitError(f"{name} reads a sequence, and this data has columns: use Dense layers")
    raise MisfitError(f"{name} reads a sequence: set the encoding to sequence, and put an Embedding before it")


def _times(width: int | None, factor: int, more: int = 0) -> int | None:
    return None if width is None else width * factor + more


_RULES: dict[str, Rule] = {
    "dense": _dense,
    "activation": _same,
    "dropout": _same,
    "spatial_dropout1d": _spatial,
    "batch_normalization": _per_channel(4),
    "layer_normalization": _per_channel(2),
    "embedding": _embedding,
    "global_average_pooling1d": _pooled,
    "global_max_pooling1d": _pooled,
    "flatten": _flatten,
    "conv1d": _conv,
    "max_pooling1d": _max_pooling,
    "lstm": _recurrent,
    "gru": _recurrent,
    "bidirectional": _recurrent,
}
