"""`workbench evaluate`: what a run's held-out outputs say of it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.datasets.dataset import Dataset
from engine.experiment.model import Data
from engine.runs import RunStore
from tests.engine import tiny
from tests.engine.runs.held_out import Answering, train
from tests.workbench.commanding import Workbench


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """One run on tiny columns of two classes."""
    made = tiny.columns(300, task="binary", classes=2)

    def load(data: Data, seed: int) -> Any:
        return made
        yield

    monkeypatch.setattr("engine.datasets.load", load)
    monkeypatch.setattr(RunStore, "predictor", lambda *_: Answering())
    train(RunStore(), made)
    return made


def test_a_report_is_one_object(workbench: Workbench, dataset: Dataset) -> None:
    found = workbench("evaluate", "1", "--json").json
    assert (found["run"], found["split"], found["samples"]) == ("1", "validation", len(dataset.split.validation))
    assert found["threshold"] == 0.5
    assert found["labels"] == ["a", "b"]
    low, high = found["intervals"]["accuracy"]
    assert low <= found["values"]["accuracy"] <= high
    assert {"calibration", "curves", "classes", "confusion", "slices"} <= found.keys()


def test_a_chosen_threshold_is_kept_and_followed(workbench: Workbench, dataset: Dataset) -> None:
    chosen = workbench("evaluate", "1", "--threshold", "f1", "--json").json
    assert chosen["threshold_by"] == "f1"
    assert workbench("evaluate", "1", "--json").json["threshold"] == chosen["threshold"]
    assert workbench("show", "1", "--json").json["decided"]["threshold"] == chosen["threshold"]
    told = workbench("show", "1").out
    assert f"with threshold {chosen['threshold']:.3f} (by f1): val_accuracy" in told
    warmed = workbench("evaluate", "1", "--temperature", "--json").json
    assert warmed["temperature"] != 1
    assert "is not a threshold" in workbench("evaluate", "1", "--threshold", "best").message


def test_a_cell_and_its_samples_are_listed(workbench: Workbench, dataset: Dataset) -> None:
    found = workbench("evaluate", "1", "--cell", "a:b", "--json").json
    assert len(found["cell"]["samples"]) == found["confusion"][0][1]
    told = workbench("evaluate", "1", "--cell", "a:b").out
    assert "in this cell, the most confident predictions first" in told
    assert "worst slices" in told
    assert "has no class 'x'; its classes are a, b" in workbench("evaluate", "1", "--cell", "a:x").message
    assert "TRUE:PREDICTED" in workbench("evaluate", "1", "--cell", "a").message
    assert workbench("evaluate", "1", "--where", "good").message.startswith("0 held-out samples with 'good'")


def test_a_read_of_the_test_samples_is_counted(workbench: Workbench, dataset: Dataset) -> None:
    workbench("evaluate", "1", "--json")
    assert RunStore().test_evaluations("tiny", dataset.digest) == 0
    found = workbench("evaluate", "1", "--test", "--json").json
    assert (found["split"], found["samples"]) == ("test", len(dataset.split.test))
    assert RunStore().test_evaluations("tiny", dataset.digest) == 1


def test_verdicts_stand_in_compare(workbench: Workbench, dataset: Dataset) -> None:
    train(RunStore(), dataset)
    found = workbench("compare", "1", "2", "--json").json
    (test,) = found["tests"]
    assert (test["a"], test["b"], test["method"], test["p"], test["difference"]) == ("1", "2", "mcnemar", 1.0, 0.0)
    assert test["interval"][0] < 0 < test["interval"][1]
    assert found["runs"][0]["intervals"]["val_accuracy"][0] < 0.8
    told = workbench("compare", "1", "2").out
    assert f"no difference that {len(dataset.split.validation)} samples can show" in told
    assert " ±0." in told


def test_runs_are_tested_against_the_best(workbench: Workbench, dataset: Dataset) -> None:
    train(RunStore(), dataset)
    found = workbench("runs", "--against-best", "--json").json
    (standing,) = found["standings"]
    assert {standing["best"], *standing["unbeaten"]} == {"1", "2"}
    assert standing["p"] == {standing["unbeaten"][0]: 1.0}
    told = workbench("runs", "--against-best").out
    assert f"is the best of 2 on {len(dataset.split.validation)} validation samples" in told
    assert "    not beaten: " in told
    assert "standings" not in workbench("runs", "--json").json


def test_samples_are_filtered_by_a_slice(workbench: Workbench, dataset: Dataset) -> None:
    found = workbench("evaluate", "1", "--json").json
    worst = next(one["name"] for one in found["slices"] if one["name"].startswith("class "))
    narrowed = workbench("evaluate", "1", "--cell", "a:b", "--where", worst, "--json").json
    assert set(narrowed["cell"]["samples"]) <= set(
        workbench("evaluate", "1", "--cell", "a:b", "--json").json["cell"]["samples"]
    )
    assert narrowed["where"]["name"] == worst
    assert "are not texts and have no length" in workbench("evaluate", "1", "--where", "length>3").message
