"""An experiment and the form of its data -> a Keras model, and the arrays that feed it.

Importing this module imports TensorFlow: do it late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine import stack
from engine.datasets.dataset import Rows
from engine.datasets.ragged import Ragged
from engine.errors import TrainingError
from engine.experiment import Experiment
from engine.features import Features
from engine.layers import BagDense, Densify

Weights = tuple[NDArray[Any], ...]
Feed = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A Keras model and the form of what it reads.

    ``form`` is "bag" (a sparse float32 tensor of shape (batch, words)), "sequence" (int32 of shape (batch,
    length), padded in front with 0) or "columns" (float32 of shape (batch, columns)).
    """

    model: keras.Model
    form: str
    shape: tuple[int, ...]

    @property
    def outputs(self) -> int:
        """The number of figures the network gives for one row."""
        return int(self.model.output_shape[-1])

    def feed(self, rows: Rows, batch_size: int | None = None) -> Feed:
        """The tensors that carry encoded ``rows`` to the model.

        A bag becomes its sparse indices (int64 of shape (ids, 2): the row within its batch of ``batch_size``
        rows, and the word), the ids' weights (float32) and the rows' offsets into both (int64); the other
        forms are one tensor, a row each.
        """
        arrays: tuple[NDArray[Any], ...] = (rows,) if isinstance(rows, np.ndarray) else ()
        if isinstance(rows, Ragged):
            arrays = _bag(rows, batch_size) if self.form == "bag" else (pad(rows, self.shape[0]),)
        return tuple(tf.constant(array) for array in arrays)

    def signature(self) -> tuple[Any, ...]:
        """The tensor specifications of a feed."""
        if self.form == "bag":
            indices = tf.TensorSpec([None, 2], tf.int64)
            return indices, tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.int64)
        dtype = tf.int32 if self.form == "sequence" else tf.float32
        return (tf.TensorSpec([None, *self.shape], dtype),)

    def inputs(self, feed: Any, first: Any = None, last: Any = None) -> Any:
        """What the model reads for rows ``first`` to ``last`` (int64 tensors; None: all) of a feed of tensors."""
        if self.form != "bag":
            return feed[0] if first is None else feed[0][first:last]
        indices, weights, offsets = feed
        if first is None:
            rows = tf.size(offsets, tf.int64) - 1
        else:
            rows, start, end = last - first, offsets[first], offsets[last]
            indices, weights = indices[start:end], weights[start:end]
        inputs = tf.SparseTensor(indices, weights, tf.stack([rows, self.shape[0]]))
        inputs.set_shape([None, *self.shape])
        return inputs

    def weights(self) -> Weights:
        """A copy of all weights, trainable or not, in Keras's order."""
        return tuple(np.array(variable) for variable in self.model.weights)

    def set_weights(self, weights: Sequence[NDArray[Any]]) -> None:
        """Take over weights of the same shapes; raises TrainingError where they don't fit."""
        if [w.shape for w in weights] != [tuple(variable.shape) for variable in self.model.weights]:
            raise TrainingError("the saved weights are of another network: their shapes differ")
        for variable, value in zip(self.model.weights, weights, strict=True):
            variable.assign(value)


def build(
    experiment: Experiment, features: Features, vectors: Mapping[str, NDArray[np.float32]] | None = None
) -> Network:
    """Build the network of an experiment with weights drawn from its seed.

    ``vectors`` are first weights for Embeddings, by the name of their file (see :mod:`engine.vectors`).
    Raises TrainingError where the stack cannot be built on such data or does not fit the targets.
    """
    keras.utils.set_random_seed(experiment.seed)
    specs = experiment.stack
    if not specs:
        raise TrainingError("the stack has no layer: add one (a), for instance a Dense output layer")
    sparse = features.form == "bag"
    layers = _layers(specs, features, vectors or {})
    if sparse:
        layers[:1] = _reading_bags(layers[0])
    return Network(_assemble(layers, features, sparse), features.form, features.shape)


def plain(experiment: Experiment, features: Features, weights: Sequence[NDArray[Any]]) -> keras.Model:
    """The same network as a bare Keras model that reads dense arrays, with the given weights.

    It needs nothing of this project to be loaded: what is exported as a ``.keras`` file.
    """
    model = _assemble(_layers(experiment.stack, features, {}), features, sparse=False)
    model.set_weights(list(weights))
    return model


