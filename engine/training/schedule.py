"""What the validation loss decides: the best epoch, early stopping and the learning rate's reduction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.events import EpochEnded
from engine.experiment.model import Training


class Schedule:
    """Follows a run's epochs; made again from those already ended, it goes on where it was.

    The watched loss is the validation loss without penalties, or the training loss where there are no
    validation rows. The rules are those of ``keras.callbacks.EarlyStopping`` and ``ReduceLROnPlateau``.
    """

    def __init__(self, training: Training, epochs: Sequence[EpochEnded] = ()) -> None:
        self.training = training
        self.reason: str | None = None
        self._best = math.inf
        self._stopping_best, self._stopping_wait = math.inf, 0
        self._plateau_best, self._plateau_wait = math.inf, 0
        for ended in epochs:
            self.after(ended)

    @property
    def stops(self) -> bool:
        """Whether early stopping ends the run here; ``reason`` then says why."""
        return self.reason is not None

    def improves(self, logs: Mapping[str, float]) -> bool:
        """Whether an epoch with these figures is the best so far: without validation rows, each is.

        The training loss goes on falling as a network overfits, and cannot choose between its epochs.
        """
        return "val_loss" not in logs or watched(logs) < self._best

    def after(self, ended: EpochEnded) -> float:
        """Take note of an ended epoch; returns the learning rate to go on with."""
        loss = watched(ended.logs)
        self._best = min(self._best, loss)
        self._note_stopping(loss, ended.epoch)
        return self._note_plateau(loss, ended.learning_rate)

    def _note_stopping(self, loss: float, epoch: int) -> None:
        rule = self.training.early_stopping
        if rule is None:
            return
        if loss < self._stopping_best - rule.min_delta:
            self._stopping_best, self._stopping_wait = loss, 0
            return
        self._stopping_wait += 1
        if self._stopping_wait >= max(rule.patience, 1):
            best = f"no lower loss for {self._stopping_wait} epochs"
            self.reason = f"stopped early after epoch {epoch}: {best}"

    def _note_plateau(self, loss: float, rate: float) -> float:
        rule = self.training.reduce_on_plateau
        if rule is None:
            return rate
        if loss < self._plateau_best - 1e-4:
            self._plateau_best, self._plateau_wait = loss, 0
            return rate
        self._plateau_wait += 1
        if self._plateau_wait < max(rule.patience, 1):
            return rate
        self._plateau_wait = 0
        return max(rate * rule.factor, min(rule.min_learning_rate, rate))


def watched(logs: Mapping[str, float]) -> float:
    """The loss that decides which epoch is best."""
    return logs.get("val_loss", logs["loss"])
