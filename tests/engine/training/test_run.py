"""The training loop against Keras's own, and what a run promises: the same curves, the same after a resume."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar
from unittest.mock import ANY

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine import events as happened
from engine.datasets.dataset import Dataset, take
from engine.errors import TrainingError
from engine.events import Ended, EpochEnded, Event, Preparing, Progress, Started, Status
from engine.experiment.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    LayerNormalization,
    MaxPooling1D,
    SpatialDropout1D,
)
from engine.experiment.model import EarlyStopping, Experiment, ReduceOnPlateau
from engine.network import compiled_steps, whole_batches
from engine.network.batches import shuffled
from engine.network.build import plain
from engine.network.input_adapters import pad
from engine.network.network_pool import Pool
from engine.training.run import Run
from tests.engine import tiny

Kind = TypeVar("Kind")
OUTPUT = Dense(units=1, activation="sigmoid")
REGULARISED = (Dense(units=6, activation="relu", l2=0.01), Dense(units=4, activation="tanh", l1=0.002), OUTPUT)


def test_events_come_in_order() -> None:
    events = list(Run(tiny.experiment(epochs=2), dataset=tiny.text(), test=True))
    kinds = [type(event) for event in events if not isinstance(event, Preparing | Progress)]
    assert kinds == [Started, EpochEnded, EpochEnded, happened.Tested, Ended]
    assert events[-1] == Ended(Status.FINISHED, events[-1].best_epoch, events[-1].seconds)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "optimizer", ["rmsprop", "adam", "adamw", "nadam", "adamax", "sgd", "adagrad", "adadelta"]
)
def test_equals_train_on_batch(optimizer: str) -> None:
    experiment = tiny.experiment(*REGULARISED, optimizer=optimizer, learning_rate=0.01)
    _assert_equals_keras(experiment, tiny.text())


def test_equals_train_on_batch_with_momentum() -> None:
    experiment = tiny.experiment(*REGULARISED, optimizer="rmsprop", momentum=0.5, epochs=2)
    _assert_equals_keras(experiment, tiny.text())


@pytest.mark.parametrize(
    "layers",
    [
        (Embedding(output_dim=5), GlobalAveragePooling1D(), OUTPUT),
        (Embedding(output_dim=5, mask_zero=False), GlobalAveragePooling1D(), OUTPUT),
        (Embedding(output_dim=5, mask_zero=False), GlobalMaxPooling1D(), OUTPUT),
        (Embedding(output_dim=4, mask_zero=False), Flatten(), OUTPUT),
        (Embedding(output_dim=4, mask_zero=False), Conv1D(filters=3), MaxPooling1D(), Flatten(), OUTPUT),
        (Embedding(output_dim=4), LSTM(units=3), OUTPUT),
        (Embedding(output_dim=4), Bidirectional(layer="gru", units=3), OUTPUT),
        (Embedding(output_dim=4), LayerNormalization(), GRU(units=3), OUTPUT),
    ],
    ids=lambda layers: "-".join(layer.kind for layer in layers[:-1]),
)
def test_sequences_equal_train_on_batch(layers: tuple[Layer, ...]) -> None:
    experiment = tiny.experiment(*layers, data={"encoding": "sequence"}, epochs=1)
    _assert_equals_keras(experiment, tiny.text())


@pytest.mark.parametrize(("optimizer", "momentum"), [("adam", 0), ("sgd", 0), ("nadam", 0), ("rmsprop", 0.5)])
def test_an_embeddings_mean_equals_train_on_batch(optimizer: str, momentum: float) -> None:
    layers = (Embedding(output_dim=5), GlobalAveragePooling1D(), OUTPUT)
    settings = {"optimizer": optimizer, "momentum": float(momentum), "epochs": 2}
    experiment = tiny.experiment(*layers, data={"encoding": "sequence"}, **settings)
    _assert_equals_keras(experiment, tiny.text())


def test_columns_equal_train_on_batch() -> None:
    layers = (Dense(units=6, activation="relu"), BatchNormalization(momentum=0.9), Dense(units=1))
    experiment = tiny.experiment(*layers, loss="mse", metrics=("mae",), batch_size=7)
    _assert_equals_keras(experiment, tiny.columns())


@pytest.fixture
def long_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is long enough for XLA."""
    monkeypatch.setattr(whole_batches, "XLA_STEPS", 1)


