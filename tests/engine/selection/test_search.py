"""Folds and cells equal runs of their own, wherever they are trained, and a search goes on where it stopped."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.datasets.dataset import Dataset
from engine.errors import EngineError, ExperimentError
from engine.evaluation.chance import lead_by_chance
from engine.events import EpochEnded
from engine.experiment import toml_file
from engine.experiment.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    GlobalMaxPooling1D,
)
from engine.experiment.model import EarlyStopping, Experiment
from engine.experiment.setting_paths import with_settings
from engine.features import fit
from engine.selection.events import CellEnded, FoldEnded, FoldLost, FoldProgress, SelectionStarted
from engine.selection.fold_trainer import FoldTask, FoldTrainer
from engine.selection.folds import divide
from engine.selection.results import CrossValidation, Search
from engine.selection.search import cross_validate, search
from engine.system.drain import drain
from engine.training.run import Run
from tests.engine import tiny
from tests.engine.selection.searching import HIDDEN, REGRESSION, close, run_through, settled


def alone(experiment: Experiment, dataset: Dataset, fold: int, count: int) -> list[EpochEnded]:
    """The epochs of a run of its own on one fold, its network built and compiled for it alone."""
    run = Run(experiment, replace(dataset, split=divide(dataset, count, experiment.seed)[fold]))
    list(run)
    return run.epochs


def test_cross_validation_tells_every_epoch_and_averages_its_folds() -> None:
    events: list[Any] = []
    result: CrossValidation = run_through(cross_validate(REGRESSION, 3, dataset=tiny.columns()), events)
    started = next(event for event in events if isinstance(event, SelectionStarted))
    assert (started.folds, started.networks, started.epochs) == (3, 3, 9)
    epochs = [event for event in events if isinstance(event, FoldProgress) and event.ended]
    assert [(event.fold, event.epoch) for event in epochs] == [(f, e) for f in (1, 2, 3) for e in (1, 2, 3)]
    assert [event.share for event in epochs] == pytest.approx([index / 9 for index in range(1, 10)])
    ended = [event for event in events if isinstance(event, FoldEnded)]
    assert tuple(event.score for event in ended) == result.folds
    assert ended[-1].seconds_left == pytest.approx(0, abs=1e-6)
    found = json.loads(json.dumps(result.json()))
    assert set(found) == {"folds", "mean_history", "mean_score", "best_epoch"}
    assert [len(fold["history"]["val_mae"]) for fold in found["folds"]] == [3, 3, 3]
    assert found["folds"][0]["score"]["mae"] == found["folds"][0]["history"]["val_mae"][-1]
    assert found["mean_score"]["mae"] == pytest.approx(np.mean([fold["score"]["mae"] for fold in found["folds"]]))
    means = [np.mean([fold["history"]["val_loss"][epoch] for fold in found["folds"]]) for epoch in range(3)]
    assert found["mean_history"]["val_loss"] == pytest.approx(means)
    assert found["best_epoch"] == int(np.argmin(means)) + 1


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "adagrad", "nadam"])
def test_a_fold_on_a_network_used_before_equals_a_run_of_its_own(optimizer: str) -> None:
    dataset = tiny.text()
    experiment = tiny.experiment(
        HIDDEN,
        BatchNormalization(),
        Dropout(rate=0.3),
        Dense(units=1, activation="sigmoid"),
        optimizer=optimizer,
        metrics=("accuracy", "auc"),
    )
    result: CrossValidation = run_through(cross_validate(experiment, 3, dataset=dataset))
    own = alone(experiment, dataset, 2, 3)
    for name, values in result.folds[2].history.items():
        assert values == pytest.approx([ended.logs[name] for ended in own], abs=1e-6), name


def test_a_used_network_takes_another_learning_rate_and_is_not_traced_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from engine.network.compiled_steps import Steps

    dataset, traced = tiny.columns(), []  # type: ignore[var-annotated]
    trace = Steps._train_batches
    monkeypatch.setattr(Steps, "_train_batches", lambda *given: (traced.append(1), trace(*given))[1])
    bench = FoldTrainer(dataset, divide(dataset, 2, 1))
    slow = with_settings(REGRESSION, {"training.learning_rate": 0.0001})
    outcomes = [list(bench(FoldTask(experiment, 0, 0))) for experiment in (REGRESSION, slow, REGRESSION)]
    losses = [[event.logs["val_loss"] for event in epochs if isinstance(event, EpochEnded)] for epochs in outcomes]
    assert losses[0] == pytest.approx(losses[2], abs=1e-6)
    assert losses[0] != pytest.approx(losses[1], abs=1e-6)
    assert len(traced) == 1
    own = Run(slow, replace(dataset, split=bench.splits[0]))
    list(own)
    assert losses[1] == pytest.approx([ended.logs["val_loss"] for ended in own.epochs], abs=1e-6)


@pytest.mark.parametrize(
    "layers",
    [
        (Dense(units=4), Dense(units=4)),
        (Embedding(output_dim=3), Conv1D(filters=2, kernel_size=2), GlobalMaxPooling1D()),
        (Embedding(output_dim=3), LSTM(units=2, return_sequences=True), GRU(units=2)),
        (Embedding(output_dim=3), Bidirectional(units=2)),
    ],
    ids=["dense", "conv", "recurrent", "both ways"],
)
def test_first_weights_come_from_the_seed_alone_whatever_other_threads_draw(layers: Any) -> None:
    from engine.network.build import build

    encoding = "multi-hot" if len(layers) == 2 and isinstance(layers[0], Dense) else "sequence"
    experiment = tiny.experiment(*layers, Dense(units=1), data={"encoding": encoding})
    dataset = tiny.text()
    features = drain(fit(dataset, experiment.data, dataset.split.train))
    drawn = []
    for state in (1, 2):
        random.seed(state)
        drawn.append(build(experiment, features).weights())
    for first, second in zip(*drawn, strict=True):
        assert np.array_equal(first, second)
    kernels = [weights for weights in drawn[0] if weights.ndim > 1 and weights.any()]
    assert len(kernels) >= 3
    alike = [(a, b) for a in kernels for b in kernels if a is not b and a.shape == b.shape]
    assert not any(np.array_equal(a, b) for a, b in alike)


def test_scaling_is_fitted_inside_each_fold() -> None:
    dataset = tiny.columns()
    bench = FoldTrainer(dataset, divide(dataset, 2, 1))
    for fold in (0, 1):
        list(bench(FoldTask(REGRESSION, 0, fold)))
    means = [features.mean for features, _ in bench._prepared.values()]
    for mean, split in zip(means, bench.splits, strict=True):
        assert mean == pytest.approx(dataset.samples[split.train].mean(axis=0), rel=1e-4)
    assert not np.allclose(*means)


def test_a_fold_that_fails_leaves_the_others_and_no_means() -> None:
    wrong = tiny.experiment(Dense(units=3), loss="mse", metrics=())
    found: CrossValidation = run_through(cross_validate(wrong, 2, dataset=tiny.columns()))
    assert found.error is not None
    assert found.error.startswith("fold 1 of 2: the output layer has 3 units")
    written = json.loads(json.dumps(found.json()))
    assert [set(fold) for fold in written["folds"]] == [{"history", "score", "error"}] * 2
    assert (written["mean_score"], written["best_epoch"], written["error"]) == ({}, None, found.error)


def one_of_ten() -> Dataset:
    """Ten samples of two classes, of which the second has one: most folds hold out samples of one class."""
    dataset = tiny.columns(task="binary", classes=2)
    samples = [*np.flatnonzero(dataset.targets == 0)[:9], np.flatnonzero(dataset.targets == 1)[0]]
    return replace(dataset, split=replace(dataset.split, train=np.array(samples), validation=np.arange(0)))


RARE = tiny.experiment(Dense(units=1, activation="sigmoid"), metrics=("auc", "recall", "accuracy"))


def test_a_metric_that_is_undefined_on_a_fold_is_left_out_of_the_mean_with_a_note() -> None:
    events: list[Any] = []
    found: CrossValidation = run_through(cross_validate(RARE, 5, dataset=one_of_ten()), events)
    defined = [fold.score["auc"] for fold in found.folds if fold.score["auc"] is not None]
    assert (len(found.folds), len(defined)) == (5, 1)
    assert found.mean_score["auc"] == defined[0]
    assert found.mean_score["accuracy"] is not None
    without = [str(number) for number, fold in enumerate(found.folds, 1) if fold.score["auc"] is None]
    assert found.notes[0].startswith(f"auc is undefined (n/a) on folds {', '.join(without)}")
    assert [note.split()[0] for note in found.notes] == ["auc", "recall"]
    assert [fold["score"]["auc"] for fold in found.json()["folds"]].count(None) == 4
    shown = [event for event in events if isinstance(event, FoldProgress) and event.ended]
    assert {"val_auc" in event.ended.logs for event in shown if event.fold == int(without[0])} == {False}


def test_a_search_is_ranked_by_the_first_metric_unless_told() -> None:
    grid = {"training.epochs": [1, 2]}
    found: Search = run_through(search(RARE, grid, 5, dataset=one_of_ten()))
    assert found.scoring == "auc"
    assert [cell.test_score is None for cell in found.cells[:5]].count(True) == 4
    assert all(result.mean_test_score is not None for result in found.results)
    assert found.notes[0].startswith("auc is undefined (n/a) on folds ")
    told: Search = run_through(search(RARE, grid, 5, dataset=one_of_ten(), score="loss"))
    assert told.scoring == "neg_loss"
    best = min(told.results, key=lambda result: result.rank)
    losses = [fold["history"]["val_loss"][-1] for fold in told.json()["cells"] if fold["params"] == best.params]
    assert best.mean_test_score == pytest.approx(-np.mean(losses))
    with pytest.raises(EngineError, match="unknown metric to rank by 'acuracy': did you mean 'accuracy'"):
        search(RARE, grid, score="acuracy")


def test_cells_that_differ_in_epochs_share_networks_and_equal_runs_of_their_own() -> None:
    dataset, events = tiny.text(), []  # type: ignore[var-annotated]
    experiment = tiny.experiment(HIDDEN, Dropout(rate=0.2), Dense(units=1, activation="sigmoid"))
    grid = {"training.epochs": [1, 4, 2], "layers.0.units": [3, 5]}
    found: Search = run_through(search(experiment, grid, 3, dataset=dataset), events)
    assert found.epochs_trained == 2 * 3 * 4
    assert len(found.cells) == 2 * 3 * 3
    assert [result.params for result in found.results][:2] == [
        {"training.epochs": 1, "layers.0.units": 3},
        {"training.epochs": 1, "layers.0.units": 5},
    ]
    cells = [event.cell for event in events if isinstance(event, CellEnded)]
    assert {(cell.number, cell.fold) for cell in cells} == {(cell.number, cell.fold) for cell in found.cells}
    assert [cell.params["training.epochs"] for cell in cells][:3] == [1, 2, 4]
    for cell in (found.cells[0], found.cells[4], found.cells[14]):
        own = alone(with_settings(experiment, cell.params), dataset, cell.fold - 1, 3)
        assert len(cell.history["loss"]) == cell.params["training.epochs"] == len(own)
        assert cell.test_score == pytest.approx(own[-1].logs["val_accuracy"], abs=1e-6)
        assert cell.history["loss"] == pytest.approx([ended.logs["loss"] for ended in own], abs=1e-6)


def test_training_samples_are_scored_in_evaluation_mode() -> None:
    dataset = tiny.text()
    experiment = tiny.experiment(Dense(units=8), Dropout(rate=0.8), Dense(units=1, activation="sigmoid"))
    found: Search = run_through(search(experiment, {"training.epochs": [2]}, 2, dataset=dataset))
    own = Run(experiment, replace(dataset, split=divide(dataset, 2, 7)[0]), evaluate_training=True)
    list(own)
    assert found.cells[0].train_score == pytest.approx(own.epochs[1].logs["eval_accuracy"], abs=1e-6)


def test_results_are_means_over_the_folds_the_best_first_in_rank() -> None:
    found: Search = run_through(search(REGRESSION, {"training.epochs": [1, 3]}, 3, dataset=tiny.columns()))
    assert found.scoring == "neg_mae"
    for result in found.results:
        scores = [cell.test_score for cell in found.cells if cell.number == result.number]
        assert result.mean_test_score == pytest.approx(np.mean(scores))
        assert result.std_test_score == pytest.approx(np.std(scores))
        assert result.mean_test_score < 0
    assert sorted(result.rank for result in found.results) == [1, 2]
    assert found.best is not None
    assert found.best.mean_test_score == max(result.mean_test_score for result in found.results)
    assert found.experiment(found.best).training.epochs == found.best.params["training.epochs"]
    told = json.loads(json.dumps(found.json()))
    assert told["best"]["rank"] == 1
    assert set(told["cells"][0]) == {"params", "fold", "train_score", "test_score", "history"}


def test_early_stopping_leaves_longer_cells_at_their_last_epoch() -> None:
    stopping = with_settings(REGRESSION, {"training.early_stopping": EarlyStopping(patience=1, min_delta=1e6)})
    found: Search = run_through(search(stopping, {"training.epochs": [1, 9]}, 2, dataset=tiny.columns()))
    assert found.epochs_trained == 2 * 2
    assert [len(cell.history["loss"]) for cell in found.cells] == [1, 1, 2, 2]
    assert all(cell.train_score is not None for cell in found.cells)


def test_a_network_that_fails_has_no_score_and_ends_no_search() -> None:
    grid = {"training.learning_rate": [0.001, 1000.0], "training.optimizer": ["sgd"]}
    found: Search = run_through(search(REGRESSION, grid, 2, dataset=tiny.columns()))
    good, failed = found.results
    assert (good.rank, failed.rank, failed.mean_test_score) == (1, 2, None)
    cell = found.cells[-1].json()
    assert cell["test_score"] is None
    assert "try a lower learning rate" in cell["error"]
    assert "NaN" not in json.dumps(found.json())


def test_an_interrupted_search_goes_on_where_it_stopped(home: Path) -> None:
    dataset, events = tiny.columns(), []  # type: ignore[var-annotated]
    grid = {"layers.0.units": [2, 3]}
    with closing(search(REGRESSION, grid, 2, dataset=dataset)) as steps:
        while len(list((home / "cache" / "searches").glob("*.json"))) < 3:
            next(steps)
    (home / "cache" / "searches" / next(iter(os.listdir(home / "cache" / "searches")))).write_text("{")
    renamed = REGRESSION.model_copy(update={"name": "another name"})
    found: Search = run_through(search(renamed, grid, 2, dataset=dataset), events)
    started = next(event for event in events if isinstance(event, SelectionStarted))
    assert (started.found, started.epochs) == (2, 6)
    fresh: Search = run_through(search(REGRESSION, grid, 2, dataset=dataset, fresh=True))
    assert close(settled(found), settled(fresh))


def test_a_search_says_how_far_the_best_leads_by_chance() -> None:
    grid = {"layers.0.units": [2, 3, 4]}
    found: Search = run_through(search(REGRESSION, grid, 2, dataset=tiny.columns()))
    scores = [[cell.test_score for cell in found.cells if cell.number == number] for number in range(3)]
    assert found.lead_by_chance == pytest.approx(lead_by_chance(np.array(scores, np.float64)))
    assert found.json()["lead_by_chance"] == found.lead_by_chance
    assert found.notes[-1].startswith("the best of 3 equally good settings would score ")


def test_errors_in_any_cell_are_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.datasets.load", None)
    digits = toml_file.load("digits")
    with pytest.raises(ExperimentError, match=r"layers\.\d\.units: .*10"):
        search(digits, {f"layers.{len(digits.layers) - 1}.units": [10, 3]})


def test_bad_input_is_refused_before_anything_is_read() -> None:
    unknown = with_settings(REGRESSION, {"data.dataset": "nowhere"})
    with pytest.raises(ExperimentError, match="did you mean 'epochs'"):
        search(unknown, {"training.epoch": [1]})
    with pytest.raises(EngineError, match="0 jobs"):
        search(unknown, {"training.epochs": [1]}, jobs=0)
    with pytest.raises(EngineError, match="-2 jobs"):
        cross_validate(unknown, jobs=-2)
    with pytest.raises(ExperimentError):
        search(REGRESSION, {"layers.0.kind": ["dropout", "flatten"], "layers.0.rate": [0.1]})


def test_a_process_killed_in_mid_search_costs_one_network_a_retry() -> None:
    dataset, events = tiny.columns(), []  # type: ignore[var-annotated]
    grid = {"training.epochs": [5, 400]}
    steps = search(REGRESSION, grid, 2, dataset=dataset, fresh=True, apart=True)
    while not isinstance(next(steps), FoldProgress):
        pass
    (worker,) = (
        child for child in psutil.Process().children() if "engine.selection.workers" in " ".join(child.cmdline())
    )
    os.kill(worker.pid, signal.SIGKILL)
    found: Search = run_through(steps, events)
    lost = [event for event in events if isinstance(event, FoldLost)]
    assert [(event.trial, event.fold, event.tries, event.again) for event in lost] == [(0, 1, 1, True)]
    here: Search = run_through(search(REGRESSION, grid, 2, dataset=dataset, fresh=True))
    assert close(settled(found), settled(here))


@pytest.fixture
def scheduler() -> Iterator[Any]:
    """A real scheduler with two worker processes on loopback."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1", silence_logs=50
    ) as running:
        yield running


