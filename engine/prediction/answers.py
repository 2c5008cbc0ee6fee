"""A network's predictions on held-out samples: single ones, those watched, and many at once.

The screen imports this module before there is a run, so it loads neither NumPy nor modules that read data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.datasets import catalogue
from engine.events import DataFacts
from engine.prediction.decision import PLAIN, THRESHOLD, Decision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.prediction.samples import Sample


@dataclass(frozen=True, slots=True)
class Prediction:
    """A network's prediction for one sample: its outputs, the predicted label, and the value behind it.

    ``value`` is the probability of the second class for one sigmoid output, the predicted class's probability for
    several outputs, and the predicted number for regression, where ``label`` is empty.
    """

    outputs: tuple[float, ...]
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Samples:
    """The held-out samples to watch, with the name and labels of their targets."""

    samples: tuple[Sample, ...]
    facts: DataFacts
    title: str
    kind: str
    task: str
    labels: tuple[str, ...]
    split: str
    target: str = ""

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return catalogue.noun(self.facts.dataset, self.kind)


@dataclass(frozen=True, slots=True)
class Predictions:
    """The network's predictions for the watched samples after ``epoch``; ``flipped`` marks changed predictions.

    ``best`` says that the weights are those of the best epoch, which are kept; ``decision`` says how outputs
    became labels.
    """

    epoch: int
    predictions: tuple[Prediction, ...]
    flipped: tuple[bool, ...]
    best: bool = False
    decision: Decision = PLAIN


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The network's predictions for many held-out samples after ``epoch``.

    ``indices`` (in the data set) and ``targets`` have shape (samples,); ``outputs`` and ``before`` (one epoch
    earlier, None if not predicted) are float32 of shape (samples, outputs); ``total`` is the number of samples in
    the split. ``decision`` is that of an ended run, whose outputs are scaled by its temperature and which has no
    ``before``.
    """

    epoch: int
    split: str
    indices: NDArray[np.int64]
    targets: NDArray[Any]
    outputs: NDArray[np.float32]
    before: NDArray[np.float32] | None
    total: int
    decision: Decision = PLAIN

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The predicted class of each sample: int64 of shape (samples,)."""
        return classes_of(self.outputs, self.decision.threshold)


@dataclass(frozen=True, slots=True)
class HeldOutAnswer:
    """A held-out sample, identified by ``index``, and the network's prediction.

    ``value`` is a probability, a number for regression, or None before there is a network; ``target`` is the index
    of the true class, or the true number.
    """

    index: int
    label: str
    target: float
    value: float | None = None
    predicted: str = ""
    flipped: bool = False
    course: bool = False

    @property
    def right(self) -> bool:
        """Whether the predicted label is the true one."""
        return self.predicted == self.label


def interpret(outputs: tuple[float, ...], labels: tuple[str, ...], decision: Decision = PLAIN) -> Prediction:
    """Interpret a network's outputs for one sample, with ``decision`` applied.

    ``labels`` are the data set's, empty for regression.
    """
    if not labels:
        return Prediction(outputs, "", outputs[0])
    outputs = decision.scaled(outputs)
    if len(outputs) == 1:
        return Prediction(outputs, labels[min(int(outputs[0] > decision.threshold), len(labels) - 1)], outputs[0])
    index = outputs.index(max(outputs))
    return Prediction(outputs, labels[index] if index < len(labels) else str(index), outputs[index])


def classes_of(outputs: NDArray[np.float32], threshold: float = THRESHOLD) -> NDArray[np.int64]:
    """Return predicted classes, int64 of shape (samples,), from one sigmoid output or one output per class."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > threshold).astype("int64")
    classes: NDArray[np.int64] = outputs.argmax(axis=1).astype("int64")
    return classes
