"""What happens in a run, as plain numbers and text: small frozen records that any caller can consume.

A run's stream is ``Preparing*  Started  (Progress* EpochEnded)*  Tested?  Ended``. A caller stops a run by
leaving the loop, and pauses it by not asking for the next event.
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
    """Where a run's samples came from: its data set, source, sample counts and content hash."""

    dataset: str
    source: str
    train: int
    validation: int
    test: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The run is in the store under this number."""

    run: str


STARTING_TENSORFLOW = "starting TensorFlow"
"""A run's last stage before its network is built: its data and features are ready."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """Work before the first epoch: ``done`` of ``total`` units of ``stage`` (``total`` None when unknown)."""

    stage: str
    done: int = 0
    total: int | None = None


Result = TypeVar("Result")

Preparation: TypeAlias = Generator[Preparing, None, Result]
"""Long work that yields its progress and returns a result."""


@dataclass(frozen=True, slots=True)
class Started:
    """The network is built and the first epoch is about to start.

    ``baselines`` holds what a predictor that ignores its input reaches on the validation samples, by metric
    name (the majority class; the mean for regression). ``seconds`` is the time spent preparing. ``notes`` are
    lines worth knowing, such as the share of words that pre-trained vectors cover.
    ``first_epoch`` is 1, or the epoch a resumed run goes on with.
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
    """Somewhere within an epoch: samples done of all training samples in it, and the running means so far."""

    epoch: int
    samples: int
    total_samples: int
    samples_per_second: float
    seconds_left: float
    logs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch has ended; epochs count from 1.

    ``logs`` maps history names to floats: ``loss`` and each metric that is defined (running means over the
    epoch's training batches), the same with ``val_`` (in evaluation mode), with ``eval_`` the training samples in
    evaluation mode where that was asked for. Losses are free of regularisation penalties; ``penalty`` holds those.
    ``best`` tells whether this epoch is the best so far, by the rule of
    :class:`engine.training.early_stopping.WatchedLoss`: the last epoch with this mark is the run's best epoch.
    """

    epoch: int
    logs: Mapping[str, float]
    seconds: float
    best: bool
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Tested:
    """The test samples' loss and metrics, from one evaluation; ``epoch`` is the epoch of the weights used."""

    epoch: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over. ``reason`` says in one line why it ended early or failed; None for a full run."""

    status: Status
    best_epoch: int | None
    seconds: float
    reason: str | None = None


Event = Preparing | Started | Progress | EpochEnded | Tested | Ended
