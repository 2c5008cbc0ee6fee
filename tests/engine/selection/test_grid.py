"""A grid is read and refused before anything trains, and epochs share one network."""

from __future__ import annotations

import pytest

from engine.errors import ExperimentError
from engine.experiment.layers import Dense, Dropout
from engine.experiment.model import EarlyStopping, Experiment, Training
from engine.selection.grid import Grid, parse

EXPERIMENT = Experiment(
    layers=(Dense(units=16, activation="relu"), Dropout(rate=0.5), Dense(units=1)),
    training=Training(epochs=4, early_stopping=EarlyStopping()),
)


def grid(*options: str) -> Grid:
    return Grid.of(EXPERIMENT, parse(options))


def refusal(*options: str) -> str:
    with pytest.raises(ExperimentError) as caught:
        grid(*options)
    return str(caught.value)


def test_values_are_toml_or_bare_text() -> None:
    assert parse(["training.optimizer=adam, rmsprop", "training.metrics=['mae', 'mse'],[]", "a + b=1,.5"]) == {
        "training.optimizer": ["adam", "rmsprop"],
        "training.metrics": [["mae", "mse"], []],
        "a+b": [1, 0.5],
    }


def test_the_courses_grid_is_nine_cells_on_three_networks() -> None:
    course = grid("training.epochs=1,5,10", "layers.0.units+layers.2.units=32,64,256")
    trials = list(course.trials())
    assert (len(course), course.runs) == (9, 3)
    assert [trial.experiment.training.epochs for trial in trials] == [10, 10, 10]
    assert [cell.epochs for cell in trials[0].cells] == [1, 5, 10]
    assert [cell.number for trial in trials for cell in trial.cells] == [0, 3, 6, 1, 4, 7, 2, 5, 8]
    assert trials[2].cells[1].params == {"training.epochs": 5, "layers.0.units": 256, "layers.2.units": 256}
    layers = trials[1].experiment.layers
    assert [layers[0].units, layers[2].units] == [64, 64]  # type: ignore[union-attr]


def test_without_epochs_every_cell_is_a_network_of_the_experiments_own_epochs() -> None:
    trials = list(grid("layers.1.rate=0.2,0.5", "seed=1,2").trials())
    assert [(len(trial.cells), trial.cells[0].epochs) for trial in trials] == [(1, 4)] * 4


def test_epochs_tied_to_another_setting_share_no_network() -> None:
    tied = grid("training.epochs+training.batch_size=2,3")
    assert [trial.experiment.training.batch_size for trial in tied.trials()] == [2, 3]


def test_any_setting_can_be_searched() -> None:
    several = grid(
        "layers.1.enabled=true,false",
        "training.early_stopping.patience=1,2",
        "training.loss=mse,mean_absolute_error",
        "training.metrics=['mae'],['mse','mae']",
    )
    last = list(several.trials())[-1].experiment
    assert len(several) == 16
    assert last.layers[1].enabled is False
    assert last.training.early_stopping == EarlyStopping(patience=2)
    assert (last.training.loss, last.training.metrics) == ("mae", ("mse", "mae"))


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("training.epoch=1", "training.epoch: unknown key 'epoch': did you mean 'epochs'?"),
        ("layers.7.units=1", "there is no such entry"),
        ("training.epochs=ten", "training.epochs: expected a whole number"),
        ("training.epochs=0", "at least 1"),
        ("layers.1.units=3", "unknown key 'units'"),
        ("training.epochs=", "training.epochs: there are no values"),
        ("training.epochs", "write a setting's path and its values"),
        ("=1", "write a setting's path and its values"),
        ("training.epochs=1,2,1", "1 is given twice"),
        ("training.learning_rate=1,1.0", "1.0 is given twice"),
        ("seed+seed=1", "seed: this is in the grid twice"),
        ("data.dataset=imdb,reuters", "cannot be searched"),
        ("data.validation=0.2", "each fold is the validation samples in turn"),
        ("training={epochs = 3}", "name one of its settings"),
    ],
)
def test_a_bad_option_is_refused(option: str, says: str) -> None:
    assert says in refusal(option)


def test_settings_named_twice_are_refused() -> None:
    assert "in the grid twice" in refusal("seed=1", "seed=2")
    assert "in the grid twice" in refusal("seed=1", "seed+training.epochs=2")


def test_every_mistake_is_told_at_once() -> None:
    assert len(refusal("training.epoks=1", "layers.0.units=0,none", "training.loss=msee").split("\n")) == 5


def test_an_empty_grid_and_one_of_over_a_million_cells_are_refused() -> None:
    with pytest.raises(ExperimentError, match="nothing to search"):
        Grid.of(EXPERIMENT, {})
    with pytest.raises(ExperimentError, match="1,001,000 cells are more than a million"):
        Grid.of(EXPERIMENT, {"seed": range(1001), "training.epochs": range(1, 1001)})
    with pytest.raises(ExperimentError, match="no values"):
        Grid.of(EXPERIMENT, {"training.optimizer": "adam"})


def test_settings_that_exclude_each_other_are_refused_when_laid_out() -> None:
    with pytest.raises(ExperimentError):
        list(grid("layers.1.kind=dropout,flatten", "layers.1.rate=0.1,0.2").trials())
