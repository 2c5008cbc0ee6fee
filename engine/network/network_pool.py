"""A pool of compiled networks, which spares the next run of the same form from tracing.

Importing this module does not import TensorFlow. Measured on Boston housing (two cores): building, tracing and
compiling take as long as 60 epochs of training.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from engine.experiment.model import Experiment
from engine.network import keras_private

if TYPE_CHECKING:
    from engine.network.build import Network
    from engine.network.compiled_steps import Steps

KEPT = 4
"""Maximum number of idle networks; the least recently used is dropped first."""

CLEARED = 8
"""Number of runs after which kernels are freed: each run leaves those of its predictions, 0.7 MB on IMDB.

Creating those in use again takes the next run 0.1 s."""


class Pool:
    """Lends each compiled network to one run at a time; may be shared between threads."""

    def __init__(self) -> None:
        self._idle: OrderedDict[Any, Steps] = OrderedDict()
        self._runs = 0
        self._lock = Lock()

    def take(
        self, experiment: Experiment, network: Network, weighted: bool = False, whole_batches: int = 0
    ) -> Steps:
        """Return steps that train ``network``, or a pooled network of its form with its weights, from the start.

        ``weighted`` says whether samples have weights, ``whole_batches`` how many batches XLA compiles.
        """
        from engine.network.compiled_steps import Steps

        with self._lock:
            steps = self._idle.pop(_form(experiment, network, weighted, whole_batches), None)
        if steps is None:
            return Steps(network, experiment.training, weighted, whole_batches)
        steps.renew(network, experiment.training)
        return steps

    def give_back(self, experiment: Experiment, steps: Steps) -> None:
        """Put a run's network back after its end; drop the least recently used if there are too many.

        Every few runs, the kernels of deleted functions are freed.
        """
        with self._lock:
            self._idle[_form(experiment, steps.network, steps.weighted, steps.whole_batches)] = steps
            gone = [self._idle.popitem(last=False) for _ in range(len(self._idle) - KEPT)]
            self._runs += 1
            due = self._runs % CLEARED == 0
        if gone or due:
            gone.clear()
            keras_private.clear_kernels()


def _form(experiment: Experiment, network: Network, weighted: bool, whole_batches: int) -> tuple[Any, ...]:
    """Return everything that the traced graph depends on: layers, input and training settings."""
    training = experiment.training
    compiled = whole_batches and (whole_batches, training.batch_size)
    layers = tuple(layer.model_dump_json() for layer in experiment.stack)
    shapes = tuple(tuple(weight.shape) for weight in network.model.weights)
    trained = (training.loss, training.optimizer, training.momentum, training.metrics)
    return layers, shapes, network.adapter, network.target, weighted, compiled, *trained
