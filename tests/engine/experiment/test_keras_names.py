"""The names in settings are Keras's own."""

from __future__ import annotations

from typing import get_args

import keras
import pytest

from engine.experiment.keras_names import (
    LONG_NAMES,
    METRIC_CLASSES,
    OPTIMIZER_CLASSES,
    WITH_MOMENTUM,
    LossName,
    MetricName,
    OptimizerName,
)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_an_optimizers_class_is_the_one_that_keras_finds_by_its_name(name: str) -> None:
    optimizer = keras.optimizers.get(name)
    assert type(optimizer).__name__ == OPTIMIZER_CLASSES[name]
    assert ("momentum" in optimizer.get_config()) == (name in WITH_MOMENTUM)


def test_a_metrics_class_is_the_one_that_keras_finds_by_its_name() -> None:
    for name, kind in METRIC_CLASSES.items():
        assert type(keras.metrics.get(name)).__name__ == kind
    assert METRIC_CLASSES.keys() <= set(get_args(MetricName))


def test_keras_knows_every_loss_and_every_other_name() -> None:
    means = set(get_args(MetricName)) - METRIC_CLASSES.keys() - {"accuracy"}
    assert all(callable(keras.losses.get(name)) for name in {*get_args(LossName), *means})
    for long, short in LONG_NAMES.items():
        assert long == "acc" or keras.losses.get(long) is keras.losses.get(short)
