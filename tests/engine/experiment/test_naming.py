"""Names of experiments: their parent's, and what differs."""

from __future__ import annotations

import pytest
from hypothesis import given

from engine.experiment import toml_file
from engine.experiment.layers import Dense, Dropout, Layer
from engine.experiment.model import Data, Experiment
from engine.experiment.naming import derived_name
from engine.experiment.setting_paths import with_settings
from tests.engine.strategies import instances

IMDB = toml_file.load("imdb")


def with_stack(*layers: Layer) -> Experiment:
    return IMDB.model_copy(update={"layers": layers})


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "IMDB baseline"),
        ({"layers.0.l2": 0.001, "layers.1.l2": 0.001}, "IMDB baseline · l2 0.001"),
        ({"layers.0.units": 64, "layers.1.units": 64}, "IMDB baseline · 64 units"),
        ({"layers.1.units": 4}, "IMDB baseline · 16-4 units"),
        ({"layers.0.activation": "tanh", "layers.1.activation": "tanh"}, "IMDB baseline · tanh"),
        ({"training.loss": "mse"}, "IMDB baseline · mse"),
        ({"training.optimizer": "adam", "training.learning_rate": 0.01}, "IMDB baseline · adam · rate 0.01"),
        ({"training.epochs": 4}, "IMDB baseline · 4 epochs"),
        ({"data.vocabulary": 5000}, "IMDB baseline · 5,000 words"),
        ({"data.dataset": "/a/b/houses.csv"}, "houses.csv"),
        ({"name": "Mine"}, "IMDB baseline"),
        (
            {"training.epochs": 4, "training.batch_size": 8, "training.optimizer": "sgd", "seed": 3},
            "IMDB baseline · sgd · batch 8 · 2 more changes",
        ),
    ],
)
def test_a_name_says_what_differs_from_the_parent(settings: dict[str, object], name: str) -> None:
    assert derived_name(IMDB, with_settings(IMDB, settings)) == name


def test_a_name_says_which_layers_were_added_or_how_many_there_are() -> None:
    first, second, output = IMDB.layers
    assert derived_name(IMDB, with_stack(first, second, second, output)) == "IMDB baseline · 4 layers"
    assert derived_name(IMDB, with_stack(first, output)) == "IMDB baseline · 2 layers"
    assert (
        derived_name(IMDB, with_stack(first, Dropout(rate=0.5), second, output)) == "IMDB baseline · dropout 0.5"
    )
    twice = with_stack(first, Dropout(rate=0.5), second, Dropout(rate=0.5), output)
    assert derived_name(IMDB, twice) == "IMDB baseline · 2 × dropout 0.5"
    off = Dense(units=16, activation="relu", enabled=False)
    assert derived_name(IMDB, with_stack(first, off, output)) == "IMDB baseline · 2 layers"


@given(instances(Experiment), instances(Experiment))
def test_every_experiment_has_a_name_that_it_may_have(parent: Experiment, now: Experiment) -> None:
    assert Experiment(name=derived_name(parent, now))


def test_a_file_is_called_by_its_last_part() -> None:
    vectors = {"layers.0": {"kind": "embedding", "output_dim": 8, "vectors": "/home/me/glove.8d.txt"}}
    plain = {"layers.0": {"kind": "embedding", "output_dim": 8}}
    parent = with_settings(IMDB, plain)
    assert derived_name(parent, with_settings(IMDB, vectors)) == "IMDB baseline · vectors glove.8d.txt"


def test_a_folder_of_ones_own_is_called_by_its_last_part() -> None:
    own = IMDB.model_copy(update={"data": Data(dataset="/home/me/my texts/")})
    assert derived_name(IMDB, own) == "my texts"