def _assemble(layers: list[Any], features: Features, sparse: bool) -> keras.Model:
    dtype = "int32" if features.form == "sequence" else "float32"
    model = keras.Sequential([keras.Input(shape=features.shape, dtype=dtype, sparse=sparse)])
    for place, layer in enumerate(layers, 1):
        try:
            model.add(layer)
        except (ValueError, TypeError) as error:
            reason = str(error).strip().split("\n")[0]
            raise TrainingError(f"layer {place} ({layer.name}) cannot stand there: {reason}") from error
    if len(model.output_shape) != 2:
        raise TrainingError(
            f"the network gives {len(model.output_shape) - 1} axes a row, {model.output_shape[1:]}, not one: "
            "add a pooling or Flatten layer before the output"
        )
    return model


def _layers(specs: Sequence[Any], features: Features, vectors: Mapping[str, Any]) -> list[Any]:
    return [_layer(spec, specs[place + 1 :], features, vectors) for place, spec in enumerate(specs)]


def _reading_bags(layer: Any) -> list[Any]:
    """What stands in a stack's first place so that it reads sparse batches."""
    if isinstance(layer, keras.layers.Dense):
        return [BagDense.from_config(layer.get_config())]
    return [Densify(), layer]


def _layer(spec: Any, rest: Sequence[Any], features: Features, vectors: Mapping[str, Any]) -> Any:
    """The Keras layer of a specification; ``rest`` are the specifications above it."""
    arguments = spec.model_dump(exclude={"kind", "enabled", "l1", "l2", "vectors", "layer"})
    if isinstance(spec, stack.Regularised):
        arguments["kernel_regularizer"] = _regularizer(spec.l1, spec.l2)
    if isinstance(spec, stack.Embedding):
        arguments["input_dim"] = features.size
        arguments["mask_zero"] = spec.mask_zero and _reads_mask(rest)
        if spec.vectors in vectors:
            arguments["embeddings_initializer"] = keras.initializers.Constant(vectors[spec.vectors])
    if isinstance(spec, stack.Bidirectional):
        return keras.layers.Bidirectional(_KERAS[spec.layer](**arguments))
    return _KERAS[spec.kind](**arguments)


_KERAS: dict[str, Any] = {
    "dense": keras.layers.Dense,
    "activation": keras.layers.Activation,
    "dropout": keras.layers.Dropout,
    "spatial_dropout1d": keras.layers.SpatialDropout1D,
    "batch_normalization": keras.layers.BatchNormalization,
    "layer_normalization": keras.layers.LayerNormalization,
    "embedding": keras.layers.Embedding,
    "global_average_pooling1d": keras.layers.GlobalAveragePooling1D,
    "global_max_pooling1d": keras.layers.GlobalMaxPooling1D,
    "flatten": keras.layers.Flatten,
    "conv1d": keras.layers.Conv1D,
    "max_pooling1d": keras.layers.MaxPooling1D,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}


def _regularizer(l1: float, l2: float) -> Any:
    return keras.regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None


def _reads_mask(rest: Sequence[Any]) -> bool:
    """Whether a layer that leaves padding out comes before one that, as Keras warns, destroys the mask."""
    for spec in rest:
        if spec.kind in ("lstm", "gru", "bidirectional", "global_average_pooling1d"):
            return True
        if spec.kind not in ("dropout", "spatial_dropout1d", "activation", "layer_normalization", "dense"):
            return False
    return False


def _bag(rows: Ragged, batch_size: int | None) -> tuple[NDArray[Any], ...]:
    count = len(rows)
    places = np.arange(count) % batch_size if batch_size else np.arange(count)
    indices = np.empty((len(rows.values), 2), np.int64)
    indices[:, 0] = np.repeat(places, rows.lengths)
    indices[:, 1] = rows.values
    weights = np.ones(len(rows.values), np.float32) if rows.weights is None else rows.weights
    return indices, weights, rows.offsets


def pad(rows: Ragged, length: int) -> NDArray[np.int32]:
    """Rows as int32 of shape (rows, length), padded in front with 0 (``keras.utils.pad_sequences``).

    Rows longer than ``length`` keep their last ids.
    """
    lengths = np.minimum(rows.lengths, length)
    ends = rows.offsets[1:]
    padded = np.zeros((len(rows), length), np.int32)
    within = np.arange(length)
    mask = within >= length - lengths[:, None]
    starts = np.repeat(ends - lengths, lengths)
    steps = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    padded[mask] = rows.values[starts + steps]
    return padded
