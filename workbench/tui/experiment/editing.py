"""Changes to an experiment's stack, each giving a new experiment, and the history of them, for undo and redo."""

from __future__ import annotations

from engine.experiment.layers import KINDS, Dense, Layer
from engine.experiment.model import Experiment


def with_layers(experiment: Experiment, layers: tuple[Layer, ...]) -> Experiment:
    """The experiment with another stack."""
    return experiment.model_copy(update={"layers": layers})


def inserted(experiment: Experiment, index: int, layer: Layer) -> Experiment:
    """With a layer at ``index``, those from there on moved down."""
    layers = experiment.layers
    return with_layers(experiment, (*layers[:index], layer, *layers[index:]))


def replaced(experiment: Experiment, index: int, layer: Layer) -> Experiment:
    """With another layer at ``index``."""
    layers = experiment.layers
    return with_layers(experiment, (*layers[:index], layer, *layers[index + 1 :]))


def removed(experiment: Experiment, index: int) -> Experiment:
    """Without the layer at ``index``."""
    layers = experiment.layers
    return with_layers(experiment, (*layers[:index], *layers[index + 1 :]))


def moved(experiment: Experiment, index: int, step: int) -> Experiment:
    """With the layer at ``index`` moved by ``step``; the same experiment where that leads out of the stack."""
    target = index + step
    if not 0 <= target < len(experiment.layers):
        return experiment
    return inserted(removed(experiment, index), target, experiment.layers[index])


def switched(experiment: Experiment, index: int) -> Experiment:
    """With the layer at ``index`` switched off, or on again."""
    layer = experiment.layers[index]
    return replaced(experiment, index, layer.model_copy(update={"enabled": not layer.enabled}))


def index_for_new(experiment: Experiment, cursor: int | None) -> int:
    """Where a new layer goes: below the layer under the cursor, but always above the output layer."""
    layers, output = experiment.layers, experiment.output
    end = next((index for index, layer in enumerate(layers) if layer is output), len(layers))
    return end if cursor is None else min(cursor + 1, end)


def new_layer(experiment: Experiment, kind: str) -> Layer:
    """A layer of a kind, as one is usually begun: a hidden Dense is relu."""
    if kind == "dense" and experiment.output is not None:
        return Dense(activation="relu")
    return KINDS[kind]()  # type: ignore[return-value]


LONGEST = 500
"""How many steps back are kept."""


class History:
    """The experiments that were on the screen, in order, and the one that is: experiments are immutable."""

    def __init__(self, first: Experiment) -> None:
        self._steps = [first]
        self._index = 0

    @property
    def now(self) -> Experiment:
        """The experiment as it is."""
        return self._steps[self._index]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to take again."""
        return self._index < len(self._steps) - 1

    def put(self, experiment: Experiment) -> None:
        """Go on to another experiment; what had been undone is forgotten. The same one again is no step."""
        if experiment != self.now:
            self._steps = [*self._steps[: self._index + 1], experiment][-LONGEST:]
            self._index = len(self._steps) - 1

    def undo(self) -> Experiment:
        """One step back."""
        self._index = max(self._index - 1, 0)
        return self.now

    def redo(self) -> Experiment:
        """One step forward again."""
        self._index = min(self._index + 1, len(self._steps) - 1)
        return self.now
