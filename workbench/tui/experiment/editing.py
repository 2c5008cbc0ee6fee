"""Functions that change an experiment's stack, each returning a new experiment; and the undo history."""

from __future__ import annotations

from engine.experiment.layers import KINDS, Dense, Layer
from engine.experiment.model import Experiment


def with_layers(experiment: Experiment, layers: tuple[Layer, ...]) -> Experiment:
    """Return the experiment with another stack."""
    return experiment.model_copy(update={"layers": layers})


def inserted(experiment: Experiment, index: int, layer: Layer) -> Experiment:
    """Insert a layer at ``index``; the layers from there on move down."""
    layers = experiment.layers
    return with_layers(experiment, (*layers[:index], layer, *layers[index:]))


def replaced(experiment: Experiment, index: int, layer: Layer) -> Experiment:
    """Replace the layer at ``index``."""
    layers = experiment.layers
    return with_layers(experiment, (*layers[:index], layer, *layers[index + 1 :]))


def removed(experiment: Experiment, index: int) -> Experiment:
    """Remove the layer at ``index``."""
    layers = experiment.layers
    return with_layers(experiment, (*layers[:index], *layers[index + 1 :]))


def moved(experiment: Experiment, index: int, step: int) -> Experiment:
    """Move the layer at ``index`` by ``step``; return the same experiment if that leaves the stack."""
    target = index + step
    if not 0 <= target < len(experiment.layers):
        return experiment
    return inserted(removed(experiment, index), target, experiment.layers[index])


def switched(experiment: Experiment, index: int) -> Experiment:
    """Switch the layer at ``index`` off, or on again."""
    layer = experiment.layers[index]
    return replaced(experiment, index, layer.model_copy(update={"enabled": not layer.enabled}))


def index_for_new(experiment: Experiment, cursor: int | None) -> int:
    """Return the index for a new layer: below the cursor, but always above the output layer."""
    layers, output = experiment.layers, experiment.output
    end = next((index for index, layer in enumerate(layers) if layer is output), len(layers))
    return end if cursor is None else min(cursor + 1, end)


def new_layer(experiment: Experiment, kind: str) -> Layer:
    """Return a layer of a kind with common initial settings: a hidden Dense has relu."""
    if kind == "dense" and experiment.output is not None:
        return Dense(activation="relu")
    return KINDS[kind]()  # type: ignore[return-value]


LONGEST = 500
"""The most steps that are kept."""


class History:
    """The undo history: successive experiments, which are immutable, and the index of the current one."""

    def __init__(self, first: Experiment) -> None:
        self._steps = [first]
        self._index = 0

    @property
    def now(self) -> Experiment:
        """The current experiment."""
        return self._steps[self._index]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return self._index < len(self._steps) - 1

    def put(self, experiment: Experiment) -> None:
        """Add an experiment and drop undone steps; an equal experiment adds no step."""
        if experiment != self.now:
            self._steps = [*self._steps[: self._index + 1], experiment][-LONGEST:]
            self._index = len(self._steps) - 1

    def undo(self) -> Experiment:
        """Go one step back."""
        self._index = max(self._index - 1, 0)
        return self.now

    def redo(self) -> Experiment:
        """Go one step forward."""
        self._index = min(self._index + 1, len(self._steps) - 1)
        return self.now
