"""The commands of the run store on made-up runs: what they say, what they change, and what they refuse."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from engine.errors import EngineError
from engine.evaluation import linear_baseline
from engine.experiment.model import Experiment
from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun, replace_run
from tests.workbench.commanding import Result, Workbench
from workbench.commands.predict import MOST_BYTES, read


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command of these tests trains anything."""
    replace_run(monkeypatch, FakeRun)


def test_runs_lists_what_was_trained(workbench: Workbench) -> None:
    for name in ("first", "second", "third"):
        workbench("train", "digits", "--name", name, "--set", "training.epochs=1")
    listed = workbench("runs").out.splitlines()
    assert [line.split()[1] for line in listed[1:4]] == ["first", "second", "third"]
    short = workbench("runs", "--last", "1")
    assert "third" in short.out
    assert "second" not in short.out
    assert short.err == "2 earlier runs not listed: --last 0 lists all\n"
    found = workbench("runs", "--json").json["runs"]
    assert [run["run"] for run in found] == ["1", "2", "3"]
    assert found[0]["best"]["val_loss"] == pytest.approx(0.347)


def test_baselines_have_a_row_below_the_runs_of_their_data(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench("train", "digits", "--set", "training.epochs=1")
    assert [line.split()[:4] for line in workbench("runs").out.splitlines()[2:]] == [
        ["-", "constant", "baseline", "·"]
    ]
    monkeypatch.setattr(
        linear_baseline, "cached", lambda *_: SimpleNamespace(values=lambda _: {"val_accuracy": 0.912})
    )
    told = workbench("runs").out.splitlines()
    assert "linear baseline · digits" in told[-1]
    assert "0.912 val_accuracy" in told[-1]
    (found,) = workbench("runs", "--json").json["baselines"]
    assert (found["dataset"], found["linear"]) == ("digits", {"val_accuracy": 0.912})
    assert found["constant"] == {"val_loss": 0.69}


def test_an_interrupted_run_is_shown_as_such_even_when_left(workbench: Workbench) -> None:
    store = RunStore()
    run, lock = store.reserve(FakeRun(Experiment()))
    os.close(lock)
    for _ in range(2):
        assert (
            workbench("show", run).out.splitlines()[0].endswith(" · interrupted: its process ended before it did")
        )
        assert " interrupted " in workbench("runs").out
        store.leave(run)


def test_runs_are_renamed_tagged_and_noted(workbench: Workbench) -> None:
    workbench("train", "digits", "--set", "training.epochs=1")
    for arguments in (["rename", "1", "better"], ["tag", "1", "a", "b"], ["note", "1", "looked at"]):
        assert workbench(*arguments) == Result(0, "", "")
    found = workbench("runs", "--tag", "b", "--json").json["runs"]
    assert [(run["name"], run["tags"], run["note"]) for run in found] == [("better", ["a", "b"], "looked at")]
    assert workbench("runs", "--tag", "c", "--json").json == {"runs": []}
    assert workbench("runs", "--dataset", "imdb", "--json").json == {"runs": []}
    shown = workbench("show", "1").out
    assert "tags: a, b" in shown
    assert "note: looked at" in shown


def test_a_deleted_run_comes_back_until_it_is_purged(workbench: Workbench) -> None:
    workbench("train", "digits", "--set", "training.epochs=1")
    assert workbench("delete", "1").status == 0
    assert workbench("runs", "--json").json == {"runs": []}
    assert workbench("restore", "1").status == 0
    assert len(workbench("runs", "--json").json["runs"]) == 1
    workbench("delete", "1")
    assert workbench("purge", "1") == Result(0, "1 run permanently deleted\n", "")
    assert workbench("restore", "1").status == 2


def test_purge_says_what_it_has_not_removed(workbench: Workbench) -> None:
    assert workbench("purge") == Result(0, "nothing to delete\n", "")
    for _ in range(2):
        workbench("train", "digits", "--set", "training.epochs=1")
    workbench("delete", "2")
    refused = workbench("purge", "1", "999")
    assert refused.status == 2
    assert refused.message.startswith("not permanently deleted, as not deleted or not there: 1, 999 ")
    partly = workbench("purge", "1", "02")
    assert (partly.status, partly.out) == (2, "1 run permanently deleted\n")
    assert "not there: 1 " in partly.err
    assert workbench("show", "1").status == 0


def test_show_gives_the_curves_and_an_experiment_that_can_be_run(workbench: Workbench, tmp_path: Path) -> None:
    trained = workbench("train", "digits", "--set", "training.epochs=2", "--test", "--json").json
    assert workbench("show", "1", "--json").json == trained
    shown = workbench("show", "1").out
    assert shown.splitlines()[0] == "run 1 · Handwritten digits · 2 epochs · finished"
    assert "test samples: loss 0.4000, accuracy 0.9000" in shown
    again = tmp_path / "again.toml"
    again.write_text(shown[shown.index("name = ") :])
    assert workbench("train", str(again), "--json").json["history"] == trained["history"]


def test_a_retrained_run_is_compared_with_the_run_it_came_from(workbench: Workbench) -> None:
    workbench("train", "digits", "--set", "training.epochs=4")
    workbench("retrain", "1")
    shown = workbench("compare", "2")
    assert shown.status == 0
    lines = [line.split() for line in shown.out.splitlines()]
    assert lines[0] == ["run", "1", "run", "2"]
    assert ["from", "-", "retrain", "of", "1"] in lines
    told = (
        "run 2 is run 1 retrained on training and validation samples: "
        "test loss 0.4000 (validation 0.3070), test accuracy 0.9000 (validation 0.8000)"
    )
    assert told in shown.out.splitlines()
    assert [run["run"] for run in workbench("compare", "2", "--json").json["runs"]] == ["1", "2"]
    assert "two runs or more" in workbench("compare", "1").message


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_the_list_of_runs_keeps_within_the_terminal(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    names = ("a very long name of a run that differs at its end alone: 1", "\u65e5\u672c\u8a9e " * 12)
    for name in names:
        workbench("train", "digits", "--set", "training.epochs=1", "--test", "--name", name)
    workbench("tag", "1", "a tag", "another tag")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("workbench.commands.output.terminal_width", lambda: columns)
    lines = workbench("runs").out.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert lines[0].split()[:3] == ["run", "name", "status"]
    assert " alone: 1" in lines[1] or "...e: 1" in lines[1]
    assert "finished" in lines[2]


def test_compare_shows_the_settings_that_differ(workbench: Workbench) -> None:
    workbench("train", "digits", "--set", "training.epochs=1")
    workbench("train", "digits", "--set", "training.epochs=2", "--set", "layers.0.units=8")
    found = workbench("compare", "1", "2", "--json").json
    assert found["settings"] == {
        "layers.0.units": [found["settings"]["layers.0.units"][0], 8],
        "training.epochs": [1, 2],
    }
    assert [run["run"] for run in found["runs"]] == ["1", "2"]
    shown = [line.split() for line in workbench("compare", "1", "2").out.splitlines()]
    assert ["training.epochs", "1", "2"] in shown
    assert ["val_loss", "0.3470", "0.3170"] in shown


def test_compare_holds_two_groups_against_the_noise(workbench: Workbench) -> None:
    arguments = ("train", "digits", "--set", "training.epochs=2", "--repeat", "2")
    told = workbench(*arguments).out.splitlines()
    assert told[-4].startswith("group ")
    assert told[-4].endswith("compares two")
    first = told[-4].split()[1]
    second = workbench(*arguments, "--set", "layers.0.units=8", "--json").json["group"]
    found = workbench("compare", first, second, "--json").json
    assert [run["run"] for run in found["runs"]] == ["1", "2", "3", "4"]
    assert found["groups"]["seeds"] == [7, 8]
    assert found["groups"]["within_noise"] is True
    assert workbench("compare", first, second).out.endswith("over 2 seeds: within the noise\n")


def test_compare_shows_groups_side_by_side_that_share_no_two_seeds(workbench: Workbench) -> None:
    arguments = ("train", "digits", "--set", "training.epochs=1", "--repeat", "2")
    for seed in ("1", "5"):
        workbench(*arguments, "--set", f"seed={seed}")
    result = workbench("compare", "1", "3")
    assert result.status == 0
    table, last = result.out.splitlines()[:-1], result.out.splitlines()[-1]
    assert ["seed", "1", "5"] in [line.split() for line in table]
    assert last.startswith("a test against noise needs two seeds with a val_loss in both groups, and there are 0")
    assert "groups" not in workbench("compare", "1", "3", "--json").json


@pytest.mark.parametrize("given", [("-", None), (None, Path("-"))])
def test_predict_reads_standard_input(
    given: tuple[str | None, Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, file = given
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("a fine film, schön".encode())))
    assert read(source, None, file) == ("a fine film, schön", [])


def test_a_text_in_another_encoding_is_read_whole_and_its_encoding_said(tmp_path: Path) -> None:
    file = tmp_path / "review.txt"
    file.write_bytes("un très bon film, même si la fin déçoit un peu".encode("cp1252"))
    text, notes = read(None, None, file)
    assert text == "un très bon film, même si la fin déçoit un peu"
    assert len(notes) == 1
    assert notes[0].startswith("The encoding is ")
    file.write_bytes(b"\x00\x01\x02\x00\x00\x00\xff")
    with pytest.raises(EngineError, match="the text cannot be read: "):
        read(None, None, file)


def test_predict_reads_no_more_than_a_text(workbench: Workbench, tmp_path: Path) -> None:
    workbench("train", "digits", "--set", "training.epochs=1")
    long = tmp_path / "long.txt"
    long.write_bytes(b"x" * (MOST_BYTES + 1))
    for file in (long, Path("/dev/zero")):
        result = workbench("predict", "1", "--file", str(file))
        assert (result.status, result.message) == (
            2,
            "the text is longer than 10 MB: give a shorter one",
        )


# What is there


def test_runs_are_selected_by_a_query(workbench: Workbench) -> None:
    for epochs in (1, 3):
        workbench("train", "digits", "--set", f"training.epochs={epochs}")
    found = workbench("runs", "--where", "val_loss < .31 and not tag:old", "--json").json
    assert [run["run"] for run in found["runs"]] == ["2"]
    assert workbench("runs", "--where", "val_auc > 0 or seed < 0", "--json").json == {"runs": []}
    refused = workbench("runs", "--where", "val_los < .31", "--json")
    assert refused.status == 2
    assert refused.message == "query, character 1: unknown name 'val_los': did you mean 'val_loss'?"


def test_runs_are_grouped_by_a_setting(workbench: Workbench) -> None:
    for seed in (1, 2, 3):
        workbench("train", "digits", "--set", f"seed={seed}", "--set", f"training.epochs={1 + seed % 2}")
    one, two = workbench("runs", "--group-by", "training.epochs", "--json").json["groups"]
    assert (one["value"], one["runs"], two["value"], two["runs"]) == (1, ["2"], 2, ["3", "1"])
    assert two["scores"]["val_loss"]["mean"] == pytest.approx(0.312)
    assert two["scores"]["val_loss"]["runs"] == 2
    assert one["scores"]["val_loss"]["low"] is None
    lines = workbench("runs", "--group-by", "training.epochs").out.splitlines()
    assert lines[0].split() == ["training.epochs", "dataset", "runs", "val_loss", "val_accuracy"]
    assert "0.3120 [0.2993, 0.3247]" in lines[2]
    assert workbench("runs", "--group-by", "epoch", "--json").status == 2


def test_pinned_runs_are_listed_below_the_latest(workbench: Workbench) -> None:
    for name in ("first", "second", "third"):
        workbench("train", "digits", "--name", name, "--set", "training.epochs=1")
    workbench("tag", "1", "pinned")
    listed = workbench("runs", "--last", "1").out.splitlines()
    assert [line.split()[1] for line in listed[1:3]] == ["third", "first"]
