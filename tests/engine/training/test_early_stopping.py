"""The best epoch and early stopping, against Keras's own callback on the same losses."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import EpochEnded
from engine.experiment.model import EarlyStopping, Training
from engine.training.early_stopping import WatchedLoss

losses = st.lists(st.integers(0, 64).map(lambda number: number / 64), min_size=1, max_size=30)
"""Losses that float32 holds exactly: Keras compares in float32."""


class FakeModel:
    """Has the epoch's number for weights, as a callback sees a model."""

    def __init__(self) -> None:
        self.epoch = 0
        self.stop_training = False
        self.metrics: list[Any] = []

    def get_weights(self) -> int:
        return self.epoch

    def set_weights(self, epoch: int) -> None:
        self.epoch = epoch


def of_keras(values: list[float], rule: EarlyStopping | None) -> tuple[int, int, int]:
    """Keras's best epoch, the epoch of the weights it restores, and the last epoch, all counted from 1."""
    patience = max(rule.patience, 1) if rule else len(values)
    least = rule.min_delta if rule else 0
    callback = keras.callbacks.EarlyStopping("val_loss", least, patience, mode="min", restore_best_weights=True)
    model = FakeModel()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(values):
        model.epoch = epoch + 1
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    last = model.epoch
    callback.on_train_end()
    return callback.best_epoch + 1, model.epoch, last


def ours(values: list[float], rule: EarlyStopping | None, resumed_at: int | None = None) -> tuple[int, int, int]:
    """The same of a watched loss; it is made again, as by resuming a run, after ``resumed_at`` epochs."""
    training = Training(early_stopping=rule)
    watched_loss, epochs = WatchedLoss(training), []
    for epoch, loss in enumerate(values, 1):
        if watched_loss.stops:
            break
        if len(epochs) == resumed_at:
            watched_loss = WatchedLoss(training, epochs)
        logs = {"loss": 0.1, "val_loss": loss}
        epochs.append(EpochEnded(epoch, logs, 1.0, watched_loss.improves(logs), 0.001))
        watched_loss.after(epochs[-1])
    best = next(ended.epoch for ended in reversed(epochs) if ended.best)
    return best, best, len(epochs)


@given(losses, st.integers(0, 5), st.sampled_from([0.0, 1 / 64, 5 / 64, 0.5]), st.none() | st.integers(1, 9))
def test_best_and_last_epoch_are_those_of_keras(
    values: list[float], patience: int, least: float, resumed_at: int | None
) -> None:
    rule = EarlyStopping(patience=patience, min_delta=least)
    assert ours(values, rule, resumed_at) == of_keras(values, rule)


@given(losses)
def test_without_early_stopping_the_first_epoch_of_lowest_loss_is_the_best(values: list[float]) -> None:
    best = values.index(min(values)) + 1
    assert ours(values, None) == of_keras(values, None) == (best, best, len(values))


def test_the_reason_names_the_epochs_without_a_fall_and_the_least_one() -> None:
    watched_loss = WatchedLoss(Training(early_stopping=EarlyStopping(patience=2, min_delta=0.1)))
    for epoch, loss in enumerate((1.0, 0.95, 0.92), 1):
        watched_loss.after(EpochEnded(epoch, {"loss": 1.0, "val_loss": loss}, 1.0, epoch == 1, 0.001))
    assert (
        watched_loss.reason == "stopped early after epoch 3: the loss has not fallen by more than 0.1 for 2 epochs"
    )


@pytest.mark.parametrize("least", [0.0, 0.3])
def test_without_validation_samples_every_epoch_is_the_best_so_far(least: float) -> None:
    watched_loss = WatchedLoss(Training(early_stopping=EarlyStopping(min_delta=least)))
    assert all(watched_loss.improves({"loss": loss}) for loss in (1.0, 2.0, 0.5))