@pytest.mark.usefixtures("long_runs")
def test_long_runs_on_columns_equal_train_on_batch() -> None:
    layers = (Dense(units=6, activation="relu", l2=0.01), BatchNormalization(momentum=0.9), Dense(units=1))
    experiment = tiny.experiment(*layers, loss="mse", metrics=("mae",), batch_size=7)
    _assert_equals_keras(experiment, tiny.columns())


def test_long_runs_give_the_curves_of_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (Dense(units=6, activation="gelu"), Dropout(rate=0.4), OUTPUT)
    experiment = tiny.experiment(*layers, metrics=("accuracy", "auc"), batch_size=7, optimizer="nadam")
    weights, pool = np.linspace(0.5, 2, 90, dtype=np.float32), Pool()
    curves = []
    for steps in (1000, 1, 1):
        monkeypatch.setattr(whole_batches, "XLA_STEPS", steps)
        run = Run(experiment, tiny.columns(task="binary", classes=2), sample_weight=weights, pool=pool)
        list(run)
        run.release()
        curves.append([ended.logs for ended in run.epochs])
    for short, long in zip(*curves[:2], strict=True):
        assert long == pytest.approx(short, abs=1e-5)
    assert curves[1] == curves[2]


def test_long_runs_train_as_short_ones_where_there_is_no_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = tiny.experiment(Dense(units=4, activation="relu"), Dropout(rate=0.4), OUTPUT, batch_size=7)
    dataset, pool = tiny.columns(task="binary", classes=2), Pool()
    _, short = _trained(experiment, dataset)

    def refusing(*_: object) -> None:
        raise tf.errors.NotFoundError(None, None, "could not find registered platform with id: 0x1320e1750")

    monkeypatch.setattr(whole_batches, "XLA_STEPS", 1)
    monkeypatch.setattr(compiled_steps, "compiled", lambda *_: refusing)
    for _ in range(2):
        run = Run(experiment, dataset, pool=pool)
        assert list(run)[-1] == Ended(Status.FINISHED, run.best_epoch, ANY)
        run.release()
        assert [epoch.logs for epoch in run.epochs] == [epoch.logs for epoch in short]


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_classes_equal_train_on_batch(loss: str) -> None:
    layers = (Dense(units=5, activation="relu"), Dense(units=3), Activation(activation="softmax"))
    _assert_equals_keras(tiny.experiment(*layers, loss=loss), tiny.columns(task="classes"))


def test_evaluation_equals_keras() -> None:
    experiment = tiny.experiment(*REGULARISED, metrics=("accuracy", "auc", "mae"), epochs=2)
    run, _ = _trained(experiment, tiny.text())
    assert run.dataset is not None
    indices = run.dataset.split.validation
    model = _compiled(
        plain(experiment, run.features, run.network.weights()), experiment, ["accuracy", "AUC", "mae"]
    )
    expected = model.evaluate(
        _dense(run, indices), _desired(run, indices), batch_size=512, verbose=0, return_dict=True
    )
    penalty = sum(float(value) for value in model.losses)
    logs = run.epochs[-1].logs
    assert logs["val_loss"] == pytest.approx(expected["loss"] - penalty, abs=1e-5)
    assert logs["val_accuracy"] == pytest.approx(expected["accuracy"], abs=1e-6)
    assert logs["val_auc"] == pytest.approx(expected["AUC"], abs=1e-5)
    assert logs["val_mae"] == pytest.approx(expected["mae"], abs=1e-5)


