"""Builds an experiment's Keras model and the input adapter that converts samples to the model's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import TrainingError
from engine.experiment import layers as stack
from engine.experiment.model import Experiment
from engine.features import Features
from engine.features.target import UNSCALED, TargetScaling
from engine.network.convolution_layers import MONOTONIC, LargestConv1D
from engine.network.dropout_layer import SameDropout
from engine.network.input_adapters import Bags, Columns, InputAdapter, MeanBags, Sequences
from engine.network.optimizer_updates import SQUARED
from engine.network.padding_masks import drop_mask_quietly, ignores_padding
from engine.network.recurrent_layers import FusedGRU, FusedLSTM
from engine.network.sparse_layers import BagDense, Densify, EmbeddingMean

Weights = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A Keras model, its input adapter, and the scaling of its target."""

    model: keras.Model
    adapter: InputAdapter
    target: TargetScaling = UNSCALED

    @property
    def outputs(self) -> int:
        """The number of output units."""
        return int(self.model.output_shape[-1])

    def weights(self) -> Weights:
        """A copy of all weights, trainable or not, in Keras's order."""
        return copies(self.model.weights)

    def set_weights(self, weights: Sequence[NDArray[Any]]) -> None:
        """Load weights in Keras's order; raises TrainingError if their shapes differ."""
        if [w.shape for w in weights] != [tuple(variable.shape) for variable in self.model.weights]:
            raise TrainingError("the saved weights belong to another network: their shapes differ")
        for variable, value in zip(self.model.weights, weights, strict=True):
            variable.assign(value)


def seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Make dropout depend only on the seed and the epoch, so that a resumed run equals an uninterrupted one."""
    found = [getattr(layer, "seed_generator", None) for layer in model.layers]
    for number, generator in enumerate(generator for generator in found if generator is not None):
        state = np.random.SeedSequence((seed, epoch, number)).generate_state(2)
        generator.state.assign(state.astype("uint32"))


def copies(variables: Sequence[Any]) -> Weights:
    """Return copies of the values of Keras variables."""
    return tuple(variable.value.numpy() for variable in variables)


def build(
    experiment: Experiment, features: Features, vectors: Mapping[str, NDArray[np.float32]] | None = None
) -> Network:
    """Build the network of an experiment with weights initialised from its seed.

    ``vectors`` are initial weights for Embeddings, by the name of their file; see
    :mod:`engine.datasets.word_vectors`. Raises TrainingError if the stack is invalid for such data or does not fit
    the targets.
    """
    specs = experiment.stack
    if not specs:
        raise TrainingError("the stack has no layer: add one (a), for instance a Dense output layer")
    layers = _layers(experiment, features, vectors or {}, fused_classes())
    adapter = _adapter(experiment, features, layers)
    if isinstance(adapter, MeanBags):
        layers[:2] = [EmbeddingMean.from_config(_embedding_config(layers[0]))]
    elif isinstance(adapter, Bags):
        layers[:1] = _reading_bags(layers[0])
    model = _assemble(layers, adapter.shape, adapter.dtype, adapter.sparse)
    return Network(model, adapter, features.target)


def plain(experiment: Experiment, features: Features, weights: Sequence[NDArray[Any]]) -> keras.Model:
    """Return the same network as a plain Keras model for dense arrays, with the given weights.

    It can be loaded without this project; used for export as a ``.keras`` file.
    """
    dtype = "int32" if features.form == "sequence" else "float32"
    model = _assemble(_layers(experiment, features, {}, {}), features.shape, dtype)
    model.set_weights(list(weights))
    return model


def _adapter(experiment: Experiment, features: Features, layers: Sequence[Any]) -> InputAdapter:
    """Return the input adapter for the form of the data; it omits padding that the first layers ignore."""
    if features.form == "columns":
        return Columns(features.shape[0])
    if features.form == "bag":
        return Bags(features.shape[0])
    averaged = [spec.kind for spec in experiment.stack[:2]] == ["embedding", "global_average_pooling1d"]
    masked = ignores_padding(layers)
    if averaged and experiment.training.optimizer in SQUARED:
        return MeanBags(features.size, features.shape[0], masked)
    return Sequences(features.shape[0], masked)


def _assemble(
    layers: Sequence[Any], shape: tuple[int | None, ...], dtype: str, sparse: bool = False
) -> keras.Model:
    model = keras.Sequential([keras.Input(shape=shape, dtype=dtype, sparse=sparse)])
    for position, layer in enumerate(layers, 1):
        try:
            model.add(layer)
            if any(length is not None and length < 1 for length in model.output_shape[1:]):
                raise ValueError("what reaches it is too short")  # like Keras's own message since 3.15
        except (ValueError, TypeError) as error:
            reason = str(error).strip().split("\n")[0]
            number = position - isinstance(layers[0], Densify)
            raise TrainingError(f"layer {number} ({_kind(layer)}) cannot be used there: {reason}") from error
    if len(model.output_shape) != 2:
        raise TrainingError(
            f"the network has {len(model.output_shape) - 1} axes per sample, {model.output_shape[1:]}, not one: "
            "add a pooling or Flatten layer before the output"
        )
    return model


def _kind(layer: Any) -> str:
    """Return Keras's name for a layer, also for the classes that replace Keras's own."""
    return next(one.__name__ for one in type(layer).__mro__ if hasattr(keras.layers, one.__name__))


def fused_classes() -> Mapping[str, Any]:
    """Return classes that train a kind of layer faster than Keras's; none on a GPU, where Keras uses cuDNN."""
    if on_gpu():
        return {}
    return {"lstm": FusedLSTM, "gru": FusedGRU, "conv1d": LargestConv1D, "dropout": SameDropout}


