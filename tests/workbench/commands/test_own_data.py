"""A person's own table in the commands: shown, trained on and predicted for, in one process."""

from __future__ import annotations

import csv
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.datasets import file_digest
from engine.events import Preparing
from engine.system.drain import drain
from tests.workbench.commanding import Workbench
from workbench.commands.inputs import experiment_and_data

RANDOM = np.random.default_rng(4)


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    rows = []
    for n in range(60):
        kind = n % 3
        height = "" if n in (5, 20) else f"{10 + 3 * kind + RANDOM.normal():.1f}"
        rows.append(
            f"K-{n * 37},{height},{['red', 'blue'][n % 2]},{'' if n == 50 else ['leaf', 'stem', 'root'][kind]}"
        )
    path = tmp_path / "plants.csv"
    path.write_text("\n".join(["id;height;colour;part", *(row.replace(",", ";") for row in rows)]) + "\n")
    return path


def test_a_table_is_shown_with_what_each_column_was_taken_for(workbench: Workbench, plants: Path) -> None:
    summary = workbench("data", "show", str(plants), "--json").json["summary"]
    assert summary["task"] == "classes"
    assert {one["label"]: sum(one["rows"]) for one in summary["classes"]} == {
        "leaf": 20,
        "root": 19,
        "stem": 20,
    }
    assert sum(summary["facts"][part] for part in ("train", "validation", "test")) == 59
    columns = {one["name"]: one for one in summary["columns"]}
    assert [(one["role"], one["missing"], one["distinct"]) for one in columns.values()][2:] == [
        ("category", 0, 2),
        ("target", 0, 3),
    ]
    assert (columns["id"]["role"], columns["height"]["role"], columns["height"]["missing"]) == (
        "ignored",
        "number",
        2,
    )
    assert columns["height"]["treatment"].startswith("standard scaling; missing: median")
    assert columns["colour"]["treatment"] == "one-hot, 2 values"
    assert summary["left_out"] == {"samples": 1, "why": "1 sample without a target ('part'), the first in line 52"}
    reading = summary["reading"]
    assert (reading["format"], reading["separator"], reading["encoding"], reading["header"]) == (
        "delimited", ";", "utf-8", True,
    )  # fmt: skip
    assert summary["findings"][0]["message"].startswith("left out: 1 sample without a target")
    assert any("'id' is left out" in note for note in summary["notes"])


def test_what_was_guessed_can_be_overruled(workbench: Workbench, plants: Path) -> None:
    chosen = ("--target", "colour", "--set", 'data.ignore=["part", "id"]')
    summary = workbench("data", "show", str(plants), *chosen, "--json").json["summary"]
    assert [one["label"] for one in summary["classes"]] == ["blue", "red"]
    assert summary["left_out"] == {"samples": 0, "why": None}
    assert {one["name"]: one["role"] for one in summary["columns"]} == {
        "id": "ignored", "height": "number", "colour": "target", "part": "ignored",
    }  # fmt: skip
    wrong = workbench("data", "show", str(plants), "--target", "color")
    assert wrong.status == 2
    assert "plants.csv has no column 'color' (data.target): did you mean 'colour'?" in wrong.message
    other = workbench("data", "show", str(plants), "--set", "training.epochs=3")
    assert (other.status, other.message.split(":")[0]) == (2, "--set training.epochs")


def test_a_table_is_shown_to_a_person(workbench: Workbench, plants: Path) -> None:
    shown = workbench("data", "show", str(plants)).out
    assert "The column 'id' is left out: every value is different: it identifies the row." in shown
    assert ["height", "number", "number", "2"] in [line.split()[:4] for line in shown.splitlines()]


