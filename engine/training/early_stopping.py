"""Decisions based on the watched loss: the best epoch, early stopping and learning rate reduction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.events import EpochEnded
from engine.experiment.model import Training


class WatchedLoss:
    """Tracks the watched loss over a run; constructed with the epochs that have ended, it continues after them.

    The watched loss is the validation loss without penalties, or the training loss if there are no validation
    samples. An epoch is the best so far if its watched loss is more than early stopping's ``min_delta`` below that
    of the best epoch before it (``min_delta`` is 0 without early stopping). This is the rule of
    ``keras.callbacks.EarlyStopping(restore_best_weights=True)`` and the only definition of the best epoch. The
    learning rate follows ``keras.callbacks.ReduceLROnPlateau``.
    """

    def __init__(self, training: Training, epochs: Sequence[EpochEnded] = ()) -> None:
        self.training = training
        self.reason: str | None = None
        self._least_fall = training.early_stopping.min_delta if training.early_stopping else 0.0
        self._best, self._wait = math.inf, 0
        self._plateau_best, self._plateau_wait = math.inf, 0
        for ended in epochs:
            self.after(ended)

    @property
    def stops(self) -> bool:
        """Whether early stopping ends the run here; ``reason`` then says why."""
        return self.reason is not None

    def improves(self, logs: Mapping[str, float]) -> bool:
        """Whether an epoch with these logs is the best so far; without validation samples, always True.

        The training loss continues to fall while a network overfits, so it cannot be used to choose an epoch.
        """
        return "val_loss" not in logs or self._falls(watched(logs))

    def after(self, ended: EpochEnded) -> float:
        """Record an ended epoch; return the learning rate of the next."""
        loss = watched(ended.logs)
        self._note_best(loss, ended.epoch)
        return self._note_plateau(loss, ended.learning_rate)

    def _falls(self, loss: float) -> bool:
        return loss + self._least_fall < self._best

    def _note_best(self, loss: float, epoch: int) -> None:
        if self._falls(loss):
            self._best, self._wait = loss, 0
            return
        self._wait += 1
        rule = self.training.early_stopping
        if rule and self._wait >= max(rule.patience, 1):
            fall = f" by more than {rule.min_delta:g}" if rule.min_delta else ""
            self.reason = (
                f"stopped early after epoch {epoch}: the loss has not fallen{fall} for {self._wait} epochs"
            )

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
    """Return the loss that determines the best epoch."""
    return logs.get("val_loss", logs["loss"])
