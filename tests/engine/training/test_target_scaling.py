"""Scaled targets and weighted classes: what is learnt, and in which units it is reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from engine import events
from engine.datasets.dataset import Dataset
from engine.errors import DataError, TrainingError
from engine.experiment.layers import Dense
from engine.experiment.model import Data, Experiment, Training
from engine.exporting.keras_model import saved_model
from engine.features.target import TargetScaling, fit_target
from engine.prediction.predictor import Predictor
from engine.training.class_weights import class_weights
from engine.training.run import Run
from tests.engine import tiny


def experiment(scaling: str, loss: str = "mse", **data: Any) -> Experiment:
    return Experiment(
        data=Data(dataset="tiny", target_scaling=scaling, **data),  # type: ignore[arg-type]
        layers=(Dense(units=8, activation="relu"), Dense(units=1)),
        training=Training(
            loss=loss, metrics=("mae", "mse"), optimizer="adam", learning_rate=0.02, epochs=12, batch_size=16
        ),
    )


def prices() -> Dataset:
    found = tiny.columns()
    targets = (300_000 + 50_000 * (found.targets - found.targets.mean()) / found.targets.std()).astype(np.float32)
    return replace(found, targets=targets, target="price")


@pytest.mark.parametrize("scaling", ["standard", "log"])
@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_losses_metrics_and_predictions_are_in_the_targets_own_units(scaling: str, loss: str) -> None:
    data = prices()
    run = Run(experiment(scaling, loss), data, test=True)
    tested = [event for event in run if isinstance(event, events.Tested)]
    predictor = Predictor(run.experiment, run.features, run.checkpoint().best)
    answers = predictor.outputs(np.asarray(data.samples)[data.split.test])[:, 0]
    wanted = data.targets[data.split.test]
    errors = np.abs(answers - wanted)
    assert tested[0].scores["mae"] == pytest.approx(errors.mean(), rel=1e-3)
    expected = float(
        np.mean(
            getattr(keras.losses, {"mse": "mean_squared_error", "mae": "mean_absolute_error"}.get(loss, loss))(
                wanted[:, None], answers[:, None]
            )
        )
    )
    assert tested[0].scores["loss"] == pytest.approx(expected, rel=1e-3)
    assert errors.mean() < np.abs(wanted - np.median(wanted)).mean() * 1.2


def test_a_large_target_is_learnt_in_few_epochs_only_when_it_is_scaled() -> None:
    last = {}
    for scaling in ("none", "standard"):
        run = Run(experiment(scaling), prices())
        assert [event.reason for event in run if isinstance(event, events.Ended)] == [None]
        last[scaling] = run.epochs[-1].logs["val_mae"]
    assert last["none"] > 250_000
    assert last["standard"] < 50_000


@pytest.mark.parametrize("weight", [{}, {"sample_weight": np.linspace(0.5, 1.5, 200, dtype=np.float32)}])
def test_targets_that_are_one_in_float32_are_learnt_and_scored_apart(weight: Any) -> None:
    columns = tiny.columns()
    seconds = 10 * (columns.targets - columns.targets.mean()) / columns.targets.std()
    data = replace(columns, targets=1_700_000_000.0 + seconds.astype(np.float64), target="time")
    weight = {name: values[: len(seconds)] for name, values in weight.items()}
    run = Run(experiment("standard"), data, **weight)
    assert [event.reason for event in run if isinstance(event, events.Ended)] == [None]
    assert 0.01 < run.epochs[-1].logs["val_mae"] < 8
    held_out = data.split.validation
    predictor = Predictor(run.experiment, run.features, run.checkpoint().weights)
    answers = predictor.outputs(np.asarray(data.samples)[held_out])[:, 0]
    error = np.abs(answers - data.targets[held_out]).mean()
    assert run.epochs[-1].logs["val_mae"] == pytest.approx(error, rel=1e-3)
    assert float(f"{answers[0]:.{run.features.target.digits}g}") == pytest.approx(answers[0], abs=1e-3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras reads its file so
@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_an_exported_model_answers_in_the_targets_own_units(scaling: str, tmp_path: Any) -> None:
    data = prices()
    run = Run(experiment(scaling), data)
    list(run)
    weights = run.checkpoint().best
    (tmp_path / "model.keras").write_bytes(saved_model(run.experiment, run.features, weights))
    indices = np.asarray(data.samples)[:20]
    alone = keras.models.load_model(tmp_path / "model.keras")(indices).numpy()
    assert alone == pytest.approx(Predictor(run.experiment, run.features, weights).outputs(indices), rel=1e-4)


def test_scaling_is_undone_exactly_and_refuses_what_has_no_logarithm() -> None:
    values = np.array([0.0, 10.0, 1e6])
    for scaling in (TargetScaling(), TargetScaling(False, 5.0, 3.0), TargetScaling(True, 5.0, 3.0)):
        assert scaling.unscaled(scaling.scaled(values)) == pytest.approx(values, rel=1e-4, abs=1e-4)
    negative = replace(prices(), targets=prices().targets - 1e6)
    with pytest.raises(
        DataError, match=r"the target 'price' goes down to .* set data\.target_scaling to standard"
    ):
        fit_target(negative, Data(target_scaling="log"), negative.split.train)


def test_weights_of_classes_balance_them_or_are_as_stated() -> None:
    data = tiny.text(classes=3)
    known = data.targets[data.split.train]
    balanced = class_weights(data, Data(class_weight="balanced"))
    assert balanced is not None
    totals = [balanced[data.split.train][known == number].sum() for number in range(3)]
    assert totals == pytest.approx([len(known) / 3] * 3)
    stated = class_weights(data, Data(class_weight={data.labels[1]: 4.0}))
    assert stated is not None
    assert np.unique(stated[data.targets == 1]).tolist() == [4.0]
    assert class_weights(data, Data()) is None
    with pytest.raises(TrainingError, match="class_weight names 'nobody': the classes are"):
        class_weights(data, Data(class_weight={"nobody": 2.0}))
    with pytest.raises(TrainingError, match="class_weight is for classes, and the target is a number"):
        class_weights(tiny.columns(), Data(class_weight="balanced"))


def test_a_weighted_step_is_that_of_keras() -> None:
    data = tiny.text()
    weights = np.where(data.targets == 1, 3.0, 0.5).astype(np.float32)
    chosen = tiny.experiment(epochs=1, data={"class_weight": {data.labels[0]: 0.5, data.labels[1]: 3.0}})
    by_class, by_sample = Run(chosen, data), Run(tiny.experiment(epochs=1), data, sample_weight=weights)
    for run in (by_class, by_sample):
        list(run)
    for one, other in zip(by_class.checkpoint().weights, by_sample.checkpoint().weights, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