def test_from_a_table_to_predictions_for_another(workbench: Workbench, plants: Path, tmp_path: Path) -> None:
    trained = workbench("train", str(plants), "--set", "training.epochs=4", "--json").json
    assert (trained["status"], trained["name"], trained["data"]["train"]) == ("finished", "Plants", 38)
    card = tmp_path / "card.txt"
    workbench("export", trained["run"], str(card), "--to", "card")
    assert "Scaling     standard\nColumns     height: standard scaling; missing: median" in card.read_text()
    new = tmp_path / "new.csv"
    new.write_text("colour,extra,height\nred,1,10.5\ngreen,2,13\nblue,3,\n")
    out = tmp_path / "predictions.csv"
    found = workbench("predict", trained["run"], "--file", str(new), "--out", str(out), "--json").json
    assert (found["rows"], found["out"]) == (3, str(out))
    notes = "\n".join(found["notes"])
    for said in ("does not read: extra", "in another order", "'height': 1 missing", "'green' (1)"):
        assert said in notes
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert list(rows[0]) == ["prediction", "probability leaf", "probability root", "probability stem"]
    assert [sum(float(row[name]) for name in list(row)[1:]) for row in rows] == pytest.approx([1, 1, 1], abs=1e-5)
    one = workbench("predict", trained["run"], "--text", "10.5,red", "--json").json
    again = workbench("predict", trained["run"], "--text", "10.5,0,0,1", "--json")
    assert {part["label"]: part["probability"] for part in one["classes"]} == pytest.approx(
        {name.removeprefix("probability "): float(value) for name, value in list(rows[0].items())[1:]}, abs=1e-5
    )
    assert again.json["prediction"] == one["prediction"]
    unseen = workbench("predict", trained["run"], "--text", "10.5,green", "--json").json
    assert "values that no training sample had: 'green' (1)" in unseen["notes"][0]
    short = workbench("predict", trained["run"], "--text", "10.5")
    assert "reads 2 values a sample (height, colour)" in short.message
    lacking = tmp_path / "lacking.csv"
    lacking.write_text("a,b\n" + "1,2\n" * 12)
    refused = workbench("predict", trained["run"], "--file", str(lacking), "--out", str(out))
    assert "has none of the columns that the run reads (height, colour)" in refused.message


