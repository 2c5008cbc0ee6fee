"""Compiled steps for training and evaluation that process several batches per TensorFlow call.

A call loops over its batches in the graph, which leaves Python, and with it the screen, free for about 50 ms at a
time, and makes a batch of a few samples cost little more than its arithmetic. Measured on the IMDB baseline (512
reviews, 10,000 words, 16 units): the sparse product and its adjoint take two thirds of a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import TrainingError
from engine.experiment.keras_names import METRIC_CLASSES, WITH_MOMENTUM
from engine.experiment.model import Training
from engine.features.target import TargetScaling
from engine.network.build import Network
from engine.network.input_adapters import Feed
from engine.network.optimizer_updates import Update
from engine.network.sparse_layers import EmbeddingMean
from engine.network.whole_batches import XLA_ERRORS, compiled, filled


class Steps:
    """A network with loss, metrics and optimiser, compiled once for all batch sizes.

    With ``whole_batches``, XLA compiles the training step for full batches, at most this many per group; the
    remaining samples of an epoch, and all samples where XLA is not available, are trained on with the ordinary
    graph. The two differ by rounding.

    Targets have shape (samples,): class numbers as float32, or numbers in their own units, in the dtype of the
    target's scaling. For several outputs they are converted to one-hot vectors, unless the loss is sparse. If the
    target is scaled, the network is trained on scaled targets; losses and metrics are reported in the target's own
    units. ``weighted`` targets have shape (samples, 2), with the weight of each sample's loss in the second
    column; reported values are not weighted.
    """

    def __init__(
        self, network: Network, training: Training, weighted: bool = False, whole_batches: int = 0
    ) -> None:
        self.weighted = weighted
        self.whole_batches = whole_batches
        self.network = network
        self.training = training
        self.optimizer = _optimizer(training)
        self.optimizer.build(network.model.trainable_variables)
        self._update = Update(self.optimizer)
        self._loss = keras.losses.get(training.loss)
        self._stateful = {name: keras.metrics.get(name) for name in training.metrics if name in METRIC_CLASSES}
        self._means = ["loss", *(name for name in training.metrics if name not in METRIC_CLASSES)]
        targets = tf.TensorSpec([None, 2] if weighted else [None], tf.as_dtype(network.target.dtype))
        self._signature = [network.adapter.signature, targets]

    def renew(self, network: Network, training: Training) -> None:
        """Start again from the weights of ``network``, of the same form, with a new optimiser state.

        ``training`` may differ from the compiled one in settings that are not part of the graph, such as the
        learning rate.
        """
        self.network.set_weights(network.weights())
        optimizer = _optimizer(training)
        optimizer.build(self.network.model.trainable_variables)
        for variable, value in zip(self.optimizer.variables, optimizer.variables, strict=True):
            variable.assign(value)
        self._update.renew()

    def train(self, feed: Feed, targets: Any, starts: NDArray[np.int64]) -> Mapping[str, float]:
        """Train on consecutive batches: batch ``i`` holds samples ``starts[i]`` to ``starts[i + 1]`` of the feed.

        Returns sums over the samples: divide ``loss``, ``penalty`` and each mean metric by the number of samples.
        """
        whole = len(targets) // self.training.batch_size if self.whole_batches else 0
        sums = np.zeros(len(self._means) + 1)
        if whole:
            try:
                group = (filled(part, self._group_samples) for part in (*feed, targets))
                sums += self._train_whole(*group, tf.constant(whole)).numpy()
            except XLA_ERRORS:
                self.whole_batches = whole = 0
        if whole < len(starts) - 1:
            sums += self._train(feed, targets, tf.constant(starts[whole:])).numpy()
        return dict(zip([*self._means, "penalty"], sums.tolist(), strict=True))

    def evaluate(self, feed: Feed, targets: Any) -> Mapping[str, float]:
        """Return the sums of loss and metrics over the samples, in evaluation mode and without penalties."""
        return dict(zip(self._means, self._evaluate(feed, targets).numpy().tolist(), strict=True))

    def reset_metrics(self) -> None:
        """Reset the stateful metrics; call it before an epoch or an evaluation."""
        for metric in self._stateful.values():
            metric.reset_state()

    def metric_results(self) -> dict[str, float]:
        """Return the values of the stateful metrics since their reset."""
        return {name: float(metric.result()) for name, metric in self._stateful.items()}

    @cached_property
    def _train(self) -> Any:
        signature = [*self._signature, tf.TensorSpec([None], tf.int64)]
        return tf.function(self._train_batches, signature, autograph=False).get_concrete_function()

    @cached_property
    def _train_whole(self) -> Any:
        (columns,), targets = self._signature
        return compiled(self._train_whole_batches, [columns, targets], self._group_samples)

    @property
    def _group_samples(self) -> int:
        """Number of samples in a group for which XLA has compiled the step."""
        return self.whole_batches * self.training.batch_size

    @cached_property
    def _evaluate(self) -> Any:
        return tf.function(self._evaluate_batch, self._signature, autograph=False).get_concrete_function()

    def _train_batches(self, feed: Any, targets: Any, starts: Any) -> Any:
        def one(batch: Any) -> Any:
            first, last = starts[batch], starts[batch + 1]
            return self._train_batch(self.network.adapter.inputs(feed, first, last), targets[first:last])

        return self._summed(one, tf.size(starts) - 1)

    def _train_whole_batches(self, samples: Any, targets: Any, batches: Any) -> Any:
        size = self.training.batch_size
        samples, targets = (tf.reshape(part, [-1, size, *part.shape[1:]]) for part in (samples, targets))
        return self._summed(lambda batch: self._train_batch(samples[batch], targets[batch]), batches)

    def _summed(self, train: Callable[[Any], Any], batches: Any) -> Any:
        """Train on each batch with ``train``, by its number, and return the sums of the results."""

        def one(batch: Any, sums: Any) -> Any:
            return batch + 1, sums + train(batch)

        sums = tf.zeros(len(self._means) + 1, tf.float64)
        return tf.while_loop(lambda batch, _: batch < batches, one, (0, sums), parallel_iterations=1)[1]

    def _train_batch(self, inputs: Any, targets: Any) -> Any:
        model, wanted = self.network.model, self._unweighted(targets)
        learnt = _scaled(self.network.target, wanted)
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            losses = self._loss(self._loss_targets(learnt), outputs)
            penalty = tf.add_n(model.losses) if model.losses else tf.constant(0.0)
            weighted = losses * tf.cast(targets[:, 1], losses.dtype) if self.weighted else losses
            total = tf.reduce_mean(weighted) + penalty
        variables = model.trainable_variables
        gradients = tape.gradient(total, variables)
        self._update.apply(gradients, variables, _squares(model, variables))
        samples = tf.cast(tf.shape(targets)[0], tf.float64)
        sums = self._sums(losses, wanted, outputs)
        return tf.concat([sums, [tf.cast(penalty, tf.float64) * samples]], 0)

    def _evaluate_batch(self, feed: Any, targets: Any) -> Any:
        samples = tf.shape(targets, tf.int64)[0]
        inputs = self.network.adapter.inputs(feed, tf.constant(0, tf.int64), samples)
        outputs, wanted = self.network.model(inputs, training=False), self._unweighted(targets)
        losses = self._loss(self._loss_targets(_scaled(self.network.target, wanted)), outputs)
        return self._sums(losses, wanted, outputs)

    def _sums(self, losses: Any, targets: Any, outputs: Any) -> Any:
        """Return the sums of losses and metrics, in the target's own units."""
        if not self.network.target.identity:
            outputs = _unscaled(self.network.target, outputs)
            losses = self._loss(self._loss_targets(targets), outputs)
        desired = self._like_outputs(targets)
        values = [losses]
        values += [
            _hits(targets, outputs) if name == "accuracy" else keras.losses.get(name)(desired, outputs)
            for name in self._means[1:]
        ]
        for metric in self._stateful.values():
            metric.update_state(desired, outputs)
        return tf.stack([tf.reduce_sum(tf.cast(value, tf.float64)) for value in values])

    def _unweighted(self, targets: Any) -> Any:
        """Return the targets without the samples' weights."""
        return targets[:, 0] if self.weighted else targets

    def _loss_targets(self, targets: Any) -> Any:
        """Return the targets in the form that the loss expects."""
        return (
            tf.cast(targets, tf.int32) if self.training.loss.startswith("sparse") else self._like_outputs(targets)
        )

    def _like_outputs(self, targets: Any) -> Any:
        """Return the targets in the shape of the outputs."""
        if self.network.outputs == 1:
            return targets[:, None]
        return tf.one_hot(tf.cast(targets, tf.int32), self.network.outputs)


