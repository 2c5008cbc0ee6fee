"""What passes between a session and the screen: rows to look at, answers on them, questions one may ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from engine.events import DataFacts
from engine.experiment.model import Experiment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.prediction.predictor import Explanation, Prediction, Sample


@dataclass(frozen=True, slots=True)
class Samples:
    """The held-out rows to watch, and what their targets are called."""

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
    """What the network says about the watched rows after ``epoch``; ``flipped`` where its answer has changed.

    ``best`` tells that these are the best epoch's weights, those that are kept.
    """

    epoch: int
    predictions: tuple[Prediction, ...]
    flipped: tuple[bool, ...]
    best: bool = False


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The network's answers for many held-out rows after ``epoch``.

    ``rows`` and ``targets`` are of shape (rows,), ``outputs`` and ``before`` (one epoch earlier, None where
    that was not looked at) float32 of shape (rows, outputs); ``total`` is the split's number of rows.
    """

    epoch: int
    split: str
    rows: NDArray[np.int64]
    targets: NDArray[Any]
    outputs: NDArray[np.float32]
    before: NDArray[np.float32] | None
    total: int


class Session(Protocol):
    """A run as the screen sees it; one of the ``past`` has ended already."""

    experiment: Experiment
    past: bool

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """The run's events, each followed by what it changes in the answers; ends soon after ``stop`` is set."""

    def explain(self, ids: NDArray[Any]) -> Explanation:
        """What the network says about a row now, and each word's part in it. Raises DataError before it can."""

    def explain_text(self, text: str) -> Explanation:
        """The same for a text of one's own."""

    def ids(self, text: str) -> NDArray[np.int32]:
        """The word ids that a text becomes."""

    def sample(self, row: int) -> Sample:
        """A row of the data set, ready to be shown."""

    def rows_with(self, word: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of ``rows`` whose text has this word."""

    def hold(self, paused: bool) -> None:
        """Let other processes see that the run waits, or goes on."""

    def stop_asked(self) -> bool:
        """Whether another process asked the run to stop while it waits."""

    def interrupt(self) -> None:
        """Let the run, once it is stopped, count as interrupted: the next start asks whether to go on with it."""

    def detach(self) -> None:
        """Let the run, stopped here, go on in a process of its own."""
