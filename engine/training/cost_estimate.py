"""What a run will cost, from training its network for a moment on its own data.

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
"""How long a probe trains, once everything is traced."""

TRYING = "trying a few batches"

EPOCHS_ENOUGH = 4
"""Epochs after which a probe knows enough: the first holds the tracing, the others the same work."""

EVALUATION_COST = 1 / 3
"""What a sample costs to evaluate, against training on it: the forward pass alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take: ``seconds`` from its first epoch to its last, ``memory`` in bytes.

    ``memory`` is the peak of the whole process, TensorFlow included.
    """

    seconds: float
    memory: int


def probe(run: Run) -> Preparation[Estimate]:
    """Train a run that nothing else uses for a moment, and say what all of its epochs would take.

    The compiled network goes back to the run's pool, if it has one, so that a run of the same form starts at
    once. Raises TrainingError where the run fails.
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
    """The time of all epochs: like the later ones of those seen, or by samples where not even one epoch ended.

    The first epoch holds the tracing, which a run that takes its network from the same pool does without.
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
    """The largest memory this process has had so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
