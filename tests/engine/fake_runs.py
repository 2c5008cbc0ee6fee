"""Runs of made-up events, for tests of everything that does not train: no TensorFlow, no data."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.datasets.dataset import Dataset
from engine.errors import EngineError, TrainingError
from engine.events import (
    DataFacts,
    Ended,
    EpochEnded,
    Event,
    Preparing,
    Progress,
    Recorded,
    Started,
    Status,
    Tested,
)
from engine.experiment.model import Experiment, Training
from engine.features import Features
from engine.features.columns import Columns
from engine.runs import RunStore
from engine.training.run import Checkpoint, Fitted, Weights

FACTS = DataFacts("digits", "made up", 100, 50, 25, "d1")


def weights_at(seed: int, epoch: int, size: int = 8) -> Weights:
    """The weights that a fake run of this seed has at the end of an epoch."""
    random = np.random.default_rng((seed, epoch))
    return (random.random((size, 2), np.float32), random.random(2, np.float32))


def ended(seed: int, epoch: int) -> EpochEnded:
    """The end of an epoch of a fake run of this seed: its validation loss is lowest at epoch 3."""
    loss = 1 / epoch + seed / 1000
    logs = {"loss": loss, "val_loss": 0.3 + (epoch - 3) ** 2 / 100 + seed / 1000, "val_accuracy": 0.8}
    return EpochEnded(epoch, logs, 0.1, epoch <= 3, 0.001)


@dataclass
class FakeRun:
    """What the store asks of a Run; ``fails`` is the epoch in which its loss becomes not a number."""

    experiment: Experiment
    retrain: bool = False
    test: bool = False
    resume: Checkpoint | None = None
    evaluate_training: bool = False
    fails: int | None = None
    facts: DataFacts = FACTS
    size: int = 8
    dataset: Dataset | None = None
    features: Features = field(init=False)
    epochs: list[EpochEnded] = field(init=False, default_factory=list)
    best_epoch: int | None = field(init=False, default=None)

    def __iter__(self) -> Iterator[Event]:
        """The events of a run that trains nothing."""
        status, reason = Status.FAILED, None
        try:
            yield from self._train()
            status = Status.FINISHED
            if self.test:
                yield Tested(self.best_epoch or 0, {"loss": 0.4, "accuracy": 0.9})
        except EngineError as error:
            reason = str(error)
        yield Ended(status, self.best_epoch, 1.0, reason)

    def read(self) -> Iterator[Preparing]:
        """There is no data to read."""
        yield from ()

    def recordable(self) -> Generator[Event | Fitted | Checkpoint, None, None]:
        """The events with what must be saved before each."""
        for event in self:
            if isinstance(event, Started):
                yield Fitted(self.features)
            elif isinstance(event, EpochEnded):
                yield self.checkpoint()
            yield event

    def checkpoint(self) -> Checkpoint:
        """The state at the end of the epoch that has just ended."""
        last, best = self.epochs[-1].epoch, self.best_epoch or 1
        seed = self.experiment.seed
        optimizer = (np.array(last),)
        weights, best_weights = weights_at(seed, last, self.size), weights_at(seed, best, self.size)
        return Checkpoint(last, weights, optimizer, tuple(self.epochs), best_weights, best)

    def _train(self) -> Iterator[Event]:
        yield Preparing("reading", 1, 2)
        self.features = made_up_features()
        if self.resume:
            self.epochs, self.best_epoch = list(self.resume.epochs), self.resume.best_epoch
        total = self.experiment.training.epochs
        yield Started(self.facts, 18, total, len(self.epochs) + 1, 0.5, {"loss": 0.69})
        for epoch in range(len(self.epochs) + 1, total + 1):
            yield Progress(epoch, 50, 100, 1000.0, 1.0, {"loss": 1.0})
            if epoch == self.fails:
                raise TrainingError(f"the loss became not a number in epoch {epoch}")
            self.epochs.append(ended(self.experiment.seed, epoch))
            self.best_epoch = min(epoch, 3)
            yield self.epochs[-1]


def made_up_features() -> Features:
    """Features of two scaled columns."""
    numbers = np.array([0.5, 1.5])
    return Columns(
        task="binary",
        labels=("no", "yes"),
        names=("a", "b"),
        method="standard",
        center=numbers,
        scale=numbers,
        mean=numbers,
    )


EXPERIMENT = Experiment(name="Fake", training=Training(epochs=5))


def recorded(store: RunStore, run: FakeRun | None = None, **options: str) -> str:
    """Record a fake run to its end; returns its number."""
    events = list(store.record(run or FakeRun(EXPERIMENT), **options))
    assert isinstance(events[-1], Ended)
    return str(events[0].run)


def number_of(events: Iterable[object]) -> str:
    """The number of the run that these events of the store's are of; takes them all."""
    return next(event.run for event in list(events) if isinstance(event, Recorded))


def replace_run(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    """Let commands train runs of another kind in this test."""
    _import_users_of_run()
    monkeypatch.setattr("engine.training.run.Run", kind)


@cache
def _import_users_of_run() -> None:
    """Import the modules that take the class Run as they are imported: within such a test they would keep its."""
    package = Path(engine.__file__).parent
    for file in package.rglob("*.py"):
        if re.search(r"^from engine\.training\.run import .*\bRun\b", file.read_text("utf-8"), re.M):
            import_module(".".join(file.relative_to(package.parent).with_suffix("").parts))
