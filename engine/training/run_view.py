"""What is known of a run at one moment: the fold of its events that screens, commands and followers share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from engine.events import Ended, EpochEnded, Preparing, Progress, Recorded, Started, Status, Tested
from engine.experiment.model import Experiment


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as its events so far tell it; :meth:`after` gives the view after one more.

    ``run`` is its number in the store, ``stage`` what is being prepared, ``progress`` the latest within an epoch
    or at the end of one. A run of the ``past`` has ended: events read from the store do not make it train.
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
        """The view once ``event`` has happened; objects that are no events of a run change nothing."""
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
        """The best epoch's number, counted from 1; None without validation samples, which alone can choose one."""
        best = self.best
        return best.epoch if best and "val_loss" in best.logs else None

    @property
    def reason(self) -> str:
        """Why the run failed or ended early; empty for a full run."""
        return (self.ended.reason or "") if self.ended else ""

    @property
    def _trains(self) -> Status:
        return Status.PREPARING if self.past else Status.TRAINING

    def _progress_at(self, ended: EpochEnded) -> Progress:
        """The progress at the end of an epoch, which the events of a followed run do not hold."""
        samples = self.started.data.train if self.started else 0
        left = (self.started.epochs if self.started else ended.epoch) - ended.epoch
        speed = self.progress.samples_per_second if self.progress else samples / max(ended.seconds, 1e-9)
        return Progress(ended.epoch, samples, samples, speed, left * ended.seconds, ended.logs)