def test_metrics_of_integer_labels_are_those_of_their_one_hot_form() -> None:
    layers = (Dense(units=5, activation="relu"), Dense(units=3, activation="softmax"))
    curves = [
        _trained(
            tiny.experiment(*layers, loss=loss, metrics=("accuracy", "precision", "auc", "mse")),
            tiny.columns(task="classes"),
        )[1][-1].logs
        for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy")
    ]
    assert curves[0] == pytest.approx(curves[1], abs=1e-5)


def test_f1_stands_beside_precision_and_recall_wherever_they_are() -> None:
    experiment = tiny.experiment(OUTPUT, epochs=2, metrics=("recall", "accuracy", "precision"))
    run = Run(experiment, tiny.text(), test=True, evaluate_training=True)
    tested = next(event for event in run if isinstance(event, happened.Tested))
    for scores in (*(ended.logs for ended in run.epochs), {f"test_{k}": v for k, v in tested.scores.items()}):
        for prefix in {name.removesuffix("recall") for name in scores if name.endswith("recall")}:
            precision, recall = scores[f"{prefix}precision"], scores[f"{prefix}recall"]
            assert scores[f"{prefix}f1"] == pytest.approx(2 * precision * recall / (precision + recall or 1))
    assert {"f1", "val_f1", "eval_f1"} <= run.epochs[-1].logs.keys()
    _, (without, *_) = _trained(tiny.experiment(OUTPUT, epochs=1, metrics=("precision",)), tiny.text())
    assert "f1" not in without.logs


def test_losses_are_free_of_penalties() -> None:
    heavy = (Dense(units=4, l2=10.0), OUTPUT)
    _, (first, *_) = _trained(tiny.experiment(*heavy, epochs=1), tiny.text())
    assert first.logs["penalty"] > 1
    assert first.logs["loss"] < 2
    assert first.logs["val_loss"] < 2


STACKS = {
    "bag": (Dense(units=4, activation="relu"), Dropout(rate=0.4), OUTPUT),
    "sequence": (Embedding(output_dim=4), SpatialDropout1D(), LSTM(units=3), Dropout(rate=0.2), OUTPUT),
}


def test_same_seed_gives_the_same_curves_and_another_seed_others() -> None:
    experiment = tiny.experiment(*STACKS["bag"])
    first, second, other = (
        _trained(experiment.model_copy(update={"seed": seed}), tiny.text())[1] for seed in (7, 7, 8)
    )
    assert [epoch.logs for epoch in first] == [epoch.logs for epoch in second]
    assert [epoch.logs for epoch in first] != [epoch.logs for epoch in other]