def _squares(model: Any, variables: Sequence[Any]) -> dict[int, Any]:
    """Return the squared gradients summed by the layers themselves, by the index of their variable."""
    indices = {id(variable): index for index, variable in enumerate(variables)}
    layers = [layer for layer in model.layers if isinstance(layer, EmbeddingMean)]
    return {indices[id(layer.embeddings)]: layer.squares for layer in layers if id(layer.embeddings) in indices}


def check_targets(network: Network, training: Training, targets: NDArray[Any], classes: int) -> None:
    """Raise TrainingError if the network's outputs do not fit the targets."""
    units, sparse = network.outputs, training.loss.startswith("sparse")
    if classes == 0 and units != 1:
        raise TrainingError(f"the output layer has {units} units, but the target is a number: give it 1 unit")
    if units == 1 and (sparse or training.loss == "categorical_crossentropy"):
        raise TrainingError(f"{training.loss} needs an output for each class ({max(classes, 2)}), not 1 unit")
    if classes > 2 and units == 1:
        raise TrainingError(f"the output layer has 1 unit, but the data has {classes} classes: give it {classes}")
    if units > 1 and len(targets) and int(targets.max()) >= units:
        raise TrainingError(
            f"the output layer has {units} units, but the data has {classes} classes: give it {classes}"
        )


def _optimizer(training: Training) -> Any:
    config = {"learning_rate": training.learning_rate}
    if training.optimizer in WITH_MOMENTUM:
        config["momentum"] = training.momentum
    return keras.optimizers.get({"class_name": training.optimizer, "config": config})


def _scaled(scaling: TargetScaling, targets: Any) -> Any:
    """Scale targets for training; see :class:`engine.features.target.TargetScaling`."""
    if scaling.identity:
        return targets
    values = ((tf.math.log1p(targets) if scaling.log else targets) - scaling.center) / scaling.scale
    return tf.cast(values, tf.float32)


def _unscaled(scaling: TargetScaling, outputs: Any) -> Any:
    """Convert a network's outputs to the target's own units."""
    values = tf.cast(outputs, scaling.dtype) * scaling.scale + scaling.center
    return tf.math.expm1(values) if scaling.log else values


def _hits(targets: Any, outputs: Any) -> Any:
    """Whether each prediction is correct, as Keras's "accuracy" decides by the shape of the output."""
    if outputs.shape[-1] == 1:
        return tf.cast(outputs[:, 0] > 0.5, tf.float32) == targets
    return tf.argmax(outputs, -1, tf.int32) == tf.cast(targets, tf.int32)
