"""What a predictor that ignores its input reaches, against Keras's own losses on its answers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from engine.experiment.model import Training
from engine.training.baselines import baselines
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


def test_the_mean_is_answered_for_figures() -> None:
    dataset = tiny.columns()
    errors = dataset.targets[dataset.split.validation] - dataset.targets[dataset.split.train].mean()
    found = baselines(dataset, Training(loss="mse", metrics=("mae",)))
    assert found == pytest.approx({"loss": np.square(errors).mean(), "mae": np.abs(errors).mean()})
