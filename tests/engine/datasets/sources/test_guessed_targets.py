"""Which column is the target where a person names none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.engine.datasets.sources.plants import HEADING, PARTS, ROWS, delimited, load, refused, said


def test_an_empty_column_is_no_target_and_that_is_said(tmp_path: Path) -> None:
    path = delimited(
        tmp_path / "a.csv", [[*row, ["", "NA"][n % 2]] for n, row in enumerate(ROWS)], [*HEADING, "label"]
    )
    for _ in range(2):  # from the file, then from the cache
        found = load(path)
        assert found.target == "part"
        assert "The target 'part' is the last column that is not empty, as 'label' is" in said(found)
    assert "the column 'label' (data.target) is empty: no row has a value in it" in refused(path, target="label")
    assert load(path, ignore=("label",)).target == "part"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["x;y", "y", "x", "y;z"], "holds several labels at once"),
        (["1;2", "3;4", "2;2"], "several outputs are not predicted"),
    ],
)
def test_targets_of_several_values_are_refused(tmp_path: Path, labels: list[str], message: str) -> None:
    rows = [[*row[:2], labels[n % len(labels)]] for n, row in enumerate(ROWS)]
    assert message in refused(delimited(tmp_path / "a.csv", rows))


def test_targets_of_arrays_are_one_column(tmp_path: Path) -> None:
    numbers, classes = np.arange(60.0).reshape(30, 2), np.arange(30) % 3
    np.savez(tmp_path / "a.npz", x=numbers, y=np.eye(3)[classes])
    assert "the array y has 3 columns, and several outputs are not predicted" in refused(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", y=classes.reshape(-1, 1), x=numbers)
    found = load(tmp_path / "b.npz")
    assert (found.columns, found.target, found.targets.tolist()) == (("x 1", "x 2"), "y", classes.tolist())
    clashing: dict[str, Any] = {"x": numbers, "x 1": classes, "y": classes}
    np.savez(tmp_path / "c.npz", **clashing)
    assert "two columns would be called 'x 1'" in refused(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", x=numbers, y=np.array(PARTS * 10, object))
    assert "texts by numpy.array(texts, dtype=str)" in refused(tmp_path / "d.npz")


def test_the_index_that_pandas_writes_is_neither_target_nor_input(tmp_path: Path) -> None:
    frame = pl.DataFrame({"height": [n / 2 for n in range(30)], "part": list(PARTS) * 10})
    frame.with_columns(__index_level_0__=pl.int_range(30)).write_parquet(tmp_path / "a.parquet")
    found = load(tmp_path / "a.parquet")
    assert (found.columns, found.target) == (("height",), "part")
    assert "'__index_level_0__' is left out: pandas wrote it as the index of the rows" in said(found)
    assert load(tmp_path / "a.parquet", target="__index_level_0__").target == "__index_level_0__"


def test_classes_before_a_last_column_of_texts_are_the_target_and_that_is_said(tmp_path: Path) -> None:
    rows = [[["ham", "spam"][n % 2], f"this is message {n}"] for n in range(30)]
    found = load(delimited(tmp_path / "a.csv", rows, ["v1", "v2"]))
    assert (found.target, found.labels, found.kind) == ("v1", ("ham", "spam"), "text")
    assert "'v1' is the first column of few values, as the last one, 'v2', holds texts" in said(found)
    rows = [[*row[:2], f"text {n}"] for n, row in enumerate(ROWS)]
    assert "too many for classes" in refused(delimited(tmp_path / "b.csv", rows), target="part")


def test_neither_days_nor_what_says_how_to_split_are_the_target_before_a_last_column_of_texts(
    tmp_path: Path,
) -> None:
    rows = [
        [f"2024-01-0{1 + n % 4}", ["train", "test"][n % 2], PARTS[n % 3], f"this is message {n}"]
        for n in range(30)
    ]
    assert load(delimited(tmp_path / "a.csv", rows, ["day", "set", "part", "words"])).target == "part"


@pytest.mark.parametrize(
    ("heading", "target", "doubtful"),
    [
        (["Species", "height", "width"], "Species", True),
        (["Sale Price", "height", "width"], "Sale Price", True),
        (["class", "Survived", "width"], "Survived", True),
        (["price", "quality", "y"], "y", False),
        (["price", "height", "quality"], "quality", False),
        (["height", "label", "width"], "label", False),
        (["height", "size", "width"], "width", False),
    ],
)
def test_usual_names_of_targets_come_before_the_last_column(
    tmp_path: Path, heading: list[str], target: str, doubtful: bool
) -> None:
    rows = [[f"{n % 4}", f"{n % 3}", f"{n % 5}.5"] for n in range(30)]
    found = load(delimited(tmp_path / "a.csv", rows, heading))
    assert found.target == target
    assert (f"The target {target!r} is named as targets often are: data.target names another." in said(found)) == (
        doubtful
    )


def test_names_of_inputs_too_are_mentioned_where_the_last_column_holds_few_classes(tmp_path: Path) -> None:
    found = load(delimited(tmp_path / "a.csv", ROWS, ["price", "quality", "part"]))
    assert found.target == "part"
    assert "The target is the last column; data.target = 'price' predicts that one." in said(found)
    assert load(delimited(tmp_path / "b.csv", ROWS, ["Churn", "quality", "part"])).target == "Churn"
    unusable = [[row[0], row[2], f"each {n}"] for n, row in enumerate(ROWS)]
    assert "'y' has 30 different values" in refused(delimited(tmp_path / "c.csv", unusable, ["a", "b", "y"]))


def test_usual_names_come_before_other_classes_where_texts_are_last_but_days_and_free_texts_have_none(
    tmp_path: Path,
) -> None:
    rows = [[f"group {n % 3}", f"{n % 2}", f"this is remark number {n}"] for n in range(30)]
    assert load(delimited(tmp_path / "a.csv", rows, ["group", "churn", "remark"])).target == "churn"
    assert load(delimited(tmp_path / "b.csv", rows, ["group", "gone", "diagnosis"])).target == "group"


def test_lists_and_objects_of_records_are_no_target(tmp_path: Path) -> None:
    records = [{"n": n, "state": "ab"[n % 2], "labels": ["x", "y"], "user": {"login": f"u{n}"}} for n in range(30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    found = load(tmp_path / "a.jsonl")
    assert found.target == "state"
    assert "'state' is the last column that holds no lists or objects, as 'user' does: data.target" in said(found)


@pytest.mark.parametrize("labels", [["red;blue", "red", "blue;green", "green"], ['"[""x"",""y""]"', '"[""x""]"']])
def test_several_labels_in_a_cell_are_no_class(tmp_path: Path, labels: list[str]) -> None:
    rows = [[row[0], labels[n % len(labels)]] for n, row in enumerate(ROWS)]
    message = refused(delimited(tmp_path / "a.csv", rows, ["height", "tags"]), target="tags")
    assert "are not predicted" in message
