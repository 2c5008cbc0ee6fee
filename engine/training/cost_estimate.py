"""Estimates the time and memory of a run by training its network for a moment on its own data.

Importing this module does not import TensorFlow; probing does.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from engine.errors import TrainingError
from engine.events import Ended, EpochEnded, Preparation, Preparing, Progress, Started
from engine.training.run import Run

PROBE_SECONDS = 0.5
"""Seconds that a probe trains, once everything is traced."""

TRYING = "trying a few batches"

EPOCHS_ENOUGH = 4
"""Number of epochs that are enough for an estimate: the first includes tracing, the others cost the same."""

EVALUATION_COST = 1 / 3
"""Cost of evaluating a sample relative to training on it: only the forward pass."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected cost of a run: ``seconds`` from its first epoch to its last, ``memory`` in bytes.

    ``memory`` is the peak of the whole process, TensorFlow included.
    """

    seconds: float
    memory: int


def probe(run: Run) -> Preparation[Estimate]:
    """Train a run, used for nothing else, for a moment and estimate the cost of all its epochs.

    The compiled network is returned to the run's pool, if it has one, so that a run of the same form starts at
    once. Raises TrainingError if the run fails.
    """
    marks: list[tuple[float, int]] = []
    epochs: list[float] = []
    events = run.events()
    with closing(events):
        for event in events:
            if isinstance(event, Preparing):
                yield event
            elif isinstance(event, Started):
                yield Preparing(TRYING)
            elif isinstance(event, EpochEnded):
                epochs.append(event.seconds)
            elif isinstance(event, Progress) and event.samples < event.total_samples and not epochs:
                marks.append((time.monotonic(), event.samples))
            elif isinstance(event, Ended) and event.reason and not epochs:
                raise TrainingError(event.reason)
            if isinstance(event, Progress | EpochEnded):
                yield Preparing(TRYING)
            if _enough(marks, epochs):
                break
    estimate = Estimate(_seconds(run, marks, epochs), _peak())
    run.release()
    return estimate


def _enough(marks: Sequence[tuple[float, int]], epochs: Sequence[float]) -> bool:
    if epochs:
        return len(epochs) > 1 and (sum(epochs[1:]) > PROBE_SECONDS or len(epochs) == EPOCHS_ENOUGH)
    return len(marks) > 2 and marks[-1][0] - marks[0][0] > PROBE_SECONDS


def _seconds(run: Run, marks: Sequence[tuple[float, int]], epochs: Sequence[float]) -> float:
    """Estimate the time of all epochs from the later epochs seen, or from samples per second if none has ended.

    The first epoch includes tracing, which a run with a network from the same pool avoids: it only counts without
    a pool.
    """
    count = run.experiment.training.epochs
    if epochs:
        later = statistics.median(epochs[1:] or epochs)
        return later * (count - 1) + (later if run.pool else epochs[0])
    assert run.dataset is not None
    split = run.dataset.split
    evaluated = len(split.validation) + (len(split.train) if run.evaluate_training else 0)
    (began, first), (ended, last) = marks[0], marks[-1]
    samples = len(split.train) + evaluated * EVALUATION_COST
    return samples * (ended - began) / (last - first) * count


def _peak() -> int:
    """Return the peak memory of this process in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