def test_a_table_is_read_once_for_the_proposal_the_run_and_its_baseline(
    workbench: Workbench, plants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    digest = file_digest.digest

    def noted(path: Path) -> Generator[Preparing, None, str]:
        read.append(path)
        return (yield from digest(path))

    monkeypatch.setattr(file_digest, "digest", noted)
    trained = workbench("train", str(plants), "--set", "training.epochs=1", "--json").json
    assert read == [plants]
    assert trained["baselines"]["linear"]["val_accuracy"] > 0


@pytest.mark.parametrize(
    ("table", "setting", "handed_over"),
    [
        ("a,b,kind\n" + "".join(f"{n},{n % 7},{'' if n == 9 else n % 3}\n" for n in range(40)), "name=x", True),
        ("a,kind,nothing\n" + "".join(f"{n % 5},{'yn'[n % 2]},\n" for n in range(40)), "data.missing=['-']", True),
        ("a,words\n" + "".join(f"word{n % 9} and word{n % 4},{n % 2}\n" for n in range(40)), "name=x", True),
        ("a,kind\n" + "".join(f"{n},{n % 2}.0\n" for n in range(40)), "data.task=classes", False),
        ("a,kind\n" + "".join(f"{n},{n % 2}\n" for n in range(40)), "seed=5", False),
    ],
)
def test_data_is_handed_over_to_the_run_only_where_it_would_read_the_same(
    tmp_path: Path, table: str, setting: str, handed_over: bool
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(table)
    chosen, found = experiment_and_data(str(path), [setting])
    assert (found is not None) == handed_over
    if found is None:
        return
    again = drain(datasets.load(chosen.data, chosen.seed))
    assert (found.digest, found.labels, found.columns, found.task) == (
        again.digest, again.labels, again.columns, again.task,
    )  # fmt: skip
    assert found.targets.tolist() == again.targets.tolist()
    assert found.split.train.tolist() == again.split.train.tolist()
    assert found.table is not None
    assert again.table is not None
    assert [(one.name, one.role) for one in found.table.roles] == [
        (one.name, one.role) for one in again.table.roles
    ]
    for name in found.columns:
        assert found.table.table.column(name).texts() == again.table.table.column(name).texts()


def test_predictions_follow_the_threshold_that_is_kept_and_say_so(workbench: Workbench, tmp_path: Path) -> None:
    path, out = tmp_path / "marks.csv", tmp_path / "out.csv"
    path.write_text("mark,passed\n" + "".join(f"{n % 10},{'yes' if n % 10 > 4 else 'no'}\n" for n in range(60)))
    run = workbench("train", str(path), "--set", "training.epochs=1", "--json").json["run"]
    before = workbench("predict", run, "--text", "9", "--json").json
    assert before["notes"] == []
    for kept, label in (("0", "yes"), ("1", "no")):
        workbench("evaluate", run, "--threshold", kept)
        note = f"decided with threshold {kept}.000 (by hand), stored with the run"
        found = workbench("predict", run, "--text", "9", "--json").json
        assert (found["label"], found["notes"]) == (label, [note])
        assert found["prediction"] == before["prediction"]
        many = workbench("predict", run, "--file", str(path), "--out", str(out), "--json").json
        assert note in many["notes"]
        assert {row["prediction"] for row in csv.DictReader(out.read_text().splitlines())} == {label}
    workbench("export", run, str(tmp_path / "card.txt"), "--to", "card")
    assert "Decision    threshold 1.000 (by hand): val_accuracy" in (tmp_path / "card.txt").read_text()


def test_several_columns_of_text_are_read_as_one_beside_the_others(workbench: Workbench, tmp_path: Path) -> None:
    path, out = tmp_path / "reviews.csv", tmp_path / "out.csv"
    rows = [f"the {'red' if n % 3 else 'blue'} lamp {n},it is {'fine' if n % 2 else 'broken'} after {n} days,"
            f"{n * 7 % 17},{'good' if n % 2 else 'bad'}" for n in range(60)]  # fmt: skip
    path.write_text("\n".join(["title,review,price,opinion", *rows]) + "\n")
    one = workbench("data", "show", str(path), "--json").json["summary"]
    assert [column["role"] for column in one["columns"]] == ["text", "ignored", "number", "target"]
    assert any("to read several, set their roles to text" in note for note in one["notes"])
    both = [word for name in ("title", "review") for word in ("--set", f"data.columns.{name}.role=text")]
    two = workbench("data", "show", str(path), *both, "--json").json["summary"]
    assert [column["role"] for column in two["columns"]] == ["text", "text", "number", "target"]
    assert any(
        "The texts are the columns 'title' and 'review', read as one text." in note for note in two["notes"]
    )
    assert "words, with review" in two["columns"][0]["treatment"]
    trained = workbench("train", str(path), *both, "--set", "training.epochs=30", "--json").json
    assert trained["history"]["accuracy"][-1] > 0.9  # of titles alone, a half is right
    new = tmp_path / "new.csv"
    new.write_text("price,review,title\n3,it is fine after 2 days,the red lamp\n3,it is broken after 2 days,\n")
    assert workbench("predict", trained["run"], "--file", str(new), "--out", str(out)).status == 0
    assert [row["prediction"] for row in csv.DictReader(out.read_text().splitlines())] == ["good", "bad"]
    refused = workbench("data", "show", str(path), *both, "--set", "data.encoding=sequence")
    assert "several texts ('title', 'review') are read as bags of words only" in refused.message


def test_sparse_samples_have_columns_and_a_reading_too(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "parts.libsvm"
    path.write_text("".join(f"{n % 2} 1:{n + 1} 3:{n % 4}\n" for n in range(30)))
    summary = workbench("data", "show", str(path), "--json").json["summary"]
    assert [one["name"] for one in summary["columns"]] == ["1", "2", "3"]
    assert summary["reading"]["format"] == "svmlight"


def test_a_metric_that_the_samples_cannot_have_is_undefined_and_said_once(
    workbench: Workbench, tmp_path: Path
) -> None:
    path = tmp_path / "one_of_ten.csv"
    path.write_text("a,kind\n" + "".join(f"{n * 7 % 5},{'rare' if n == 9 else 'usual'}\n" for n in range(10)))
    asked = ("train", str(path), "--test", "--set", 'training.metrics=["auc"]', "--set", "training.epochs=2")
    told = workbench(*asked)
    assert told.status == 0
    assert [line.split()[-2:] for line in told.out.splitlines() if line.lstrip()[:2] == "2 "] == [["n/a", "*"]]
    assert "test samples, weights of epoch" in told.out
    assert ", auc n/a" in told.out
    assert told.err.count("auc is undefined (n/a) on the validation and test samples, which lack a class") == 1

    as_object = workbench("show", "1", "--json").json
    assert as_object["history"]["val_auc"] == [None, None]
    assert None not in as_object["history"]["auc"]
    assert as_object["test"]["auc"] is None
    [listed] = workbench("runs", "--json").json["runs"]
    assert listed["best"]["val_auc"] is None
    assert "n/a val_auc" in workbench("runs").out
    assert "val_auc" in workbench("show", "1").out
    assert "n/a" in workbench("show", "1").out


@pytest.mark.parametrize(
    ("first", "other", "note"),
    [
        (1, [(1, "1.5"), (3, "2")], ""),
        (1, [(0, "9"), (1, "1.5"), (3, "2")], "counts columns from 1: 30 values of the index 0 are not read"),
        (0, [(1, "1.5"), (2, "2")], "counts columns from 0, and so is this file read"),
    ],
)
def test_a_sparse_file_is_predicted_with_the_indices_of_the_training_file(
    workbench: Workbench, tmp_path: Path, first: int, other: list[tuple[int, str]], note: str
) -> None:
    path, new, out = tmp_path / "a.svm", tmp_path / "new.svm", tmp_path / "out.csv"
    path.write_text("".join(f"{n % 2} {first}:{n % 2 + 1} {first + 2}:{n % 4}\n" for n in range(30)))
    assert workbench("train", str(path), "--set", "training.epochs=1").status == 0
    new.write_text(
        "".join("0 " + " ".join(f"{index}:{value}" for index, value in other) + "\n" for _ in range(30))
    )
    told = workbench("predict", "1", "--file", str(new), "--out", str(out))
    assert told.status == 0, told.err
    assert note in told.out + told.err
    assert len(set(out.read_text().splitlines()[1:])) == 1


def test_one_sparse_sample_is_predicted_as_its_line_in_a_file(workbench: Workbench, tmp_path: Path) -> None:
    path, new, out = tmp_path / "a.svm", tmp_path / "new.svm", tmp_path / "out.csv"
    path.write_text("".join(f"{n % 2} 1:{n % 2 + 1} 3:{n % 4}\n" for n in range(30)))
    assert workbench("train", str(path), "--set", "training.epochs=1").status == 0
    new.write_text("0 1:1.5 3:2\n" * 10)
    assert workbench("predict", "1", "--file", str(new), "--out", str(out)).status == 0
    told = workbench("predict", "1", "--text", "1:1.5 3:2 9:1", "--json").json
    assert told["decoded"] == "1 1.5 3 2"
    assert "6 columns beyond those of the training samples are not read." in told["notes"]
    row = next(csv.DictReader(out.read_text().splitlines()))
    assert row["probability 1"] == f"{told['prediction']:.7g}"
    assert [one["word"] for one in told["words"]] in (["1", "3"], ["3", "1"])


def test_what_is_no_sparse_sample_is_refused(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("".join(f"{n % 2} 1:{n % 2 + 1} 3:{n % 4}\n" for n in range(30)))
    assert workbench("train", str(path), "--set", "training.epochs=1").status == 0
    for given in ("", "1,2,3", "1 1:2", "3:1 1:2", "-1:2", "1:2 é:3"):
        refused = workbench("predict", "1", "--text", given)
        assert (refused.status, "is not index:value pairs" in refused.message) == (2, True), given
    for given in ("1:1e40", "1:nan"):
        assert "a number that is not finite" in workbench("predict", "1", "--text", given).message


def test_a_run_whose_data_cannot_be_encoded_is_told_as_json_too(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "parts.svm"
    path.write_text("".join(f"{n % 2} 1:{n + 1} 3:{n % 4}\n" for n in range(30)))
    failed = workbench("train", str(path), "--set", "data.scaling=power", "--json")
    assert failed.status == 2
    assert (failed.json["run"], failed.json["status"]) == ("1", "failed")
    assert "would make sparse columns dense" in failed.json["error"]
