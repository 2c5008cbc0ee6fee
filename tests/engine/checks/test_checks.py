"""Findings: each is provoked, its fix makes it go away, and nothing is said where nothing is wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from engine import checks
from engine.checks import Facts, Finding
from engine.datasets import load
from engine.events import EpochEnded
from engine.experiment import toml_file as files
from engine.experiment.layers import LSTM, Activation, Conv1D, Dense, Dropout, Embedding, Layer
from engine.experiment.model import Data, Experiment, Training
from engine.experiment.setting_paths import with_settings
from engine.features import fit
from engine.system.drain import drain
from tests.engine.strategies import instances

TEXT = Facts("text", "binary", 2, 0, 15_000, 10_000, tuple(range(50, 350)), 0.05)
TABLE = Facts("columns", "classes", 3, 8, 300, 100)
SIGMOID, SOFTMAX, LINEAR = (
    Dense(units=1, activation="sigmoid"),
    Dense(units=46, activation="softmax"),
    Dense(units=1),
)
HIDDEN = Dense(units=16, activation="relu")
SEQUENCE = Data(encoding="sequence", length=200)


def preset(name: str, **changes: Any) -> Experiment:
    return with_settings(files.load(name), {path.replace("__", "."): value for path, value in changes.items()})


def imdb(*layers: Layer, data: Data | None = None, **training: Any) -> Experiment:
    return Experiment(data=data or Data(), layers=layers, training=Training(metrics=("accuracy",), **training))


def reuters(*layers: Layer, loss: str = "categorical_crossentropy") -> Experiment:
    return imdb(*layers, data=Data(dataset="reuters"), loss=loss)


PROVOKED: list[tuple[Experiment, Facts | None, str, str, str]] = [
    (imdb(), None, "error", "layers", "the stack has no layer"),
    (imdb(LSTM(), SIGMOID), None, "error", "layers.0", "LSTM reads a sequence: set the encoding"),
    (imdb(LSTM(), SIGMOID, data=SEQUENCE), None, "error", "layers.0", "put an Embedding before it"),
    (imdb(Embedding(), LSTM(), LSTM(), SIGMOID, data=SEQUENCE), None, "error", "layers.2", "(return_sequences)"),
    (imdb(Embedding(), SIGMOID), None, "error", "layers.0", "set the encoding to sequence"),
    (imdb(Embedding(), HIDDEN, SIGMOID, data=SEQUENCE), None, "error", "layers.2", "global average pooling"),
    (imdb(Embedding(), Embedding(), LSTM(), SIGMOID, data=SEQUENCE), None, "error", "layers.1", "the first layer"),
    (
        imdb(Embedding(), Conv1D(kernel_size=300), LSTM(), SIGMOID, data=SEQUENCE),
        None, "error", "layers.1", "its input only has 200",
    ),
    (preset("boston", layers__0__kind="lstm"), None, "error", "layers.0", "this data has columns"),
    (imdb(HIDDEN, LSTM(return_sequences=True), data=SEQUENCE), None, "error", "layers.1", "reads a sequence"),
    (imdb(Embedding(), LSTM(), data=SEQUENCE), None, "warning", "layers.1", "the stack has no output layer"),
    (imdb(HIDDEN, Dense(units=3, activation="sigmoid")), None, "error", "layers.1.units", "two classes need 1"),
    (reuters(HIDDEN, Dense(units=40, activation="softmax")), None, "error", "layers.1.units", "46 classes need"),
    (reuters(HIDDEN, Dense(units=50, activation="softmax")), None, "warning", "layers.1.units", "has 50 units"),
    (preset("boston", layers__2__units=2), None, "error", "layers.2.units", "a number needs 1"),
    (imdb(HIDDEN, Dense(units=1, activation="softmax")), None, "error", "layers.1.activation", "is always 1"),
    (imdb(HIDDEN, LINEAR), None, "warning", "layers.1.activation", "no activation on the output: use sigmoid"),
    (imdb(HIDDEN, SIGMOID, Activation()), None, "warning", "layers.1.activation", "relu on the output"),
    (
        reuters(HIDDEN, Dense(units=46, activation="sigmoid")),
        None, "warning", "layers.1.activation", "sigmoid on the output: use softmax",
    ),
    (preset("boston", layers__2__activation="sigmoid"), None, "warning", "layers.2.activation", "use linear"),
    (preset("boston", layers__2__activation="relu"), None, "advice", "layers.2.activation", "use linear"),
    (preset("boston", training__loss="binary_crossentropy"), None, "error", "training.loss", "fit a number"),
    (imdb(HIDDEN, SIGMOID, loss="categorical_crossentropy"), None, "error", "training.loss", "fit two classes"),
    (reuters(HIDDEN, SOFTMAX, loss="binary_crossentropy"), None, "warning", "training.loss", "fit 46 classes"),
    (reuters(HIDDEN, SOFTMAX, loss="mse"), None, "warning", "training.loss", "mse does not fit 46 classes"),
    (imdb(HIDDEN, SIGMOID, loss="mae"), None, "advice", "training.loss", "mae does not fit two classes"),
    (
        preset("reuters", training__metrics=["accuracy", "precision", "recall"]),
        None, "warning", "training.metrics", "precision and recall say little about 46 classes",
    ),
    (preset("boston", training__metrics=["accuracy"]), None, "warning", "training.metrics", "accuracy says"),
    (imdb(HIDDEN, SIGMOID, Dropout()), None, "warning", "layers.2", "dropout comes after the output layer"),
    (imdb(HIDDEN, SIGMOID, data=SEQUENCE), None, "warning", "layers.0", "calculates with word ids"),
    (preset("reuters", layers__1__units=8), None, "warning", "layers.1", "a bottleneck: 8 units below 46 classes"),
    (
        imdb(Dense(units=16), Dropout(), Dense(units=8), SIGMOID),
        None, "warning", "layers.0.activation", "all hidden layers have no activation",
    ),
    (preset("imdb-l1", layers__0__l1=0.5), None, "warning", "layers.0.l1", "l1 of 0.5 is very strong"),
    (preset("imdb-l2", layers__0__l2=1), None, "warning", "layers.0.l2", "l2 of 1 is very strong"),
    (preset("boston", layers__0__units=256, layers__1__units=256), None, "advice", "layers", "for 506 samples"),
    (preset("boston", data__scaling="none"), None, "warning", "data.scaling", "the columns are not scaled"),
    (
        preset("boston", data__scaling="none"), replace(TABLE, spread=1000.0, task="regression", classes=0),
        "warning", "data.scaling", "one spreads 1,000 times as far as another",
    ),
    (preset("boston", data__validation=600), None, "error", "data.validation", "there are 506 samples in all"),
    (preset("imdb", data__validation=0.8), None, "warning", "data.validation", "80% of the samples"),
    (preset("imdb-embedding", data__length=40), TEXT, "warning", "data.length", "longer than 40 words"),
    (preset("imdb-embedding", data__length=2000), TEXT, "advice", "data.length", "padded to 2000"),
    (preset("imdb-lstm", data__length=800), None, "advice", "data.length", "800 steps one by one"),
    (preset("imdb", data__vocabulary=500), replace(TEXT, unknown=0.3), "advice", "data.vocabulary", "30% of the"),
    (preset("boston", training__batch_size=512), None, "warning", "training.batch_size", "than the 506 samples"),
    (preset("imdb", training__learning_rate=0.5), None, "warning", "training.learning_rate", "a large"),
    (preset("imdb", training__optimizer="adadelta"), None, "warning", "training.learning_rate", "a small"),
    (
        preset("imdb", training__optimizer="adam", training__momentum=0.9),
        None, "advice", "training.momentum", "adam takes no momentum",
    ),
    (
        preset("imdb", training__early_stopping__patience=20),
        None, "advice", "training.early_stopping.patience", "never stops 20 epochs early",
    ),
    (preset("imdb", data__dataset="imbd"), None, "error", "data.dataset", "'imbd': did you mean imdb?"),
    (preset("imdb", data__dataset="\x1b[2J/x.csv"), None, "error", "data.dataset", "'\\x1b[2J/x.csv'"),
]  # fmt: skip


@pytest.mark.parametrize(("experiment", "facts", "level", "where", "message"), PROVOKED)
def test_a_finding_is_provoked_and_its_fix_answers_it(
    experiment: Experiment, facts: Facts | None, level: str, where: str, message: str
) -> None:
    found = [finding for finding in checks.before(experiment, facts) if message in finding.message]
    assert [(finding.level, finding.where) for finding in found] == [(level, where)]
    finding = found[0]
    assert finding.why
    assert finding.message.isprintable()
    if "x.csv" not in message and message != "is always 1":
        assert finding.fix is not None
    if finding.fix:
        fixed = finding.fix.experiment
        after = checks.before(fixed, facts)
        if where != "data.vocabulary":  # what is unknown to another vocabulary, only the data tells
            assert finding.message not in [other.message for other in after]
        if after and after[0].level == "error":
            assert after[0].fix
            after = checks.before(after[0].fix.experiment, facts)
        assert not [other for other in after if other.level == "error"]
        assert files.parse(files.dumps(fixed), "fixed") == fixed


def test_the_gravest_come_first() -> None:
    found = checks.before(
        preset("boston", layers__2__activation="relu", training__loss="binary_crossentropy", data__scaling="none")
    )
    assert [finding.level for finding in found] == ["error", "warning", "advice"]


@pytest.mark.parametrize(
    "experiment",
    [
        imdb(HIDDEN, Dense(units=2, activation="softmax"), loss="sparse_categorical_crossentropy"),
        imdb(HIDDEN, LINEAR, Activation(activation="sigmoid")),
        imdb(Dense(units=16), Activation(), SIGMOID),
        imdb(SIGMOID),
        imdb(HIDDEN, Dense(units=8, enabled=False), SIGMOID),
        preset("imdb", training__optimizer="sgd", training__learning_rate=0.1, training__momentum=0.9),
        preset("imdb", training__metrics=["accuracy", "precision", "recall", "auc"]),
        preset("boston", training__loss="mae", training__metrics=["mse"]),
    ],
)
def test_what_is_as_it_should_be_is_not_remarked_on(experiment: Experiment) -> None:
    assert checks.before(experiment) == ()


def test_columns_that_are_alike_need_no_scaling() -> None:
    digits = preset("digits", data__scaling="none")
    assert checks.before(digits, replace(TABLE, classes=10, train=1000, spread=3.0)) == ()


def test_of_data_that_is_not_known_nothing_is_said_about_its_task(tmp_path: Any) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    mine = preset("imdb", data__dataset=str(tmp_path / "mine.csv"))
    assert checks.before(mine) == ()
    assert checks.propose(mine) == mine
    told = [finding.message for finding in checks.before(mine, TABLE)]
    assert "the output layer has 1 unit, and 3 classes need 3" in told
    proposed = checks.propose(mine, TABLE)
    assert proposed.layers[-1] == Dense(units=3, activation="softmax")
    assert proposed.training.loss == "sparse_categorical_crossentropy"


@settings(max_examples=100, deadline=None)
@given(instances(Experiment))
def test_any_experiment_can_be_examined(experiment: Experiment) -> None:
    for facts in (None, TEXT, TABLE):
        for finding in checks.before(experiment, facts):
            assert finding.message.isprintable()
        files.parse(files.dumps(checks.propose(experiment, facts)), "proposed")


def test_examining_takes_less_than_five_milliseconds() -> None:
    worst = imdb(*[LSTM()] * 10, HIDDEN, Dense(units=3), Dropout(), loss="huber", optimizer="adadelta")
    checks.before(worst)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        checks.before(worst)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.005


def test_proposals_are_what_the_presets_have() -> None:
    for name in ("imdb", "reuters", "boston", "california", "digits"):
        assert checks.propose(files.load(name)) == files.load(name)


def test_a_proposal_replaces_the_output_and_keeps_the_rest() -> None:
    wanted = with_settings(files.load("imdb-l2"), {"data.dataset": "boston"})
    proposed = checks.propose(wanted)
    assert proposed.layers == (*wanted.layers[:2], Dense(units=1))
    assert (proposed.training.loss, proposed.training.metrics) == ("mse", ("mae",))
    assert checks.propose(imdb(HIDDEN)).layers == (HIDDEN, SIGMOID)
    off = Dense(units=9, enabled=False)
    assert checks.propose(imdb(HIDDEN, Dense(units=7), Activation(), off)).layers == (
        HIDDEN,
        Dense(units=7),
        Activation(),
        off,
        SIGMOID,
    )
    assert checks.propose(imdb(HIDDEN, Dense(units=7, l2=0.1), Dropout(), off)).layers == (
        HIDDEN, Dense(units=1, activation="sigmoid", l2=0.1), off,
    )  # fmt: skip
    assert checks.propose(imdb(HIDDEN, SIGMOID)).training.metrics == ("accuracy",)


def test_facts_are_those_of_the_rows() -> None:
    data = Data(dataset="diabetes")
    dataset = drain(load(data, 7))
    found = checks.facts(dataset, drain(fit(dataset, data, dataset.split.train)))
    assert (found.kind, found.task, found.classes, found.columns) == ("columns", "regression", 0, 10)
    assert (found.train, found.validation) == (len(dataset.split.train), len(dataset.split.validation))
    assert found.spread >= 1


def test_facts_of_reviews(warm_home: object) -> None:
    for data in (Data(vocabulary=200), Data(vocabulary=200, encoding="sequence", length=50)):
        dataset = drain(load(data, 7))
        found = checks.facts(dataset, drain(fit(dataset, data, dataset.split.train)))
        assert (found.kind, found.task, found.classes) == ("text", "binary", 2)
        assert len(found.lengths) == found.train
        assert 150 < found.lengths[found.train // 2] < 200
        assert 0.3 < found.unknown < 0.6
        assert checks.before(files.load("imdb-lstm"), found)[0].where == "data.vocabulary"
        presets = [name for name in files.PRESETS if name.startswith("imdb")]
        known = replace(found, unknown=0.05)
        assert [name for name in presets if checks.before(files.load(name), known)] == []


def curve(training: list[float], validation: list[float] | None = None, **more: list[float]) -> list[EpochEnded]:
    columns: Mapping[str, list[float]] = (
        {"loss": training} | ({"val_loss": validation} if validation else {}) | more
    )
    return [
        EpochEnded(number + 1, {name: values[number] for name, values in columns.items()}, 1.0, False, 0.001)
        for number in range(len(training))
    ]


FALLING = [0.5, 0.4, 0.3, 0.2, 0.1, 0.05]


@pytest.mark.parametrize(
    ("training", "validation", "begins"),
    [
        (FALLING, [0.5, 0.4, 0.35, 0.36, 0.4, 0.5], 4),
        (FALLING, [0.5, 0.4, 0.35, 0.355, 0.4, 0.5], 5),
        (FALLING, [0.5, 0.4, 0.35, 0.4, 0.355, 0.5], 6),
        (FALLING, [0.5, 0.4, 0.35, 0.4, 0.5, 0.352], None),
        (FALLING, [0.5, 0.45, 0.4, 0.35, 0.3, 0.29], None),
        ([0.5, 0.4, 0.3, 0.31, 0.35, 0.4], [0.5, 0.4, 0.35, 0.4, 0.5, 0.6], None),
        (FALLING, None, None),
        ([], None, None),
    ],
)
def test_overfitting_begins_by_the_stated_rule(
    training: list[float], validation: list[float] | None, begins: int | None
) -> None:
    assert checks.overfitting_epoch(curve(training, validation)) == begins


def told(experiment: Experiment, epochs: list[EpochEnded], **baselines: float) -> list[Finding]:
    found = checks.after(experiment, epochs, baselines)
    assert all(finding.why for finding in found)
    return list(found)


def test_curves_that_overfit_say_from_which_epoch_and_offer_the_best() -> None:
    [found] = told(files.load("imdb"), curve(FALLING, [0.5, 0.4, 0.35, 0.36, 0.4, 0.5]), loss=0.69)
    assert found.message.startswith(
        "overfitting from epoch 4 on: the validation loss rose from 0.35 (epoch 3) to 0.5"
    )
    assert found.fix
    assert found.fix.experiment.training.epochs == 3


def test_curves_no_better_than_guessing() -> None:
    [found] = told(files.load("imdb"), curve([0.7, 0.695, 0.69], [0.7, 0.694, 0.693]), loss=0.6931)
    assert found.message.startswith("underfitting: the lowest loss, 0.693, is hardly better than guessing")
    [found] = told(files.load("imdb"), curve([0.9, 0.88, 0.9], [0.9, 0.91, 0.9]), loss=0.6931)
    assert found.message.startswith("underfitting: the lowest loss, 0.9, is worse than guessing")


def test_curves_that_go_on_falling() -> None:
    [found] = told(files.load("imdb"), curve(FALLING, [0.6, 0.5, 0.4, 0.35, 0.3, 0.25]))
    assert found.message == "still learning after 6 epochs: the last one was the best"
    assert found.fix
    assert found.fix.experiment.training.epochs == 40


def test_curves_that_stand_still() -> None:
    [found] = told(files.load("imdb"), curve([0.5, 0.4, 0.3, 0.3, 0.3, 0.3], [0.5, 0.41, 0.33, 0.33, 0.33, 0.33]))
    assert found.message == "a plateau: the training loss has stayed at 0.3 for 2 epochs"
    assert found.fix
    assert found.fix.experiment.training.reduce_on_plateau is not None


@pytest.mark.parametrize(
    ("name", "more", "why"),
    [
        ("imdb-dropout", {}, "dropout is on while the training loss is taken"),
        ("imdb", {}, "a mean over an epoch in which the network was still learning"),
        ("imdb", {"eval_loss": [0.5, 0.45, 0.44]}, "both were taken in evaluation mode"),
    ],
)
def test_validation_better_than_training_is_explained(name: str, more: dict[str, list[float]], why: str) -> None:
    [found] = told(files.load(name), curve([0.6, 0.5, 0.48], [0.5, 0.4, 0.39], **more))
    assert found.message == "the validation loss is lower than the training loss"
    assert why in found.why


def test_nothing_is_said_of_curves_in_good_order_or_of_none() -> None:
    assert told(files.load("imdb"), curve([0.5, 0.3, 0.29], [0.5, 0.36, 0.355]), loss=0.69) == []
    assert told(files.load("imdb"), []) == []
    evaluated = curve([0.6, 0.5, 0.48], [0.5, 0.4, 0.39], eval_loss=[0.5, 0.38, 0.37])
    assert told(files.load("imdb"), evaluated) == []
