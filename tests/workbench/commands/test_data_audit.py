"""`workbench data audit` and `workbench data mark`."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runs import RunStore
from tests.workbench.commanding import Workbench

TABLE = "word,kind\n" + "".join(
    f"{words} thing number{number},{label}\n"
    for number in range(0, 60, 2)
    for words, label in (("good great fine", "pos"), ("bad awful poor", "neg"))
)


@pytest.fixture
def table(tmp_path: Path) -> str:
    """Sixty short texts of two classes; the last line is the first one's text with the other label."""
    file = tmp_path / "mine.csv"
    file.write_text(TABLE + "good great fine thing number0,neg\n")
    return str(file)


def test_an_audit_is_one_object(workbench: Workbench, table: str) -> None:
    found = workbench("data", "audit", table, "--json").json
    assert found["duplicates"]["within"] + found["duplicates"]["across"] == 1
    assert [one["samples"] for one in found["conflicts"]] == [[0, 60]]
    assert set(found["suspects"][0]) == {"sample", "split", "label", "probability", "likely", "mark"}
    assert {0, 60} & {one["sample"] for one in found["suspects"]}
    assert found["drift"]["between"] == ["train", "test"]


def test_an_audit_is_told_in_words(workbench: Workbench, table: str) -> None:
    told = workbench("data", "audit", table).out
    assert "duplicates: " in told
    assert "equal samples with different labels: 1" in told
    assert "#0 pos, #60 neg" in told
    assert "good great fine thing number0" in told


def test_a_read_of_test_labels_is_counted(workbench: Workbench, table: str) -> None:
    from engine import datasets
    from engine.experiment.model import Data, Experiment
    from engine.system.drain import drain

    facts = drain(datasets.load(Data(dataset=table), Experiment().seed)).facts
    workbench("data", "audit", table, "--no-test", "--json")
    assert RunStore().test_evaluations(facts.dataset, facts.digest) == 0
    workbench("data", "audit", table, "--json")
    assert RunStore().test_evaluations(facts.dataset, facts.digest) == 1


def test_marks_come_back(workbench: Workbench, table: str) -> None:
    said = workbench("data", "mark", table, "60", "wrong").out
    assert said.startswith("sample 60 is marked wrong; 1 marked in ")
    assert Path(f"{table}.marks.json").exists()
    found = workbench("data", "audit", table, "--json").json
    assert found["cleaned_accuracy"] >= found["accuracy"]
    assert workbench("data", "mark", table, "60", "maybe").message.startswith("a sample is marked wrong, right or")
    assert workbench("data", "mark", table, "60").out.startswith("sample 60 is not marked; 0 marked")
