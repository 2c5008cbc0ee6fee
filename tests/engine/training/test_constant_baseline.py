"""Constant-prediction baselines, against Keras's own losses of the same predictions."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from engine.experiment.model import Training
from engine.training.constant_baseline import baselines
from tests.engine import tiny


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_the_shares_of_the_classes_are_answered(classes: int, loss: str) -> None:
    dataset = tiny.text(classes=classes)
    train, held_out = dataset.split.train, dataset.split.validation
    shares = np.bincount(dataset.targets[train], minlength=classes) / len(train)
    desired = np.eye(classes)[dataset.targets[held_out]]
    expected = float(np.mean(getattr(keras.losses, loss)(desired, np.tile(shares, (len(held_out), 1)))))
    found = baselines(dataset, Training(loss=loss, metrics=("accuracy",)))
    assert found["loss"] == pytest.approx(expected, abs=1e-5)
    assert found["accuracy"] == np.mean(dataset.targets[held_out] == shares.argmax())


def test_regression_takes_the_mean_for_mse_and_the_median_for_mae() -> None:
    dataset = tiny.columns()
    known, scored = dataset.targets[dataset.split.train], dataset.targets[dataset.split.validation]
    squares, distances = np.square(scored - known.mean()), np.abs(scored - np.median(known))
    assert np.median(known) != pytest.approx(known.mean())
    found = baselines(dataset, Training(loss="mse", metrics=("mae",)))
    assert found == pytest.approx({"loss": squares.mean(), "mae": distances.mean()})


def test_the_mae_of_two_classes_is_that_of_the_majority() -> None:
    dataset = tiny.text()
    share = dataset.targets[dataset.split.train].mean()
    found = baselines(dataset, Training(metrics=("mae",)))
    assert found["mae"] == pytest.approx(np.abs(dataset.targets[dataset.split.validation] - round(share)).mean())