@pytest.mark.parametrize(
    ("form", "optimizer"), [("bag", "rmsprop"), ("bag", "adam"), ("bag", "nadam"), ("sequence", "adam")]
)
def test_a_resumed_run_equals_an_uninterrupted_one(form: str, optimizer: str) -> None:
    encoding = "multi-hot" if form == "bag" else form
    experiment = tiny.experiment(
        *STACKS[form],
        data={"encoding": encoding},
        optimizer=optimizer,
        epochs=4,
        reduce_on_plateau=ReduceOnPlateau(patience=1),
    )
    whole, epochs = _trained(experiment, tiny.text())
    half = Run(experiment, dataset=tiny.text())
    events = iter(half)
    while len(half.epochs) < 2:
        next(events)
    checkpoint = half.checkpoint()
    events.close()  # type: ignore[attr-defined]
    resumed = Run(experiment, dataset=tiny.text(), resume=checkpoint)
    assert _only(list(resumed), Started).first_epoch == 3
    for one, other in zip(resumed.epochs, epochs, strict=True):
        assert one.logs == pytest.approx(other.logs, abs=1e-6)
    for mine, theirs in zip(resumed.network.weights(), whole.network.weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_retraining_takes_training_and_validation_samples_together() -> None:
    events = list(Run(tiny.experiment(epochs=1), dataset=tiny.text(), retrain=True, test=True))
    started = _only(events, Started)
    assert (started.data.train, started.data.validation, started.data.test) == (72, 0, 18)
    assert set(_only(events, EpochEnded).logs) == {"loss", "accuracy", "penalty"}
    assert _only(events, happened.Tested).epoch == 1


def test_without_validation_samples_the_last_epoch_is_the_best() -> None:
    experiment = tiny.experiment(Dense(units=1), loss="mse", metrics=(), epochs=9, learning_rate=5)
    run = Run(experiment, dataset=tiny.columns(), retrain=True, test=True)
    events = list(run)
    losses = [ended.logs["loss"] for ended in run.epochs]
    assert min(losses) < losses[-1]  # else this shows nothing
    assert run.best_epoch == _only(events, happened.Tested).epoch == 9
    for best, last in zip(run.checkpoint().best, run.network.weights(), strict=True):
        np.testing.assert_array_equal(best, last)


def test_the_test_values_are_the_best_epochs() -> None:
    experiment = tiny.experiment(epochs=6, learning_rate=0.2)
    run, epochs = _trained(experiment, tiny.text())
    best = min(epochs, key=lambda epoch: epoch.logs["val_loss"])
    assert run.best_epoch == best.epoch
    assert [epoch.best for epoch in epochs][best.epoch - 1]


def test_a_run_with_min_delta_tests_the_epoch_that_early_stopping_calls_best() -> None:
    rule = EarlyStopping(patience=3, min_delta=0.02)
    experiment = tiny.experiment(epochs=30, learning_rate=0.02, early_stopping=rule)
    run = Run(experiment, dataset=tiny.text(), test=True)
    tested = _only(list(run), happened.Tested)
    losses = [ended.logs["val_loss"] for ended in run.epochs]
    kept = [ended.epoch for ended in run.epochs if ended.best]
    assert run.best_epoch == tested.epoch == kept[-1] == len(losses) - 3
    assert losses.index(min(losses)) + 1 != run.best_epoch  # else this shows nothing
    model = _compiled(plain(experiment, run.features, run.checkpoint().best), experiment, ["accuracy"])
    indices = run.dataset.split.test  # type: ignore[union-attr]
    expected = model.evaluate(_dense(run, indices), _desired(run, indices), verbose=0, return_dict=True)
    assert tested.scores == pytest.approx(expected, abs=1e-5)


def test_early_stopping_ends_the_run_and_says_why() -> None:
    experiment = tiny.experiment(epochs=60, learning_rate=0.3, early_stopping=EarlyStopping(patience=2))
    events = list(Run(experiment, dataset=tiny.text()))
    ended = _only(events, Ended)
    count = sum(isinstance(event, EpochEnded) for event in events)
    assert ended.status is Status.FINISHED
    assert count < 60
    assert f"stopped early after epoch {count}" in (ended.reason or "")


def test_a_loss_that_is_no_number_fails_with_the_epoch_and_advice() -> None:
    experiment = tiny.experiment(Dense(units=1), loss="mse", metrics=(), optimizer="sgd", learning_rate=1000)
    ended = _only(list(Run(experiment, dataset=tiny.columns())), Ended)
    assert ended.status is Status.FAILED
    assert "in epoch" in (ended.reason or "")
    assert "lower learning rate" in (ended.reason or "")


@pytest.mark.parametrize(
    ("layers", "training", "words"),
    [
        ((), {}, "no layer"),
        ((Dense(units=4),), {}, "the data has"),
        ((Dense(units=1),), {"loss": "sparse_categorical_crossentropy"}, "needs an output for each class"),
        ((LSTM(), OUTPUT), {}, "layer 1"),
    ],
)
def test_what_cannot_be_trained_says_why(
    layers: tuple[Layer, ...], training: dict[str, object], words: str
) -> None:
    experiment = tiny.experiment(**training).model_copy(update={"layers": layers})
    dataset = replace(tiny.text(classes=5), labels=tuple("abcdefgh"))
    ended = _only(list(Run(experiment, dataset=dataset)), Ended)
    assert ended.status is Status.FAILED
    assert words in (ended.reason or "")


def test_a_test_that_cannot_be_made_fails_the_run() -> None:
    dataset = tiny.text()
    split = replace(dataset.split, test=dataset.split.test[:0])
    ended = _only(list(Run(tiny.experiment(), dataset=replace(dataset, split=split), test=True)), Ended)
    assert ended.status is Status.FAILED
    assert "no test samples" in (ended.reason or "")


def test_too_little_memory_fails_the_run_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    monkeypatch.setattr("engine.network.build.build", exhausted)
    ended = _only(list(Run(tiny.experiment(), dataset=tiny.text())), Ended)
    assert ended.status is Status.FAILED
    assert "not enough memory" in (ended.reason or "")


def test_a_pool_lends_no_network_of_another_vocabulary() -> None:
    pool = Pool()
    layers = (Embedding(output_dim=3, mask_zero=False), GlobalMaxPooling1D(), OUTPUT)
    for vocabulary in (30, 60):
        data = {"encoding": "sequence", "vocabulary": vocabulary}
        run = Run(tiny.experiment(*layers, data=data, epochs=1), dataset=tiny.text(), pool=pool)
        assert _only(list(run), Ended).status is Status.FINISHED
        run.release()


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "sgd"])
def test_a_network_that_diverged_is_lent_as_if_new(optimizer: str) -> None:
    def curve(pool: Pool, rate: float) -> list[float]:
        deep = (*(Dense(units=4, activation="linear") for _ in range(8)), Dense(units=1, activation="linear"))
        chosen = {"loss": "mse", "metrics": (), "optimizer": optimizer}
        experiment = tiny.experiment(*deep, epochs=9, learning_rate=rate, **chosen)
        run = Run(experiment, dataset=tiny.columns(), pool=pool)
        list(run)
        run.release()
        return [ended.logs["loss"] for ended in run.epochs]

    pool = Pool()
    assert len(curve(pool, 1000)) < 9
    assert curve(pool, 0.001) == curve(Pool(), 0.001)


