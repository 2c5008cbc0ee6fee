"""Forms: every setting can be chosen or typed, and what is wrong is said where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine import datasets
from engine.experiment.layers import KINDS
from engine.experiment.model import EarlyStopping, Experiment
from engine.experiment.setting_paths import value_of
from tests.workbench import fake
from tests.workbench.fake import opened, until
from workbench.tui.dialogs import form_fields
from workbench.tui.dialogs.check_list import CheckList
from workbench.tui.dialogs.field_row import Choice, FieldRow
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.form_fields import Field


def row_of(pilot: Pilot[Any], label: str) -> FieldRow:
    return next(
        row for row in pilot.app.screen.query(FieldRow) if row.field.label.strip() == label and row.display
    )


async def put(pilot: Pilot[Any], label: str, value: Any) -> None:
    """Type or choose a value."""
    row = row_of(pilot, label)
    if row.field.many:
        checks = row.query_one(CheckList)
        checks.chosen = frozenset(value)
        checks.post_message(CheckList.Changed(checks))
    elif row.field.choices:
        row.query_one(Choice).value = value
    else:
        row.query_one(Input).value = value
    await pilot.pause()


OF_OWN_TABLES = {
    *("ignore", "columns", "task", "header", "separator", "charset", "decimal", "missing", "sheet"),
    *("class_weight", "target_scaling", "split_group", "split_time", "split_column"),
    *("validation_file", "test_file"),
}
"""Settings of a person's own table, which are changed on the data screen, in the file and with ``--set``."""


def test_every_setting_of_an_experiment_is_in_a_form() -> None:
    experiment = fake.app("imdb")._first
    asked = [*form_fields.data_fields(), *form_fields.loss_fields("", ()), *form_fields.training_fields()]
    paths = {field.path for field in asked}
    for section in ("data", "training"):
        for name in type(getattr(experiment, section)).model_fields:
            assert f"{section}.{name}" in paths or name in OF_OWN_TABLES
    for kind in KINDS.values():
        named = {field.path.rpartition(".")[2] for field in form_fields.layer_fields(kind(), 0)}
        assert named == set(kind.model_fields)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("10,000", 10_000), ("10_000", 10_000), (".5", 0.5), ("1e-3", 0.001), ("", None), ("x", "x")],
)
def test_values_are_read_as_people_type_them(typed: str, value: object) -> None:
    assert Field("data.rows", "Rows").parsed(typed) == value


async def test_a_wrong_value_is_explained_beside_it_and_cannot_be_applied() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "enter")
        await put(pilot, "Units", "many")
        await put(pilot, "L2", "-1")
        assert "whole number" in row_of(pilot, "Units").problem
        assert "at least 0" in row_of(pilot, "L2").problem
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, ExperimentForm)
        await put(pilot, "Units", "8")
        assert not row_of(pilot, "Units").problem
        await put(pilot, "L2", ".001")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.layers[0].units == 8
        assert bench.experiment.layers[0].l2 == 0.001


async def test_the_outcome_follows_what_is_typed() -> None:
    async with opened(fake.app()) as (pilot, _):
        await pilot.press("down", "enter")
        await put(pilot, "Units", "4")
        assert "40,101 parameters" in str(pilot.app.screen.query_one("#outcome").render())


async def test_another_kind_of_layer_brings_its_own_settings() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "enter")
        await put(pilot, "Layer", "dropout")
        await until(pilot, lambda: any(row.field.label == "Rate" for row in pilot.app.screen.query(FieldRow)))
        await put(pilot, "Rate", "0.2")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.layers[0].kind == "dropout"
        assert bench.experiment.layers[0].rate == 0.2


async def test_left_and_right_go_through_choices() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "enter", "down", "right", "ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.layers[0].activation == "sigmoid"


async def test_the_data_form_asks_what_applies_to_the_data() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("enter")
        labels = lambda: [row.field.label for row in pilot.app.screen.query(FieldRow) if row.display]  # noqa: E731
        assert "Vocabulary" in labels()
        assert "Scaling" not in labels()
        assert "Length" not in labels()
        await put(pilot, "Encoding", "sequence")
        assert "Length" in labels()
        await put(pilot, "Data set", "boston")
        assert "Scaling" in labels()
        assert "Vocabulary" not in labels()
        await put(pilot, "Scaling", "none")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.data.dataset == "boston"
        assert bench.experiment.data.scaling == "none"


