"""A network's answers on held-out samples: one, those watched, and many at once.

The screen imports this module before there is a run: it loads neither NumPy nor what reads data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.events import DataFacts
from engine.prediction.decision import PLAIN, THRESHOLD, Decision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.prediction.samples import Sample


@dataclass(frozen=True, slots=True)
class Prediction:
    """A network's answer for one sample: its outputs, the label they stand for, and the value behind it.

    ``value`` is the probability of the second class for one sigmoid output, the predicted class's probability
    for several outputs, and the predicted number for regression, where ``label`` is empty.
    """

    outputs: tuple[float, ...]
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Samples:
    """The held-out samples to watch, and what their targets are called."""

    samples: tuple[Sample, ...]
    facts: DataFacts
    title: str
    kind: str
    task: str
    labels: tuple[str, ...]
    split: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Predictions:
    """The network's answers for the watched samples after ``epoch``; ``flipped`` where an answer has changed.

    ``best`` tells that these are the best epoch's weights, those that are kept; ``decision`` how outputs became
    labels.
    """

    epoch: int
    predictions: tuple[Prediction, ...]
    flipped: tuple[bool, ...]
    best: bool = False
    decision: Decision = PLAIN


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The network's answers for many held-out samples after ``epoch``.

    ``indices``, the samples' indices in the data set, and ``targets`` are of shape (samples,); ``outputs`` and
    ``before`` (one epoch earlier, None where that was not predicted) are float32 of shape (samples, outputs);
    ``total`` is the number of samples in the split. ``decision`` is that of an ended run, whose outputs are at its
    temperature and have none before.
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
    """A held-out sample, by its ``index``, and the network's answer.

    ``value`` is a probability, a number for regression, None before there is a network; ``target`` is the index of
    the true class, or the true number.
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
    """The answer that a network's own outputs for one sample stand for, as ``decision`` scales and decides them.

    ``labels`` are the data set's, none for regression.
    """
    if not labels:
        return Prediction(outputs, "", outputs[0])
    outputs = decision.scaled(outputs)
    if len(outputs) == 1:
        return Prediction(outputs, labels[min(int(outputs[0] > decision.threshold), len(labels) - 1)], outputs[0])
    index = outputs.index(max(outputs))
    return Prediction(outputs, labels[index] if index < len(labels) else str(index), outputs[index])


def classes_of(outputs: NDArray[np.float32], threshold: float = THRESHOLD) -> NDArray[np.int64]:
    """The predicted class of each sample: int64 of shape (samples,), from one sigmoid output or one per class."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > threshold).astype("int64")
    classes: NDArray[np.int64] = outputs.argmax(axis=1).astype("int64")
    return classes
