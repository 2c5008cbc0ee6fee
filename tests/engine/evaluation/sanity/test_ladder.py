"""The sanity ladder on made-up data: what holds of a sound experiment, and which rung each fault breaks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.evaluation.sanity import learning_rate_range, trials
from engine.evaluation.sanity.ladder import Ladder, Rung, climb, theoretical_loss
from engine.events import Preparing
from engine.experiment.layers import Dense, Dropout
from engine.experiment.model import Data, Experiment, Training
from tests.engine import tiny

SOUND = Experiment(
    data=Data(vocabulary=60),
    layers=(Dense(units=16, activation="relu", l2=0.1), Dropout(rate=0.5), Dense(units=1, activation="sigmoid")),
    training=Training(metrics=("accuracy",), learning_rate=0.01, batch_size=32),
)


def climbed(experiment: Experiment, dataset: Dataset) -> dict[str, Rung]:
    steps = climb(experiment, dataset)
    rungs: list[Rung] = []
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            ladder: Ladder = stop.value
            assert ladder.rungs == tuple(rungs)
            return {rung.check: rung for rung in rungs}
        assert isinstance(step, Preparing | Rung)
        rungs += [step] if isinstance(step, Rung) else []


@pytest.fixture(scope="module")
def sound() -> dict[str, Rung]:
    return climbed(SOUND, tiny.text(400))


def test_a_sound_experiment_passes_every_rung(sound: dict[str, Rung]) -> None:
    assert list(sound) == ["loss_at_start", "one_batch", "shuffled_labels", "zeroed_inputs", "learning_rate"]
    assert [rung.check for rung in sound.values() if not rung.ok] == []
    assert sound["loss_at_start"].expected == pytest.approx(math.log(2))
    assert sound["loss_at_start"].value == pytest.approx(math.log(2), abs=0.1)
    assert "memorised in " in sound["one_batch"].why


def test_the_rates_tried_grow_from_a_millionth(sound: dict[str, Rung]) -> None:
    curve = sound["learning_rate"].curve
    rates = [rate for rate, _ in curve]
    assert rates[0] == pytest.approx(1e-6)
    assert rates == sorted(rates)
    assert len(rates) > 50
    assert sound["learning_rate"].expected is not None
    lowest = min(curve, key=lambda point: point[1])
    assert sound["learning_rate"].expected == pytest.approx(lowest[0] / 5, rel=0.5)


def test_a_huge_learning_rate_and_a_wrong_scale_are_found() -> None:
    dataset = tiny.columns(200, task="binary", classes=2)
    unscaled = replace(dataset, samples=np.asarray(dataset.samples) * np.float32(1000))
    settings = SOUND.model_copy(
        update={
            "data": Data(scaling="none"),
            "layers": (Dense(units=1, activation="sigmoid"),),
            "training": Training(metrics=("accuracy",), learning_rate=100.0, optimizer="sgd", batch_size=32),
        }
    )
    found = climbed(settings, unscaled)
    assert not found["loss_at_start"].ok
    assert not found["learning_rate"].ok
    assert "scale of the inputs" in found["loss_at_start"].why


def test_training_samples_among_the_validation_samples_do_not_pass_as_nothing_learnt() -> None:
    dataset = tiny.columns(80, task="binary", classes=2)
    same = replace(
        dataset, samples=np.tile(np.asarray(dataset.samples), (8, 1)), targets=np.tile(dataset.targets, 8)
    )
    shuffled = trials.shuffled_targets(same)
    train = same.split.train
    assert sorted(shuffled.targets[train].tolist()) == sorted(same.targets[train].tolist())
    assert (shuffled.targets[same.split.validation] == same.targets[same.split.validation]).all()
    assert (shuffled.targets[train] != same.targets[train]).any()


def test_trials_never_have_test_samples() -> None:
    dataset = tiny.text(400)
    short = trials.shortened(dataset)
    assert len(short.split.test) == 0
    seen = {*short.split.train.tolist(), *short.split.validation.tolist()}
    assert not seen & set(dataset.split.test.tolist())
    alone = replace(dataset, split=replace(dataset.split, validation=dataset.split.validation[:0]))
    held = trials.shortened(alone).split
    assert len(held.validation) == len(dataset.split.train) // 5
    assert not set(held.validation.tolist()) & set(held.train.tolist())


def test_empty_inputs_keep_their_number_and_form() -> None:
    assert (trials.zeroed(np.ones((3, 2), np.float32)) == 0).all()
    empty = trials.zeroed(Ragged.of([[1, 2], [3]]))
    assert len(empty) == 2
    assert empty.lengths.tolist() == [0, 0]


def test_a_batch_is_learnt_without_what_keeps_it_from_being_learnt() -> None:
    plain = trials.unregularised(SOUND)
    assert [layer.kind for layer in plain.layers] == ["dense", "dense"]
    assert all(layer.l2 == 0 for layer in plain.layers if isinstance(layer, Dense))


@pytest.mark.parametrize(
    ("loss", "outputs", "known"),
    [("binary_crossentropy", 1, math.log(2)), ("sparse_categorical_crossentropy", 3, math.log(3))],
)
def test_the_loss_of_knowing_nothing(loss: str, outputs: int, known: float) -> None:
    dataset = tiny.columns(90, task="classes", classes=3)
    assert theoretical_loss(dataset, Training.model_validate({"loss": loss}), outputs) == pytest.approx(known)


def test_the_loss_of_knowing_nothing_of_values_is_that_of_answering_zero() -> None:
    dataset = tiny.columns()
    targets = dataset.targets[dataset.split.train]
    assert theoretical_loss(dataset, Training(loss="mse"), 1) == pytest.approx(
        float(np.square(targets).mean()), rel=1e-4
    )
    assert math.isnan(theoretical_loss(dataset, Training(loss="huber"), 1))


def test_no_rate_is_proposed_where_the_loss_never_fell() -> None:
    flat = learning_rate_range._proposed(np.geomspace(1e-6, 10, 5), np.array([1.0, 1.0, 0.999, 1.2, np.inf]))
    assert flat.proposal is None
    fell = learning_rate_range._proposed(np.geomspace(1e-6, 10, 5), np.array([1.0, 0.9, 0.5, 1.2, np.inf]))
    assert fell.proposal == pytest.approx(6e-4, rel=0.1)


def test_targets_that_leak_into_the_inputs_are_found_by_shuffled_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leak by which even shuffled training labels tell of the validation samples: the same samples in both."""
    dataset = tiny.columns(100, task="binary", classes=2)
    half = np.arange(50)
    indices = np.concatenate([np.eye(50, dtype=np.float32)] * 2)
    targets = np.tile(np.random.default_rng(0).integers(2, size=50), 2)
    leaking = replace(
        dataset, samples=indices, targets=targets, columns=tuple(map(str, range(50))),
        split=replace(dataset.split, train=half, validation=half + 50, test=half[:0]),
    )  # fmt: skip

    def same(data: Dataset, seed: int = 0) -> Dataset:
        return data

    monkeypatch.setattr(trials, "shuffled_targets", same)
    settings = SOUND.model_copy(
        update={
            "data": Data(scaling="none"),
            "layers": (Dense(units=1, activation="sigmoid"),),
            "training": Training(metrics=("accuracy",), learning_rate=1.0, batch_size=10),
        }
    )
    rung = climbed(settings, leaking)["shuffled_labels"]
    assert not rung.ok
    assert rung.value == 1.0