async def test_a_file_of_ones_own_can_be_named(tmp_path: Path) -> None:
    table = tmp_path / "own [b].csv"
    table.write_text("a,b\n1,2\n")
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("enter")
        await put(pilot, "Data set", form_fields.OWN)
        await put(pilot, "Path", str(table))
        await put(pilot, "Target column", "b")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.data.dataset == str(table)
        assert bench.experiment.data.target == "b"
        await pilot.press("enter")
        assert row_of(pilot, "Path").raw == str(table)
        await put(pilot, "Data set", "imdb")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.data.dataset == "imdb"


async def test_loss_and_metrics_are_chosen_together() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press(*["down"] * 4, "enter")
        await put(pilot, "Loss", "mse")
        await put(pilot, "Metrics", ["accuracy", "auc"])
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.training.loss == "mse"
        assert bench.experiment.training.metrics == ("accuracy", "auc")
        await until(pilot, lambda: bench.query_one("#metric").display)
        await pilot.press("c")
        assert "AUC" in str(bench.query_one("#metric").border_title)


async def test_early_stopping_comes_and_goes_with_its_settings() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press(*["down"] * 5, "enter")
        await put(pilot, "Early stopping", True)
        await put(pilot, "patience", "5")
        await put(pilot, "Name", "Mine [b]")
        await put(pilot, "Epochs", "7")
        await put(pilot, "Seed", "11")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        training = bench.experiment.training
        assert training.early_stopping == EarlyStopping(patience=5)
        assert (bench.experiment.name, training.epochs, bench.experiment.seed) == ("Mine [b]", 7, 11)
        await pilot.press("enter")
        await put(pilot, "patience", "6")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert value_of(bench.experiment, "training.early_stopping.patience") == 6
        await pilot.press("enter")
        await put(pilot, "Early stopping", False)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.training.early_stopping is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_every_kind_shows_what_the_layer_has(kind: str) -> None:
    experiment = Experiment(layers=(KINDS[kind](),))  # type: ignore[arg-type]
    for field in form_fields.layer_fields(experiment.layers[0], 0):
        assert FieldRow(field, experiment).initial is not None


def test_every_data_set_can_be_chosen() -> None:
    values = [value for _, value in form_fields.data_fields()[0].choices]
    assert values == [*datasets.CATALOGUE, form_fields.OWN]


def test_a_decimal_comma_is_not_dropped() -> None:
    field = form_fields.Field("training.learning_rate", "Learning rate")
    assert field.parsed("1,5") == "1,5"
    assert field.parsed("0,001") == "0,001"
    assert field.parsed("10,000") == 10_000


async def test_up_and_down_go_through_every_field_and_the_focus_is_seen_without_colours() -> None:
    async with opened(fake.app()) as (pilot, _):
        await pilot.press(*["down"] * 4, "enter")
        shown = lambda: fake.screen_text(pilot.app.screen)  # noqa: E731
        assert "▸ Loss" in shown()
        await pilot.press("down")
        assert "▸ Metrics" in shown()
        assert "[✓] accuracy" in shown()
        assert "[ ] precision" in shown()
        await pilot.press("down", "space")
        assert shown().count("[✓]") == 2
        await pilot.press("up", "up")
        assert "▸ Loss" in shown()
        assert "⏎" in shown().splitlines()[-1]


async def test_word_vectors_are_checked_as_they_are_typed(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("film 0.1 0.2 0.3\n")
    async with opened(fake.app("imdb-embedding"), (80, 24)) as (pilot, bench):
        await pilot.press("down", "enter", "down", "down")
        await pilot.press(*str(vectors)[:-4])
        assert "no file of word vectors" in row_of(pilot, "Vectors file").problem
        await pilot.press(*".txt")
        assert "the vectors have 3 dimensions" in row_of(pilot, "Dimensions").problem
        assert "this cannot run yet" in fake.screen_text(pilot.app.screen)
        await put(pilot, "Dimensions", "3")
        assert not row_of(pilot, "Dimensions").problem
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.layers[0].vectors == str(vectors)  # type: ignore[union-attr]
        assert "✓" in fake.text_of(bench, "#stack")
        vectors.unlink()
        bench.show_experiment()
        assert "✓" not in fake.text_of(bench, "#stack")


async def test_the_field_with_the_focus_is_marked_also_after_its_choices_were_closed() -> None:
    async with opened(fake.app()) as (pilot, _):
        await pilot.press("down", "enter", "down", "enter", "escape")
        await until(pilot, lambda: "▸ Activation" in fake.screen_text(pilot.app.screen))
        assert "▸ Units" not in fake.screen_text(pilot.app.screen)
