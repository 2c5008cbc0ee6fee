"""Which runs the best one does not beat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.errors import StoreError
from engine.events import DataFacts, EpochEnded, Event
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunStore
from engine.runs.standings import Standing, holm, standings
from engine.system.drain import drain
from tests.engine import tiny
from tests.engine.fake_runs import FakeRun

WRONG = {"1": 0.10, "2": 0.11, "3": 0.16, "4": 0.6}
"""The share of wrong answers of each run."""


@dataclass
class Scored(FakeRun):
    """A run whose validation accuracy is that of the answers that it will give."""

    accuracy: float = 0.9

    def __iter__(self) -> Any:
        event: Event
        for event in super().__iter__():
            if isinstance(event, EpochEnded):
                event = self.epochs[-1] = replace(event, logs={**event.logs, "val_accuracy": self.accuracy})
            yield event


@dataclass
class Answering:
    """A predictor that is wrong on as many samples as its run's share says, each run on its own."""

    run: str
    dataset: Dataset
    asked: list[str]

    def outputs(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked.append(self.run)
        right = self.dataset.targets[self.dataset.split.validation].astype(np.float32)
        wrong = np.random.default_rng(int(self.run)).permutation(len(right)) < round(WRONG[self.run] * len(right))
        return np.where(wrong, 1 - right, right)[:, None].astype(np.float32)


@pytest.fixture
def store() -> Iterator[RunStore]:
    store = RunStore()
    yield store
    store.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, store: RunStore) -> list[str]:
    """Four runs on the same samples, and one on other data; the numbers of the runs that are asked."""
    made, asked = tiny.columns(3000, task="binary", classes=2), list[str]()

    def load(data: Data, seed: int) -> Any:
        return made
        yield

    monkeypatch.setattr("engine.datasets.load", load)
    monkeypatch.setattr(RunStore, "predictor", lambda *named: Answering(named[1], made, asked))
    for seed in range(4):
        _record(store, made.facts, seed, 1 - WRONG[str(seed + 1)])
    _record(store, replace(made.facts, digest="other"), 9, 0.99)
    return asked


def _record(store: RunStore, facts: DataFacts, seed: int, accuracy: float) -> None:
    training = Training(loss="binary_crossentropy", metrics=("accuracy",), epochs=2)
    run = Scored(Experiment(seed=seed, data=Data(dataset="tiny"), training=training), facts=facts)
    run.accuracy = accuracy
    list(store.record(run))


def stand(store: RunStore, predicted: int | None = None) -> tuple[Standing, ...]:
    return drain(standings(store, store.summaries(), predicted))


def test_runs_that_the_best_does_not_beat_are_told_from_those_that_it_does(
    store: RunStore, asked: list[str]
) -> None:
    (found,) = stand(store)
    assert found.best == "1"
    assert found.unbeaten == ("2",)
    assert set(found.beaten) == {"3", "4"}
    assert found.untested == ()
    assert "4" not in asked, "its accuracy alone leaves no doubt"
    assert found.note.startswith("run 1 is the best of 4 on 600 validation samples, and not shown to be better")
    assert "above their mean by chance" in found.note
    assert found.as_object()["unbeaten"] == ["2"]


def test_outputs_are_predicted_once_and_as_many_as_allowed(store: RunStore, asked: list[str]) -> None:
    assert stand(store, 0) == ()
    assert asked == []
    (found,) = stand(store, 2)
    assert len(set(asked)) == 2
    assert found.untested == ("3",)
    before = len(asked)
    assert stand(store, 0)[0] == found
    assert len(asked) == before


def test_no_run_is_beaten_by_one_that_has_no_outputs(
    store: RunStore, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An accuracy that leaves no doubt beside the highest one may leave some beside the best that has outputs."""
    facts = store.get("1").data
    assert facts is not None
    _record(store, facts, 4, 0.80)
    monkeypatch.setitem(WRONG, "6", 0.20)
    assert "6" in stand(store)[0].beaten
    for file in store.folder("1").path.glob("*.arrays"):
        file.unlink()
    present = RunStore.predictor

    def predictor(runs: RunStore, run_id: str, which: str = "best") -> Any:
        if run_id == "1":
            raise StoreError("run 1 has lost its model")
        return present(runs, run_id, which)

    monkeypatch.setattr(RunStore, "predictor", predictor)
    (found,) = stand(store)
    assert found.best == "2"
    assert found.untested == ("1", "6")
    assert set(found.beaten) == {"3", "4"}
    assert found.note.startswith("run 2 is the best of 4 ")


def test_holm_equals_a_calculation_by_hand() -> None:
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}
