"""The state of a run as known from its events, shared by screens, commands and followers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from engine.events import Ended, EpochEnded, Preparing, Progress, Recorded, Started, Status, Tested
from engine.experiment.model import Experiment


@dataclass(frozen=True, slots=True)
class RunView:
    """The state of a run according to its events so far; :meth:`after` returns the state after one more.

    ``run`` is its number in the store, ``stage`` what is being prepared, ``progress`` the latest within an epoch
    or at its end. ``past`` marks a run that has ended: its events, read from the store, do not set it to training.
    """

    experiment: Experiment
    status: Status = Status.QUEUED
    run: str | None = None
    stage: Preparing | None = None
    started: Started | None = None
    progress: Progress | None = None
    epochs: tuple[EpochEnded, ...] = ()
    tested: Tested | None = None
    ended: Ended | None = None
    past: bool = False

    def after(self, event: Any) -> Self:
        """Return the state after ``event``; objects that are not events of a run change nothing."""
        match event:
            case Recorded():
                return replace(self, run=event.run)
            case Preparing():
                return replace(self, status=Status.PREPARING, stage=event)
            case Started():
                return replace(self, status=self._trains, started=event, stage=None)
            case Progress():
                return replace(self, status=self._trains, progress=event)
            case EpochEnded():
                epochs = (*self.epochs, event)
                return replace(self, status=self._trains, epochs=epochs, progress=self._progress_at(event))
            case Tested():
                return replace(self, tested=event)
            case Ended():
                return replace(self, status=event.status, ended=event, stage=None)
        return self

    @property
    def best(self) -> EpochEnded | None:
        """The best epoch so far, by the rule of :class:`engine.training.early_stopping.WatchedLoss`."""
        return next((ended for ended in reversed(self.epochs) if ended.best), None)

    @property
    def best_epoch(self) -> int | None:
        """The number of the best epoch, counted from 1; None without validation samples, which choose it."""
        best = self.best
        return best.epoch if best and "val_loss" in best.logs else None

    @property
    def reason(self) -> str:
        """The reason why the run failed or ended early; empty for a complete run."""
        return (self.ended.reason or "") if self.ended else ""

    @property
    def _trains(self) -> Status:
        return Status.PREPARING if self.past else Status.TRAINING

    def _progress_at(self, ended: EpochEnded) -> Progress:
        """Return the progress at the end of an epoch; the events of a followed run do not include it."""
        samples = self.started.data.train if self.started else 0
        left = (self.started.epochs if self.started else ended.epoch) - ended.epoch
        speed = self.progress.samples_per_second if self.progress else samples / max(ended.seconds, 1e-9)
        return Progress(ended.epoch, samples, samples, speed, left * ended.seconds, ended.logs)
