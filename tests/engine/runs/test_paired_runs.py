"""Stored runs tested against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.events import DataFacts
from engine.experiment.model import Data, Experiment, Training
from engine.prediction.decision import Decision
from engine.runs import RunStore
from engine.runs.kept_decision import write_decision
from engine.runs.paired_runs import ONE_SEED, Comparison, compare_runs
from engine.system.drain import drain
from tests.engine import tiny
from tests.engine.fake_runs import FakeRun

TRAINING = Training(loss="mse", metrics=("accuracy",), epochs=3)


@dataclass
class Answering:
    """A predictor whose share of wrong answers is its run's number in tenths."""

    run: int
    dataset: Dataset

    def outputs(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        indices = [int(np.flatnonzero((self.dataset.samples == one).all(axis=1))[0]) for one in samples]
        right = self.dataset.targets[indices].astype(np.float32)
        if self.dataset.task == "regression":
            return (right + self.run)[:, None]
        wrong = np.arange(len(indices)) % 10 < self.run
        return np.where(wrong, 1 - right, right)[:, None].astype(np.float32)


@pytest.fixture(params=["binary"])
def dataset(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    made = tiny.columns(900, task=request.param, classes=2)

    def load(data: Data, seed: int) -> Any:
        return made
        yield

    monkeypatch.setattr("engine.datasets.load", load)
    monkeypatch.setattr(RunStore, "predictor", lambda *named: Answering(int(named[1]), made))
    return made


def compare(store: RunStore, *ids: str) -> Comparison:
    return drain(compare_runs(store, [store.get(run) for run in ids]))


def train(store: RunStore, facts: DataFacts, count: int, **options: Any) -> None:
    for seed in range(count):
        experiment = Experiment(seed=seed, data=Data(dataset="tiny"), training=TRAINING)
        list(store.record(FakeRun(experiment, facts=facts), **options))


def test_two_runs_are_compared_in_the_order_given(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 2)
    found = compare(store, "1", "2")
    (test,) = found.tests
    count = len(dataset.split.validation)
    assert (test.a, test.b, test.metric, test.method) == ("1", "2", "accuracy", "mcnemar")
    assert test.difference == pytest.approx(-0.1, abs=0.01)
    assert test.verdict.startswith(f"1 is better than 2 by {-100 * test.difference:.1f} points")
    assert f"on {count:,} samples" in test.verdict
    assert found.notes == (ONE_SEED,)
    assert compare(store, "2", "1").tests[0].difference == -test.difference


def test_several_runs_are_compared_with_the_best(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 3)
    found = compare(store, "3", "1", "2")
    assert [(one.a, one.b) for one in found.tests] == [("1", "3"), ("1", "2")]
    assert found.notes[-1].startswith("the best of 3 equally good runs would score up to ")
    assert set(found.as_object()) == {"tests", "notes"}


def test_the_answers_follow_the_threshold_that_is_kept_with_a_run(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 2)
    write_decision(store, store.get("1"), Decision(1.0, "hand"))
    found = compare(store, "1", "2")
    negatives = float((dataset.targets[dataset.split.validation] == 0).mean())
    assert abs(found.tests[0].difference) == pytest.approx(abs(negatives - 0.8), abs=0.01), "run 1 says no to all"
    assert "the predictions of run 1 use its stored threshold 1.000 (by hand)" in found.notes
    write_decision(store, store.get("1"), Decision())
    assert compare(store, "1", "2").notes == (ONE_SEED,)


def test_a_run_with_a_damaged_decision_is_named_and_the_others_are_compared(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 3)
    (store.folder("2").path / "decision.json").write_bytes(b"{")
    found = compare(store, "1", "2", "3")
    assert [(one.a, one.b) for one in found.tests] == [("1", "3")]
    assert found.notes[0].startswith("run 2 is not compared: ")
    assert "decision.json is damaged" in found.notes[0]


@pytest.mark.parametrize("dataset", ["regression"], indirect=True)
def test_values_are_compared_by_their_errors(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 2)
    (test,) = compare(store, "1", "2").tests
    assert (test.metric, test.method) == ("mae", "permutation")
    assert test.difference == pytest.approx(1)
    assert test.verdict.startswith("1 is better than 2 by 1 mae")


def test_groups_are_compared_over_their_seeds(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 3, group="ours")
    train(store, dataset.facts, 3, group="theirs")
    found = compare(store, *(run.id for run in reversed(store.summaries())))
    assert [(one.metric, one.method, one.samples) for one in found.tests] == [
        ("val_loss", "paired_t", 3),
        ("val_accuracy", "paired_t", 3),
    ]
    assert found.tests[0].verdict == "no difference that 3 seeds can show (p = 1.00)"
    assert found.notes == ()


def test_runs_on_other_data_are_named_not_compared(dataset: Dataset) -> None:
    store = RunStore()
    train(store, dataset.facts, 1)
    train(store, DataFacts("tiny", "made up", 60, 15, 15, "another"), 1)
    found = compare(store, "1", "2")
    assert found.tests == ()
    assert "run 2 is not compared: the data of run 2 has changed since" in found.notes[0]
