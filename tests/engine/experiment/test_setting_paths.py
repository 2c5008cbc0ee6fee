"""An experiment's settings are read and changed by their paths."""

from __future__ import annotations

import pytest

from engine.errors import ExperimentError
from engine.experiment import layers as stack
from engine.experiment import toml_file as files
from engine.experiment.model import EarlyStopping, Experiment
from engine.experiment.setting_paths import differences, parse_value, value_of, with_settings


def test_wrong_settings_of_a_command_are_cut_too() -> None:
    with pytest.raises(ExperimentError, match=r"and 5 more$"):
        with_settings(Experiment(), {f"nothing{number}": 1 for number in range(15)})


def test_settings_by_path() -> None:
    imdb = files.load("imdb")
    assert value_of(imdb, "data.vocabulary") == 10_000
    assert value_of(imdb, "layers.2.units") == 1
    assert value_of(imdb, "training.early_stopping.patience") is None
    changed = with_settings(
        imdb, {"layers.0.units": 4, "training.early_stopping.patience": 2, "training.learning_rate": 1}
    )
    assert value_of(changed, "layers.0.units") == 4
    assert changed.training.early_stopping == EarlyStopping(patience=2)
    assert with_settings(changed, {"training.early_stopping": False}).training.early_stopping is None
    assert with_settings(changed, {"training.early_stopping": None}).training.early_stopping is None
    assert with_settings(changed, {"layers": [{"kind": "flatten"}]}).layers == (stack.Flatten(),)
    assert imdb == files.load("imdb")


def test_a_layer_that_changes_its_kind_keeps_what_both_have() -> None:
    l2 = files.load("imdb-l2")
    assert with_settings(l2, {"layers.0.kind": "conv1d"}).layers[0] == stack.Conv1D(l2=0.001)
    assert with_settings(l2, {"layers.0.kind": "gru"}).layers[0] == stack.GRU(units=16)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("trainin.epochs", 3, "unknown key 'trainin': did you mean 'training'?"),
        ("training.epoch", 3, "unknown key 'epoch': did you mean 'epochs'?"),
        ("layers.3.units", 3, "layers count from 0 to 2"),
        ("layers.first.units", 3, "layers count from 0 to 2"),
        ("layers.0.unit", 3, "did you mean 'units'?"),
        ("layers.0.units", "many", "expected a whole number, at least 1 and at most 65,536, not 'many'"),
        ("layers.0.units", True, "not true"),
        ("layers.0.units.more", 1, "layers.0.units"),
        ("seed.x.y", 1, "seed"),
        ("", 1, "unknown key ''"),
        ("layers.0.kind", "densse", "did you mean 'dense'?"),
    ],
)
def test_wrong_settings_are_refused(path: str, value: object, message: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        with_settings(files.load("imdb"), {path: value})
    assert message in str(caught.value)


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(ExperimentError) as caught:
        with_settings(files.load("imdb"), {"layers.9.units": 1, "training.epochs": 0, "sed": 1})
    assert {mistake.path for mistake in caught.value.mistakes} == {"layers.9", "training.epochs", "sed"}


@pytest.mark.parametrize("path", ["layers.7", "data.vocab", "seed.x", "layers.0.units.x", "about.", "layers.-1"])
def test_no_value_at_a_wrong_path(path: str) -> None:
    with pytest.raises(ExperimentError):
        value_of(files.load("imdb"), path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ("1e-3", 0.001), (".001", 0.001), ("-.5", -0.5), ("relu", "relu"), ("true", True), ("'3'", "3"),
        ("[1, 2]", [1, 2]), ("1\nseed = 2", "1\nseed = 2"), ("2020-01-01", "2020-01-01"), ("0.5x", "0.5x"),
        ("", ""), ("multi-hot", "multi-hot"), ("[" * 100_000, "[" * 100_000),
    ],
)  # fmt: skip
def test_values_as_they_are_typed(text: str, value: object) -> None:
    assert parse_value(text) == value


def test_differences_are_the_settings_that_change_a_run() -> None:
    imdb = files.load("imdb")
    assert differences(imdb, imdb.model_copy(update={"name": "Other", "about": "?"})) == {}
    assert differences(imdb, files.load("imdb-l2")) == {
        "layers.0.l2": (0.0, 0.001),
        "layers.1.l2": (0.0, 0.001),
    }
    assert differences(imdb, files.load("imdb-1-layer")) == {
        "layers.1.units": (16, 1),
        "layers.1.activation": ("relu", "sigmoid"),
        "layers.2.kind": ("dense", None),
        "layers.2.units": (1, None),
        "layers.2.activation": ("sigmoid", None),
    }
    stopping = with_settings(imdb, {"training.early_stopping": True})
    assert differences(imdb, stopping) == {
        "training.early_stopping.patience": (None, 3),
        "training.early_stopping.min_delta": (None, 0.0),
    }
