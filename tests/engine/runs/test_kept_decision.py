"""Thresholds and temperatures that are kept with runs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.datasets.dataset import Dataset
from engine.errors import DataError, StoreError
from engine.evaluation import calibration, thresholds
from engine.evaluation.split_outputs import SplitOutputs
from engine.events import Status
from engine.prediction.answers import interpret
from engine.prediction.decision import Decision
from engine.runs import RunStore, evidence, held_out_outputs
from engine.runs.kept_decision import decide, decided, read_decision
from engine.system.drain import drain
from tests.engine.fake_runs import FakeRun
from tests.engine.runs.held_out import Answering, train


def test_a_threshold_and_a_temperature_are_chosen_on_validation_samples_and_kept(
    dataset: Dataset,
    answering: Answering,
) -> None:
    store = RunStore()
    run = train(store, dataset)
    assert read_decision(store, store.get(run)) == Decision()
    found = drain(decide(store, run, "f1", temperature=True))
    outputs = drain(held_out_outputs.held_out_outputs(store, run))
    assert found.temperature == pytest.approx(calibration.fit_temperature(outputs))
    scaled = calibration.scaled(outputs, found.temperature)
    assert found.threshold == pytest.approx(thresholds.best_f1(scaled).threshold)
    assert read_decision(store, store.get(run)) == found
    shown = evidence.known_object(store, store.get(run))["decided"]
    assert (shown["by"], shown["threshold"]) == ("f1", found.threshold)
    for name in ("val_accuracy", "val_precision", "val_recall", "val_f1"):
        low, high = shown["intervals"][name]
        assert low < shown[name] < high
    assert drain(decide(store, run, "0.4")) == Decision(0.4, "hand", found.temperature)


def test_a_retrained_run_is_tested_with_its_parents_decision(
    dataset: Dataset,
    answering: Answering,
) -> None:
    store = RunStore()
    parent = train(store, dataset)
    drain(decide(store, parent, "0.7"))
    experiment = store.get(parent).experiment
    list(store.record(FakeRun(experiment, facts=dataset.facts, retrain=True, test=True), parent=parent))
    child = store.summaries()[0].id
    assert store.get(child).status is Status.FINISHED
    assert read_decision(store, store.get(child)).threshold == 0.7
    drain(evidence.intervals(store, store.get(child)))
    kept = evidence.decided(store, store.get(child))
    assert kept is not None
    assert "test_f1" in kept.values
    with pytest.raises(DataError, match="no validation samples: decide on the run"):
        drain(decide(store, child, "f1"))


def test_what_is_no_threshold_is_refused(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    run = train(store, dataset)
    for asked in ("best", "cost:1", "cost:a,b", "2", "nan"):
        with pytest.raises(DataError):
            drain(decide(store, run, asked))
    assert read_decision(store, store.get(run)) == Decision()
    assert drain(decide(store, run, "cost:1,5")).by == "cost"


@pytest.mark.parametrize("asked", ["0.3", "f1", "cost:1,5"])
@pytest.mark.parametrize(
    ("labels", "reason"), [((), "a value is predicted"), (("a", "b", "c"), "decides between two classes")]
)
def test_there_is_no_threshold_but_between_two_classes(labels: tuple[str, ...], reason: str, asked: str) -> None:
    outputs = np.full((6, max(len(labels), 1)), 0.2, np.float32)
    found = SplitOutputs("validation", np.arange(6), np.arange(6) % 3, outputs, labels)
    with pytest.raises(DataError, match=reason):
        decided(found, Decision(), asked)


def test_a_threshold_can_be_set_by_hand_where_none_can_be_chosen() -> None:
    tested = SplitOutputs("test", np.arange(2), np.arange(2), np.full((2, 1), 0.2, np.float32), ("a", "b"))
    assert decided(tested, Decision(), "0.3") == Decision(0.3, "hand")
    with pytest.raises(DataError, match="no validation samples"):
        decided(tested, Decision(), "f1")


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"\xff", json.dumps({"threshold": 7, "best_epoch": 3}).encode(), b'{"best_epoch": 3, "x": 1}'],
)
def test_a_damaged_decision_is_named(
    dataset: Dataset,
    answering: Answering,
    content: bytes,
) -> None:
    store = RunStore()
    run = train(store, dataset)
    (store.folder(run).path / "decision.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"decision\.json is damaged"):
        read_decision(store, store.get(run))


def test_a_decision_of_an_earlier_best_epoch_counts_no_more(
    dataset: Dataset,
    answering: Answering,
) -> None:
    store = RunStore()
    run = train(store, dataset)
    content = {"threshold": 0.3, "by": "hand", "temperature": 1.0, "best_epoch": 1}
    (store.folder(run).path / "decision.json").write_text(json.dumps(content))
    assert read_decision(store, store.get(run)) == Decision()


def test_an_answer_follows_its_decision() -> None:
    decision = Decision(0.8, "hand", 1.0)
    assert interpret((0.7,), ("no", "yes"), decision).label == "no"
    assert interpret((0.7,), ("no", "yes")).label == "yes"
    softer = interpret((0.9,), ("no", "yes"), Decision(temperature=2.0))
    assert softer.value == pytest.approx(0.75)
    assert interpret((0.9, 0.1), ("a", "b"), Decision(temperature=2.0)).value == pytest.approx(0.75)
    assert interpret((12.0,), (), decision).value == 12.0


def test_only_what_was_decided_is_told() -> None:
    assert Decision(0.42, "f1", 1.3).words == "threshold 0.420 (by f1), temperature 1.30"
    assert Decision(temperature=1.3).words == "temperature 1.30"
    assert Decision(0.42, "hand").words == "threshold 0.420 (by hand)"
    assert Decision().words == ""