def test_weights_of_another_network_are_refused() -> None:
    run, _ = _trained(tiny.experiment(epochs=1), tiny.text())
    with pytest.raises(TrainingError, match="another network"):
        run.network.set_weights(run.network.weights()[:-1])


def test_the_padding_of_a_trimmed_batch_has_no_part_in_the_answer() -> None:
    experiment = tiny.experiment(*STACKS["sequence"], data={"encoding": "sequence"}, epochs=1)
    run, _ = _trained(experiment, tiny.text())
    assert run.dataset is not None
    indices = run.dataset.split.test
    expected = plain(experiment, run.features, run.network.weights())(_dense(run, indices))
    feed = run.network.adapter.feed(take(run.encoded, indices))
    found = run.network.model(run.network.adapter.inputs(feed, 0, len(indices)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_order_of_samples_depends_on_seed_and_epoch_alone() -> None:
    indices, lengths = np.arange(1000), np.random.default_rng(0).integers(1, 50, 1000)
    for known in (None, lengths):
        first = shuffled(indices, known, 16, 7, 3)
        assert sorted(first) == indices.tolist()
        np.testing.assert_array_equal(first, shuffled(indices, known, 16, 7, 3))
        assert (first != shuffled(indices, known, 16, 7, 4)).any()


def test_samples_of_like_length_share_a_batch() -> None:
    lengths = np.random.default_rng(0).integers(1, 257, 4096)
    spread = lengths[shuffled(np.arange(4096), lengths, 32, 7, 1)].reshape(-1, 32).max(axis=1).mean()
    assert spread < 0.6 * 256


def _trained(experiment: Experiment, dataset: Dataset) -> tuple[Run, list[EpochEnded]]:
    run = Run(experiment, dataset=dataset)
    events = list(run)
    ended = _only(events, Ended)
    assert ended.status is Status.FINISHED, ended.reason
    return run, run.epochs


def _only(events: list[Event], kind: type[Kind]) -> Kind:
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def _assert_equals_keras(experiment: Experiment, dataset: Dataset) -> None:
    """Train with Keras's train_on_batch over the same batches and compare weights and losses."""
    run = Run(experiment, dataset=dataset)
    events = iter(run)
    for event in events:
        if isinstance(event, Started):
            break
    first = run.network.weights()
    list(events)
    model = _compiled(plain(experiment, run.features, first), experiment, [])
    size = experiment.training.batch_size
    lengths = run.network.adapter.lengths(run.encoded)
    for epoch in range(1, experiment.training.epochs + 1):
        order = shuffled(dataset.split.train, lengths, size, experiment.seed, epoch)
        for index in range(0, len(order), size):
            indices = order[index : index + size]
            model.train_on_batch(_dense(run, indices), _desired(run, indices))
    assert run.epochs, "the run failed"
    for mine, theirs in zip(run.network.weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6, rtol=1e-5)


def _compiled(model: keras.Model, experiment: Experiment, metrics: list[str]) -> keras.Model:
    training = experiment.training
    known = {"rmsprop": "RMSprop", "sgd": "SGD", "adamw": "AdamW"}
    kind = getattr(keras.optimizers, known.get(training.optimizer, training.optimizer.capitalize()))
    momentum = {"momentum": training.momentum} if training.momentum else {}
    model.compile(
        kind(learning_rate=training.learning_rate, **momentum),
        loss=training.loss,
        metrics=metrics,
        run_eagerly=True,
    )
    return model


def _dense(run: Run, indices: np.ndarray) -> np.ndarray:
    encoded = take(run.encoded, indices)
    if isinstance(encoded, np.ndarray):
        return encoded
    if run.features.form == "sequence":
        return pad(encoded, run.features.shape[0])
    bags = np.zeros((len(indices), run.features.shape[0]), np.float32)
    bags[np.repeat(np.arange(len(indices)), encoded.lengths), encoded.values] = 1
    return bags


def _desired(run: Run, indices: np.ndarray) -> np.ndarray:
    assert run.dataset is not None
    targets = run.dataset.targets[indices]
    if run.network.outputs == 1 or run.experiment.training.loss.startswith("sparse"):
        return targets
    return np.eye(run.network.outputs)[targets]


def test_metrics_that_samples_cannot_have_are_left_out_of_their_scores() -> None:
    dataset = tiny.text()
    negative = np.flatnonzero(dataset.targets[dataset.split.test] == 0)
    split = replace(
        dataset.split,
        validation=dataset.split.validation[dataset.targets[dataset.split.validation] == 1],
        test=dataset.split.test[negative],
    )
    experiment = tiny.experiment(metrics=("accuracy", "auc", "recall"), epochs=1)
    run = Run(experiment, replace(dataset, split=split), test=True, evaluate_training=True)
    [tested] = [event for event in run if isinstance(event, happened.Tested)]
    [ended] = run.epochs
    assert {"auc", "recall", "val_recall", "eval_auc", "eval_recall"} <= set(ended.logs)
    assert "val_auc" not in ended.logs
    assert set(tested.scores) == {"loss", "accuracy"}


def test_tensorflow_is_imported_while_data_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    began = list[str]()
    monkeypatch.setattr("engine.training.run.start_tensorflow_ahead", lambda: began.append("import"))
    monkeypatch.setattr("engine.datasets.load", lambda *_: iter([began.append("read")]))

    next(Run(tiny.experiment(Dense(units=1))).read())

    assert began == ["import", "read"]
