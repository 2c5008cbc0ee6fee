"""crossval and search on made-up results, and once for real: what they say, write, and how they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.events import DataFacts, EpochEnded, Preparing
from engine.selection.events import CellEnded, FoldEnded, FoldLost, FoldProgress, SelectionStarted
from engine.selection.fold_trainer import FoldTask
from engine.selection.grid import Grid
from engine.selection.pruning import rounds
from engine.selection.results import CrossValidation, FoldScore
from engine.selection.scoreboard import Scoreboard
from engine.selection.search import pruned
from tests.workbench.commanding import Workbench, finish, start

FACTS = DataFacts("boston", "made up", 8, 2, 1)
COURSE = ("--grid", "training.epochs=1,2", "--grid", "layers.0.units+layers.1.units=32,64")


def epoch(number: int, error: float) -> EpochEnded:
    logs = {"loss": error, "mae": error, "val_loss": error, "val_mae": error, "eval_mae": error / 2}
    return EpochEnded(number, logs, 0.1, True, 0.001)


class Fake:
    """Stands for both ways of selecting: notes how it was called, and makes up what happens."""

    def __init__(self) -> None:
        self.arguments: tuple[Any, ...] = ()
        self.options: dict[str, Any] = {}
        self.interrupt = False
        self.fails = False

    def cross_validate(self, experiment: Any, folds: int, jobs: Any, cluster: Any) -> Iterator[Any]:
        self.arguments = folds, jobs, cluster
        yield Preparing("reading", 1, 2)
        yield SelectionStarted(FACTS, folds, 1, folds, 2 * folds)
        scores = []
        for fold in range(1, folds + 1):
            epochs = [epoch(1, 2.0 + fold), epoch(2, 3.0 + fold)]
            for ended in epochs:
                yield FoldProgress(0, fold, ended.epoch, 2, ended, 0.5, 9.0)
            failed = "the loss became infinite in epoch 1" if self.fails and fold == 2 else None
            scores.append(FoldScore.of(epochs, error=failed))
            yield FoldEnded(fold, scores[-1], fold / folds, 3.0)
        return CrossValidation.of(tuple(scores))

    def search(
        self, experiment: Any, grid: Any, folds: int, jobs: Any, cluster: Any, **options: Any
    ) -> Iterator[Any]:
        self.arguments, self.options = (folds, jobs, cluster), options
        board = Scoreboard(Grid.of(experiment, grid), folds, "regression", options["score"])
        yield SelectionStarted(FACTS, folds, len(board.grid), 2 * folds, 4 * folds, 1, board.scoring)
        yield FoldLost(0, 1, 1, True)
        for now in rounds(board, options["prune"]):
            yield from pruned(now)
            yield from self._round(board, now.tasks)
        return board.search(1.5)

    def _round(self, board: Scoreboard, tasks: Sequence[FoldTask]) -> Iterator[Any]:
        for task in tasks:
            for number in (1, 2) if not self.fails else ():
                for cell in board.passed(task.trial, task.fold, epoch(number, 3.0 - number + task.trial)):
                    yield CellEnded(cell, 0.5, None)
                    if self.interrupt:
                        os.kill(os.getpid(), signal.SIGINT)
            if self.fails:
                from engine.selection.fold_trainer import FoldOutcome

                for cell in board.ended(task, FoldOutcome((), 0.0, "no such luck")):
                    yield CellEnded(cell, 0.5, None)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr("engine.selection.search.cross_validate", made.cross_validate)
    monkeypatch.setattr("engine.selection.search.search", made.search)
    return made


def test_crossval_tells_each_fold_their_mean_and_the_best_epoch(workbench: Workbench, fake: Fake) -> None:
    result = workbench("crossval", "boston", "--folds", "2", "--jobs", "3")
    assert (result.status, result.err) == (0, "")
    assert fake.arguments == (2, 3, None)
    lines = result.out.splitlines()
    assert lines[0] == ("Boston housing · boston, made up: 10 samples in 2 folds · 2 networks, 4 epochs to train")
    assert lines[1] == "fold 1: loss 4.0000, mae 4.0000"
    assert lines[-2].split() == ["mean", "4.5000", "4.5000"]
    assert lines[-1] == "the mean curve is best at epoch 1: val_loss 3.5000, val_mae 3.5000"


@pytest.mark.usefixtures("fake")
def test_crossval_writes_one_json_object(workbench: Workbench) -> None:
    found = workbench("crossval", "boston", "--json").json
    assert set(found) == {"folds", "mean_history", "mean_score", "best_epoch"}
    assert found["best_epoch"] == 1
    assert found["mean_history"]["val_mae"] == [4.5, 5.5]


def test_a_fold_that_fails_is_a_run_that_failed(workbench: Workbench, fake: Fake) -> None:
    fake.fails = True
    result = workbench("crossval", "boston")
    assert result.status == 1
    assert result.err == "error: fold 2 of 4: the loss became infinite in epoch 1\n"
    assert "fold 1: loss 4.0000, mae 4.0000\nfold 2: failed: the loss became infinite in epoch 1\n" in result.out


def test_a_fold_that_fails_is_in_the_json_beside_the_others(workbench: Workbench, fake: Fake) -> None:
    fake.fails = True
    result = workbench("crossval", "boston", "--json")
    assert result.status == 1
    first, second, *_ = result.json["folds"]
    assert (set(first), set(second)) == ({"history", "score"}, {"history", "score", "error"})
    assert first["score"] == {"loss": 4.0, "mae": 4.0}
    assert result.json["error"].startswith("fold 2 of 4")


@pytest.mark.usefixtures("fake")
def test_a_search_is_ranked_by_the_score_that_is_named(workbench: Workbench, fake: Fake) -> None:
    found = workbench("search", "boston", *COURSE, "--score", "loss", "--json").json
    assert fake.options["score"] == "loss"
    assert found["scoring"] == "neg_loss"


def test_search_tells_every_cell_ranks_them_and_draws_the_courses_table(workbench: Workbench, fake: Fake) -> None:
    result = workbench("search", "boston", *COURSE, "--folds", "2", "--fresh", "--cluster", "tcp://there:1")
    assert result.status == 0
    assert (fake.arguments, fake.options) == (
        (2, None, "tcp://there:1"),
        {"fresh": True, "score": None, "prune": False},
    )
    assert result.err == "the process that trained fold 1 died: it was trained again\n"
    lines = result.out.splitlines()
    assert "4 cells, scored by neg_mae, 4 networks (1 found from an earlier search), 8 epochs to train" in lines[0]
    assert lines[1] == ("training.epochs=1 layers.0.units+layers.1.units=32  fold 1: test -2.0000, train -1.0000")
    ranked = [line.split() for line in lines if line.split()[:1] in (["1"], ["2"], ["4"])]
    assert ranked[0] == ["1", "2", "32", "-1.0000", "0.0000", "-0.5000"]
    assert ["1", "-2.0000", "-3.0000"] in ranked
    assert lines[-1].startswith(
        "best: --set training.epochs=2 --set layers.0.units=32 --set layers.1.units=32 · 0 epochs trained"
    )


@pytest.mark.usefixtures("fake")
def test_pruned_cells_are_told_ranked_behind_the_others_and_said_to_have_fewer_folds(workbench: Workbench) -> None:
    result = workbench("search", "boston", *COURSE, "--prune")
    assert result.status == 0
    lines = result.out.splitlines()
    assert "after fold 1: 1 network pruned, 1 still in the race" in lines
    assert [line.split()[-2:] for line in lines if line.split()[:1] in (["1"], ["2"], ["3"], ["4"])][:4] == [
        ["-0.5000", "3"],
        ["-1.0000", "3"],
        ["1,", "pruned"],
        ["1,", "pruned"],
    ]
    table = lines.index("neg_mae: training.epochs down, layers.0.units+layers.1.units across, (pruned)")
    assert lines[table + 2].split() == ["1", "-2.0000", "(-3.0000)"]
    assert any(line.startswith("2 of 4 settings were pruned: their means are over fewer folds") for line in lines)
    assert not any("by chance alone" in line for line in lines)
    found = workbench("search", "boston", *COURSE, "--prune", "--json").json
    assert [(one["folds"], one["pruned"], one["rank"]) for one in found["results"]] == [
        (3, False, 2), (1, True, 4), (3, False, 1), (1, True, 3),
    ]  # fmt: skip
    assert len(found["cells"]) == 2 * 3 + 2


@pytest.mark.usefixtures("fake")
def test_search_writes_one_json_object(workbench: Workbench) -> None:
    found = workbench("search", "boston", *COURSE, "--json").json
    assert {"cells", "results", "best", "epochs_trained", "seconds"} <= set(found)
    assert found["best"]["params"] == {"training.epochs": 2, "layers.0.units": 32, "layers.1.units": 32}
    assert len(found["cells"]) == 12
    names = {"params", "mean_test_score", "std_test_score", "mean_train_score", "rank", "folds", "pruned"}
    assert all(set(result) == names for result in found["results"])


def test_a_search_without_a_single_score_has_failed(workbench: Workbench, fake: Fake) -> None:
    fake.fails = True
    result = workbench("search", "boston", *COURSE)
    assert result.status == 1
    assert result.err.endswith("error: no network could be trained: no such luck\n")
    assert "failed: no such luck" in result.out


def test_an_interrupted_search_says_that_it_can_go_on(workbench: Workbench, fake: Fake) -> None:
    fake.interrupt = True
    result = workbench("search", "boston", *COURSE)
    assert result.status == 130
    assert "stopped: the same search resumes from here" in result.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--grid", "training.epoch=1"), "did you mean 'epochs'?"),
        (("--grid", "training.epochs="), "there are no values"),
        (("--grid", "training.epochs"), "write a setting's path and its values"),
        (("--grid", "layers.0.units=many"), "expected a whole number"),
        ((), "--grid"),
        (("--grid", "seed=1,2", "--jobs", "0"), "0 jobs are too few"),
        (("--grid", "seed=1,2", "--folds", "1"), "--folds"),
        (("--grid", "training.epochs=1,2", "--prune"), "nothing to prune: the grid has only one network"),
        (("--grid", "layers.2.units=1,3"), "layers.2.units: "),
    ],
)
def test_bad_words_are_refused_in_one_message(workbench: Workbench, arguments: tuple[str, ...], says: str) -> None:
    result = workbench("search", "boston", *arguments)
    assert result.status == 2
    assert says in result.message


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A person's own table, and an experiment on it."""
    rows = "".join(
        f"{index % 7},{index % 5},{index % 7 * 2 - index % 5 + 0.25 * (index % 3)}\n" for index in range(60)
    )
    (tmp_path / "own.csv").write_text("first,second,price\n" + rows)
    experiment = tmp_path / "own.toml"
    experiment.write_text(
        f"""
name = "own"
data = {{dataset = "{tmp_path / "own.csv"}", target = "price"}}
layers = [{{kind = "dense", units = 4}}, {{kind = "dense", units = 1}}]
training = {{loss = "mse", metrics = ["mae"], epochs = 100, batch_size = 16}}
"""
    )
    return experiment