def test_a_dask_cluster_gives_the_same_though_a_worker_is_killed(scheduler: Any) -> None:
    dataset = tiny.columns()
    grid = {"training.epochs": [5, 400]}
    steps = search(REGRESSION, grid, 2, cluster=scheduler.scheduler_address, dataset=dataset, fresh=True)
    while not isinstance(next(steps), FoldProgress):
        pass
    os.kill(next(iter(scheduler.workers.values())).process.pid, signal.SIGKILL)
    found: Search = run_through(steps)
    here: Search = run_through(search(REGRESSION, grid, 2, dataset=dataset, fresh=True))
    assert close(settled(found), settled(here))


@pytest.mark.slow
@pytest.mark.usefixtures("real_data", "warm_home")
def test_boston_in_four_folds_reaches_the_courses_error() -> None:
    result: CrossValidation = run_through(cross_validate(toml_file.load("boston"), 4))
    assert result.mean_score["mae"] <= 2.6
    assert len(result.mean_history["val_mae"]) == 80


@pytest.mark.slow
@pytest.mark.usefixtures("real_data", "warm_home")
def test_the_courses_search_on_reviews_overfits_with_epochs() -> None:
    grid = {"training.epochs": [1, 5, 10], "layers.0.units+layers.1.units": [32]}
    experiment = with_settings(toml_file.load("imdb"), {"training.batch_size": 128})
    found: Search = run_through(search(experiment, grid, 3))
    assert found.epochs_trained == 30
    one, five, ten = found.results
    assert one.mean_test_score >= 0.87
    assert five.mean_test_score >= 0.86
    assert one.mean_train_score < five.mean_train_score < ten.mean_train_score
    assert ten.mean_train_score >= 0.97
