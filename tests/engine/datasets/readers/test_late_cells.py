"""Cells far down a file: a column is read as it would be if its front held them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.datasets.readers import opening, records, table_builder
from tests.engine.datasets.readers.tables import cells, table, written

ROWS = 400


@pytest.mark.parametrize(
    ("late", "kind", "values"),
    [
        (["0123"], "text", ["1399", "0123"]),
        (['"1,234"'], "number", ["1399", "1234"]),
        (["3,5"], "number", ["1399", "3.5"]),
        (["12%"], "number", ["1399", "12"]),
        (["$5"], "number", ["1399", "5"]),
        (["oops"], "number", ["1399", ""]),
        (["1.2.3"], "number", ["1399", ""]),
        (["oops", "0123"], "text", ["1399", "oops", "0123"]),
        (["oops", '"2,345"'], "number", ["1399", "", "2345"]),
    ],
)
def test_late_cells_decide_as_early_ones_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: list[str], kind: str, values: list[str]
) -> None:
    rows = [f"{1000 + number};{number % 7}" for number in range(ROWS)] + [f"{cell};1" for cell in late]
    path = written(tmp_path / "a.csv", ["x;y", *rows])
    at_once = table(path)
    monkeypatch.setattr(opening, "BLOCK", 2000)
    monkeypatch.setattr(table_builder, "_DECIDING", 1000)
    monkeypatch.setattr(records, "_RECORDS", 100)
    found = table(path)
    assert found.column("x").kind == kind
    assert found.column("x").texts()[-len(values) :] == values
    assert cells(found) == cells(at_once)
    assert found.notes == at_once.notes


def test_of_a_column_left_out_it_is_said_what_its_cells_hold(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ["x,e,y", *(f"{'inf' if n % 2 else 'NaN'},,{n}" for n in range(20))])
    found = table(path)
    assert found.names == ("y",)
    assert "Left out, being empty: 2 columns (x, e)." in found.notes
    assert any("'NaN' in 'x' (10 cells" in note and "'inf' in 'x' (10 cells" in note for note in found.notes)
    assert not any(note.startswith("Empty cells") for note in found.notes)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1.23E+11", "4.56789E+12", "123"], True),
        (["1E+15"], True),
        (["1.23E+11", "1.2E-05"], False),
        (["1.23E+05", "4.5E+06"], False),
        (["1.234567E+11"], False),
        (["1.23e+11"], False),
        (["1.99E+30", "2.5E+31"], False),
    ],
)
def test_long_numbers_of_spreadsheets_that_lost_digits_are_said(
    tmp_path: Path, values: list[str], said: bool
) -> None:
    path = written(tmp_path / "a.csv", ["id,y", *(f"{values[n % len(values)]},{n}" for n in range(30))])
    notes = [note for note in table(path).notes if note.startswith("Long whole numbers lost digits")]
    assert bool(notes) is said
    assert all(f"'id', as {values[0]}" in note for note in notes)
