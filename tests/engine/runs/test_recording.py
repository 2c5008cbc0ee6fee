"""Real runs in the store: resumed ones equal uninterrupted ones, also after SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import psutil
import pytest

from engine import datasets
from engine.errors import StoreError
from engine.events import Ended, EpochEnded, Started, Status
from engine.experiment.layers import BatchNormalization, Dense, Dropout
from engine.experiment.model import Data, EarlyStopping, Experiment, OptimizerName, ReduceOnPlateau, Training
from engine.network.network_pool import Pool
from engine.runs import RunStore
from engine.runs.group_comparison import disagreements
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine import tiny
from tests.engine.fake_runs import number_of

DATASET = tiny.columns(task="classes")
POOL = Pool()
"""Compiled networks, renewed for every run: tracing is what takes time here."""

LAYERS = (Dense(units=8, activation="relu", l2=0.001), Dropout(rate=0.3), Dense(units=3, activation="softmax"))


def experiment(**training: object) -> Experiment:
    """A tiny classifier with dropout, in four epochs of several batches."""
    settings = {"loss": "sparse_categorical_crossentropy", "metrics": ("accuracy",), "batch_size": 16, "epochs": 4}
    return Experiment(
        name="Tiny", data=Data(dataset="digits"), layers=LAYERS, training=Training(**(settings | training))
    )


def stopped_after(store: RunStore, wanted: Experiment, epoch: int, **options: bool) -> str:
    """Record a run and leave it after an epoch; returns its number."""
    trained = Run(wanted, DATASET, pool=POOL, **options)
    stream = store.record(trained)
    run = next(stream).run
    for event in stream:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            break
    stream.close()
    trained.release()
    return run


def finished(store: RunStore, wanted: Experiment, **options: bool) -> str:
    """Record a run to its end; returns its number."""
    trained = Run(wanted, DATASET, pool=POOL, **options)
    recorded = number_of(store.record(trained))
    trained.release()
    return recorded


def resumed(store: RunStore, run: str) -> None:
    """Go on with a stopped run to its end."""
    again = store.again(run)
    again.dataset, again.pool = DATASET, POOL
    *_, last = store.resume(run, again)
    again.release()
    assert isinstance(last, Ended)
    assert last.status is Status.FINISHED, last.reason


def assert_equal(store: RunStore, run: str, whole: str) -> None:
    """Two runs have the same curves, weights and best epoch, to 1e-6."""
    one, other = store.get(run), store.get(whole)
    assert one.best_epoch == other.best_epoch
    assert one.history.keys() == other.history.keys()
    for name, values in one.history.items():
        np.testing.assert_allclose(values, other.history[name], atol=1e-6)
    for which in ("last", "best"):
        for ours, theirs in zip(store.weights(run, which), store.weights(whole, which), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


class TestResumed:
    @pytest.mark.parametrize("optimizer", get_args(OptimizerName))
    def test_equals_an_uninterrupted_run(self, optimizer: str) -> None:
        store = RunStore()
        momentum = {"momentum": 0.9} if optimizer in ("sgd", "rmsprop") else {}
        wanted = experiment(optimizer=optimizer, **momentum)
        run = stopped_after(store, wanted, 2)
        resumed(store, run)
        assert_equal(store, run, finished(store, wanted))

    def test_goes_on_with_its_schedule_its_test_and_its_evaluation(self) -> None:
        store = RunStore()
        wanted = experiment(
            epochs=12,
            learning_rate=0.5,
            early_stopping=EarlyStopping(patience=4),
            reduce_on_plateau=ReduceOnPlateau(patience=1),
        ).model_copy(update={"layers": (LAYERS[0], BatchNormalization(), *LAYERS[1:])})
        options = {"test": True, "evaluate_training": True}
        run = stopped_after(store, wanted, 3, **options)
        resumed(store, run)
        whole = finished(store, wanted, **options)
        assert_equal(store, run, whole)
        one, other = store.get(run), store.get(whole)
        assert one.test == pytest.approx(other.test)
        assert "eval_loss" in one.history
        assert one.reason == other.reason
        assert [epoch.learning_rate for epoch in one.epochs] == [epoch.learning_rate for epoch in other.epochs]

    def test_starts_anew_where_no_epoch_had_ended(self) -> None:
        store = RunStore()
        stream = store.record(Run(experiment(), DATASET))
        while not isinstance(next(stream), Started):
            pass
        stream.close()
        resumed(store, "1")
        assert_equal(store, "1", finished(store, experiment()))


def test_a_runs_weights_are_those_of_the_epoch_that_is_told() -> None:
    store, trained = RunStore(), Run(experiment(), DATASET, pool=POOL)
    stream = store.record(trained)
    run = next(stream).run
    told = 0
    for event in stream:
        if isinstance(event, EpochEnded):
            told += 1
            for ours, stored in zip(trained.weights, store.weights(run, "last"), strict=True):
                np.testing.assert_array_equal(ours, stored)
    trained.release()
    assert told == 4


class TestKilled:
    def test_a_real_run_killed_is_resumed_to_the_same_end(self, home: Path) -> None:
        wanted = experiment(epochs=200).model_copy(
            update={"layers": (*LAYERS[:2], Dense(units=10, activation="softmax"))}
        )
        code = (
            "from engine.experiment.model import Experiment\n"
            "from engine.runs import RunStore\n"
            "from engine.training.run import Run\n"
            f"for event in RunStore().record(Run(Experiment.model_validate_json({wanted.model_dump_json()!r}))):\n"
            "    print(getattr(event, 'epoch', 0), type(event).__name__, flush=True)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ,
            text=True,
        ) as process:
            assert process.stdout is not None
            passed = [line for line in iter(process.stdout.readline, "3 EpochEnded\n") if line]
            process.kill()
        assert "2 EpochEnded\n" in passed
        store = RunStore()
        [interrupted] = store.interrupted()
        assert interrupted.epochs_done >= 3
        epochs = interrupted.epochs_done + 3
        shorter = wanted.model_copy(update={"training": wanted.training.model_copy(update={"epochs": epochs})})
        again = Run(shorter, resume=store.checkpoint("1"))
        *_, last = store.resume("1", again)
        assert isinstance(last, Ended)
        assert last.status is Status.FINISHED, last.reason
        whole = number_of(store.record(Run(shorter)))
        assert_equal(store, "1", whole)


class TestModels:
    @pytest.fixture(scope="class")
    def store(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
        """A store with two runs on the same digits, the second hardly trained, and one on other data."""
        layers = (Dense(units=16, activation="relu"), Dense(units=10, activation="softmax"))
        wanted = experiment(epochs=5).model_copy(update={"layers": layers})
        hardly = wanted.training.model_copy(update={"learning_rate": 1e-6})
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
            store = RunStore()
            for one in (wanted, wanted.model_copy(update={"training": hardly})):
                list(store.record(Run(one)))
            list(store.record(Run(experiment(epochs=1), DATASET)))
            yield store

    @pytest.fixture(autouse=True)
    def same_home(self, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """The models lie beside the store."""
        monkeypatch.setenv("WORKBENCH_HOME", str(Path(store._ledger.database.name).parent))

    def test_predict_as_the_run_did(self, store: RunStore) -> None:
        dataset = drain(datasets.load(Data(dataset="digits"), 7))
        indices = dataset.split.validation
        answers = store.predictor("1").outputs(dataset.samples[indices]).argmax(1)
        accuracy = float((answers == dataset.targets[indices]).mean())
        assert accuracy == pytest.approx(store.get("1").best["val_accuracy"], abs=1e-6)

    def test_samples_on_which_two_runs_disagree(self, store: RunStore) -> None:
        found = drain(disagreements(store, "1", "2", count=5))
        facts = store.get("1").data
        assert facts is not None
        assert found.samples == facts.validation
        assert len(found.shown) == 5
        assert found.total > found.samples / 2
        assert all(one.first.label != one.second.label for one in found.shown)
        gaps = [one.gap for one in found.shown]
        assert gaps == sorted(gaps, reverse=True)
        none = drain(disagreements(store, "1", "1"))
        assert (none.total, none.shown) == (0, ())

    def test_runs_on_different_data_have_no_samples_in_common(self, store: RunStore) -> None:
        with pytest.raises(StoreError, match="trained on different data"):
            drain(disagreements(store, "1", "3"))

    def test_retraining_takes_the_best_epochs_count_and_tests_once(self, store: RunStore) -> None:
        best = store.get("1").best_epoch
        events = list(store.record(store.retraining("1"), parent="1"))
        record = store.get(number_of(events))
        assert (record.kind, record.parent, record.epochs_done) == ("retrain", "1", best)
        assert record.test is not None
        assert record.data is not None
        assert record.data.validation == 0
        for pair in (("1", record.id), (record.id, record.id)):
            with pytest.raises(StoreError, match=f"run {record.id} was trained on the validation samples too"):
                drain(disagreements(store, *pair))
        assert store.test_evaluations("digits", record.data.digest) == 1


class TestDetached:
    def test_runs_outlive_who_started_them_and_stop_when_told(self, home: Path) -> None:
        """Two seeds: the first is stopped with SIGTERM, so the second never starts; resuming ends both."""
        layers = (Dense(units=8, activation="relu"), Dense(units=10, activation="softmax"))
        wanted = experiment(epochs=100_000).model_copy(update={"layers": layers})
        code = (
            "from engine.experiment.model import Experiment\n"
            "from engine.runs.detached import start_detached\n"
            f"wanted = Experiment.model_validate_json({wanted.model_dump_json()!r})\n"
            "print(*start_detached(wanted, seeds=(7, 8), group='two'))\n"
        )
        command = [sys.executable, "-c", code]
        starter = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
        assert starter.stdout.split() == ["1", "2"]
        store = RunStore()
        assert [(one.owned, one.group, one.seed) for one in store.summaries()] == [
            (True, "two", 8),
            (True, "two", 7),
        ]
        epochs = 0
        for event in store.follow("1"):
            if isinstance(event, EpochEnded) and not epochs:
                epochs = event.epoch
                os.kill(owner(store, "1"), signal.SIGTERM)
        assert isinstance(event, Ended)
        assert (event.status, event.reason) == (Status.STOPPED, "stopped on request")
        first, second = store.get("1"), store.get("2")
        assert first.epochs_done >= epochs > 0
        assert first.resumable
        *_, waited = store.follow("2")
        assert isinstance(waited, Ended)
        second = store.get("2")
        assert (second.status, second.epochs_done, second.resumable) == (Status.STOPPED, 0, True)


def owner(store: RunStore, run: str) -> int:
    """The process that has a run's lock open."""
    path = str(store.folder(run).path / "owner.lock")
    found = [process.pid for process in psutil.process_iter(["open_files"]) if path in _open_files(process)]
    assert len(found) == 1
    return found[0]


def _open_files(process: psutil.Process) -> list[str]:
    return [file.path for file in process.info["open_files"] or []]
