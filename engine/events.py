"""The events of a run: small immutable records of plain numbers and text.

A run's stream is ``Preparing*  Started  (Progress* EpochEnded)*  Tested?  Ended``. A caller stops a run by leaving
the loop, and pauses it by not asking for the next event.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar


class Status(StrEnum):
    """The states of a run; every run ends in exactly one of the last three."""

    QUEUED = "queued"
    PREPARING = "preparing"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether a run in this state is over."""
        return self in (Status.FINISHED, Status.STOPPED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The origin of a run's samples: data set, source, numbers of samples and content hash."""

    dataset: str
    source: str
    train: int
    validation: int
    test: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The run was added to the store with this number."""

    run: str


STARTING_TENSORFLOW = "starting TensorFlow"
"""A run's last stage before its network is built; its data and features are ready."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """Work before the first epoch: ``done`` of ``total`` units of ``stage`` (``total`` is None if unknown)."""

    stage: str
    done: int = 0
    total: int | None = None


Result = TypeVar("Result")

Preparation: TypeAlias = Generator[Preparing, None, Result]
"""A long task that yields its progress and returns a result."""


@dataclass(frozen=True, slots=True)
class Started:
    """The network is built and the first epoch is about to start.

    ``baselines`` are the scores of a constant prediction on the validation samples, by metric name (the majority
    class; the mean for regression). ``seconds`` is the time spent preparing. ``notes`` are remarks for the user,
    such as the share of words covered by pre-trained vectors. ``first_epoch`` is 1, or the epoch with which a
    resumed run continues.
    """

    data: DataFacts
    parameters: int
    epochs: int
    first_epoch: int
    seconds: float
    baselines: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress within an epoch: number of processed training samples, and the running means so far."""

    epoch: int
    samples: int
    total_samples: int
    samples_per_second: float
    seconds_left: float
    logs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch has ended; epochs count from 1.

    ``logs`` maps history names to floats: ``loss`` and each defined metric (running means over the epoch's
    training batches), the same with prefix ``val_`` (in evaluation mode), and with ``eval_`` for the training
    samples in evaluation mode, if requested. Losses do not include regularisation penalties, which are in
    ``penalty``. ``best`` says whether this epoch is the best so far, by the rule of
    :class:`engine.training.early_stopping.WatchedLoss`: the last such epoch is the run's best epoch.
    """

    epoch: int
    logs: Mapping[str, float]
    seconds: float
    best: bool
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Tested:
    """The loss and metrics of one evaluation on the test samples; ``epoch`` is the epoch of the weights."""

    epoch: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over. ``reason`` says in one line why it ended early or failed; None for a complete run."""

    status: Status
    best_epoch: int | None
    seconds: float
    reason: str | None = None


Event = Preparing | Started | Progress | EpochEnded | Tested | Ended