def on_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def _layers(
    experiment: Experiment, features: Features, vectors: Mapping[str, Any], classes: Mapping[str, Any]
) -> list[Any]:
    """Return the stack's layers, not yet built; ``classes`` replace Keras's own for some kinds."""
    specs = experiment.stack
    layers = [
        _layer(spec, features, vectors, _fitting(spec, following, classes), (experiment.seed, number))
        for number, (spec, following) in enumerate(zip_longest(specs, specs[1:]))
    ]
    for layer in layers:
        drop_mask_quietly(layer)
    return layers


def _fitting(spec: Any, following: Any, classes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the classes that can replace a layer; a convolution's only before a global max pooling."""
    pooled = isinstance(following, stack.GlobalMaxPooling1D)
    if isinstance(spec, stack.Conv1D) and not (pooled and spec.activation in MONOTONIC):
        return {}
    return classes


def _reading_bags(layer: Any) -> list[Any]:
    """Return the first layers of a stack that reads sparse batches."""
    if isinstance(layer, keras.layers.Dense):
        return [BagDense.from_config(layer.get_config())]
    return [Densify(), layer]


def _embedding_config(layer: Any) -> dict[str, Any]:
    config: dict[str, Any] = layer.get_config()
    return config | {"embeddings_initializer": layer.embeddings_initializer}


def _layer(
    spec: Any, features: Features, vectors: Mapping[str, Any], classes: Mapping[str, Any], seed: tuple[int, ...]
) -> Any:
    """Return the Keras layer for a layer of the experiment."""
    arguments = _drawn(spec.kind, seed) | spec.model_dump(
        exclude={"kind", "enabled", "l1", "l2", "vectors", "layer"}
    )
    if isinstance(spec, stack.Regularised):
        arguments["kernel_regularizer"] = _regularizer(spec.l1, spec.l2)
    if isinstance(spec, stack.Embedding):
        arguments["input_dim"] = features.size
        if spec.vectors and spec.vectors in vectors:
            arguments["embeddings_initializer"] = keras.initializers.Constant(vectors[spec.vectors])
    if isinstance(spec, stack.Bidirectional):
        kind = classes.get(spec.layer) or _keras(spec.layer)
        ways = [kind(**arguments, **_drawn(spec.layer, (*seed, way)), go_backwards=bool(way)) for way in (0, 1)]
        return keras.layers.Bidirectional(ways[0], backward_layer=ways[1])
    return (classes.get(spec.kind) or _keras(spec.kind))(**arguments)


def _drawn(kind: str, seed: tuple[int, ...]) -> dict[str, Any]:
    """Return Keras's default initialisers and dropout seeds, all derived from the experiment's seed.

    By default, Keras draws these seeds from Python's global generator, which other threads use at the same time,
    such as those of a Dask worker or another run in the process.
    """
    numbers = (np.random.SeedSequence(seed).generate_state(2) >> 1).tolist()
    found = zip(_DRAWN.get(kind, ()), numbers, strict=False)
    return {name: make(number) if make is int else make(seed=number) for (name, make), number in found}


_KERNEL = ("kernel_initializer", keras.initializers.GlorotUniform)
_RECURRENT = (_KERNEL, ("recurrent_initializer", keras.initializers.Orthogonal))
_DRAWN: dict[str, tuple[tuple[str, Any], ...]] = {
    "dense": (_KERNEL,),
    "conv1d": (_KERNEL,),
    "dropout": (("seed", int),),
    "spatial_dropout1d": (("seed", int),),
    "embedding": (("embeddings_initializer", keras.initializers.RandomUniform),),
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
}


def _keras(kind: str) -> Any:
    """Return the Keras class for a kind of layer; the experiment uses the same names."""
    return getattr(keras.layers, stack.KINDS[kind].__name__)


def _regularizer(l1: float, l2: float) -> Any:
    return keras.regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None
