"""Intervals, baselines and held-out outputs of stored runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.datasets import array_cache
from engine.datasets.dataset import Dataset
from engine.errors import StoreError
from engine.evaluation import intervals, metric_intervals
from engine.events import DataFacts
from engine.experiment.model import Training
from engine.runs import RunStore, evidence, held_out_outputs
from engine.system.drain import drain
from engine.system.json_values import json_value
from tests.engine.fake_runs import FakeRun
from tests.engine.runs.held_out import CLASSES, Answering, train


def test_accuracys_interval_comes_from_the_record_alone(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    run = store.get(train(store, dataset))
    found = drain(evidence.intervals(store, run))
    assert run.data is not None
    assert found == {"val_accuracy": intervals.wilson(round(0.8 * run.data.validation), run.data.validation)}
    assert answering.asked == 0


def test_other_metrics_are_taken_from_outputs_that_are_kept(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    metrics = ("accuracy", "precision", "recall", "auc")
    asked = CLASSES.model_copy(update={"training": Training(metrics=metrics, epochs=3)})
    run = store.get(train(store, dataset, asked))
    assert set(evidence.known_intervals(store, run)) == {"val_accuracy"}
    found = drain(evidence.intervals(store, run))
    assert set(found) == {"val_accuracy", "val_precision", "val_recall", "val_f1", "val_auc"}
    assert evidence.known_intervals(store, run) == found
    assert drain(evidence.intervals(store, run)) == found
    assert answering.asked == 1


def test_held_out_outputs_are_those_of_the_validation_samples(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    run = train(store, dataset)
    found = drain(held_out_outputs.held_out_outputs(store, run))
    again = held_out_outputs.kept(store, store.get(run))
    assert again is not None
    assert (found.indices == dataset.split.validation).all()
    assert (again.targets == dataset.targets[dataset.split.validation]).all()
    assert (again.outputs == found.outputs).all()
    assert again.labels == dataset.labels


def test_damaged_outputs_are_computed_again(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    run = train(store, dataset)
    drain(held_out_outputs.held_out_outputs(store, run))
    (path,) = store.folder(run).path.glob("held-out*")
    path.write_bytes(path.read_bytes()[:-100])
    assert held_out_outputs.kept(store, store.get(run)) is None
    drain(held_out_outputs.held_out_outputs(store, run))
    assert answering.asked == 2
    array_cache.write(path, {"other": np.zeros(3)})
    assert held_out_outputs.kept(store, store.get(run)) is None


def test_a_full_disk_costs_the_kept_outputs_alone(
    dataset: Dataset, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore()
    run = train(store, dataset)

    def full(path: Any, arrays: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(array_cache, "write", full)
    assert len(drain(held_out_outputs.held_out_outputs(store, run))) == len(dataset.split.validation)


def test_a_retrained_run_has_its_test_samples_held_out(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    untested = train(store, dataset, retrain=True)
    with pytest.raises(StoreError, match="nothing is held out"):
        drain(held_out_outputs.held_out_outputs(store, untested))
    run = train(store, dataset, retrain=True, test=True)
    before = store.test_evaluations("tiny", dataset.digest)
    found = drain(held_out_outputs.held_out_outputs(store, run))
    assert (found.split, len(found)) == ("test", len(dataset.split.test))
    assert "test_accuracy" in drain(evidence.intervals(store, store.get(run)))
    assert store.test_evaluations("tiny", dataset.digest) == before


def test_data_that_has_changed_is_refused(dataset: Dataset, answering: Answering) -> None:
    store = RunStore()
    list(store.record(FakeRun(CLASSES, facts=DataFacts("tiny", "made up", 60, 15, 15, "another"))))
    with pytest.raises(StoreError, match="has changed since"):
        drain(held_out_outputs.held_out_outputs(store, "1"))
    assert drain(evidence.baselines(store.get("1")))["linear"] is None


def test_baselines_are_a_constant_and_a_linear_model(dataset: Dataset) -> None:
    store = RunStore()
    run = store.get(train(store, dataset))
    assert evidence.known_baselines(run)["linear"] is None
    found = drain(evidence.baselines(run))
    assert found["linear"] is not None
    assert found["linear"]["val_accuracy"] > 0.8
    assert evidence.known_baselines(run) == found
    shown = json_value(drain(evidence.as_object(store, run)))
    assert shown["baselines"] == found
    assert shown["run"] == run.id
    assert shown["intervals"]["val_accuracy"] == list(evidence.known_intervals(store, run)["val_accuracy"])


def test_intervals_are_computed_once(
    dataset: Dataset, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore()
    asked = CLASSES.model_copy(update={"training": Training(metrics=("accuracy", "auc"), epochs=3)})
    run = store.get(train(store, dataset, asked))
    computed, once = list[str](), metric_intervals.from_outputs

    def counting(outputs: Any, metrics: Any, prefix: str) -> Any:
        computed.append(prefix)
        return once(outputs, metrics, prefix)

    monkeypatch.setattr(metric_intervals, "from_outputs", counting)
    assert "val_auc" in drain(evidence.as_object(store, run))["intervals"]
    assert computed == ["val_"]


def test_a_run_is_examined_with_its_data_loaded_once(
    dataset: Dataset, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore()
    run = train(store, dataset)
    loaded, once = list[str](), held_out_outputs.load_data

    def counting(record: Any) -> Any:
        loaded.append(record.id)
        return (yield from once(record))

    monkeypatch.setattr(held_out_outputs, "load_data", counting)
    assert drain(evidence.examine(store, run)).baselines["linear"]
    assert loaded == [run]
