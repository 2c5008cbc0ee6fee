"""A sample with other values in its columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.datasets.ragged import Ragged
from engine.datasets.readers import read
from engine.datasets.readers.table import Options
from engine.errors import DataError
from engine.prediction.own_sample import with_values
from engine.system.drain import drain


def test_values_of_a_table_s_line_are_changed_by_their_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "age,city,born,ok\n31,Bonn,2020-01-02,True\n22,Ulm,2021-03-04,False\n40,Kiel,2022-05-06,True\n"
    )
    line = drain(read(path, Options()))[0]
    changed = with_values(line, (), {"age": "1.5", "city": "", "born": "2026-01-01", "ok": "False"})
    assert {name: changed.column(name).texts()[0] for name in changed.names} == {
        "age": "1.5",
        "city": "",
        "born": "2026-01-01 00:00:00",
        "ok": "False",
    }
    assert line.column("age").texts() == ["31"]
    assert with_values(line, (), {"ok": "no"}).column("ok").texts() == ["False"]
    for name, text in (
        ("age", "old"),
        ("born", "soon"),
        ("age", "inf"),
        ("age", "1_0"),
        ("born", "today"),
        ("born", "5"),
        ("ok", "perhaps"),
    ):
        with pytest.raises(DataError, match=f"{name} takes "):
            with_values(line, (), {name: text})


def test_values_of_an_array_are_changed_by_name() -> None:
    found = with_values(np.array([1, 2], np.float32), ("a", "b"), {"b": "2.5"})
    assert found.tolist() == [1.0, 2.5]
    with pytest.raises(DataError, match="a takes a number"):
        with_values(np.zeros(1, np.float32), ("a",), {"a": ""})


def test_values_of_sparse_columns_are_changed_by_name() -> None:
    read = Ragged(np.array([0, 7], np.int32), np.array([0, 2]), np.array([2, 0.5], np.float32))
    found = with_values(read, ("1", "8"), {"8": "3"})
    assert (found.values.tolist(), found.offsets.tolist(), found.weights.tolist()) == ([0, 7], [0, 2], [2, 3])
    assert read.amounts.tolist() == [2, 0.5]


def test_every_text_that_is_no_value_is_named_at_once() -> None:
    with pytest.raises(DataError) as raised:
        with_values(np.zeros(3, np.float32), ("a", "b", "c"), {"a": "x", "b": "1", "c": "y"})
    assert str(raised.value).splitlines() == [
        "a takes a number such as 1.5, not 'x'",
        "c takes a number such as 1.5, not 'y'",
    ]