def test_a_real_search_is_interrupted_and_goes_on(table: Path, workbench: Workbench) -> None:
    words = ("search", str(table), "--grid", "layers.0.units=2,3", "--folds", "2")
    process = start(*words)
    assert process.stdout is not None
    for line in process.stdout:
        if "fold 1: test" in line:
            break
    process.send_signal(signal.SIGINT)
    stopped = finish(process)
    assert stopped.status == 130
    assert stopped.err == "stopped: the same search resumes from here\n"
    again = workbench(*words, "--json", "--set", "name=renamed")
    assert again.status == 0
    assert again.err == ""
    assert again.json["epochs_trained"] == 4 * 100


def test_a_table_is_said_to_be_taken_for_what_it_is_before_it_trains(table: Path, workbench: Workbench) -> None:
    quick = ("--set", "training.epochs=1")
    trained = workbench("train", str(table), *quick, "--json")
    assert trained.json["name"] == "own · 1 epoch"
    told = workbench("train", str(table), *quick).out.splitlines()
    assert told[1:3] == ["target: price, a number (regression)", "inputs: first (number), second (number)"]
    assert next(index for index, line in enumerate(told) if line.startswith("epoch")) > 2
    folds = workbench("crossval", str(table), *quick, "--folds", "2").out.splitlines()
    assert folds[1:3] == told[1:3]
