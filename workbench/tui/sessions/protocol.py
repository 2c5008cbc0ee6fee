"""The types that pass between a session and the screen: samples, answers on them, questions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from engine.experiment.model import Experiment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.prediction.predictor import Explanation
    from engine.prediction.samples import Sample


class Session(Protocol):
    """A run as the screen sees it; one of the ``past`` has ended already."""

    experiment: Experiment
    past: bool

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """The run's events, each followed by what it changes in the answers; ends soon after ``stop`` is set."""

    def final_answers(self) -> Iterator[Any]:
        """What an ended run's best weights say, decided as what is kept with the run by now. Raises StoreError."""

    def explain(self, ids: NDArray[Any]) -> Explanation:
        """What the network says about a sample now, and each word's part in it. Raises DataError before it can."""

    def explain_text(self, text: str) -> Explanation:
        """The same for a text of one's own."""

    def ids(self, text: str) -> NDArray[np.int32]:
        """The word ids that a text becomes."""

    def sample(self, index: int) -> Sample:
        """A sample of the data set, ready to be shown."""

    def samples_with(self, word: str, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of ``indices`` whose text has this word."""

    def hold(self, paused: bool) -> None:
        """Let other processes see that the run waits, or goes on."""

    def stop_asked(self) -> bool:
        """Whether another process asked the run to stop while it waits."""

    def interrupt(self) -> None:
        """Let the run, once it is stopped, count as interrupted: the next start asks whether to go on with it."""

    def detach(self) -> None:
        """Let the run, stopped here, go on in a process of its own."""
