"""Generated tables against an independent reading by the csv module: each value is where it was, or in a note."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.datasets.readers import opening, records, table_builder
from engine.datasets.readers.table import Column, Table
from tests.engine.datasets.readers.tables import table

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)
CELLS = {
    "whole": st.integers(-(2**62), 2**62).map(str),
    "small": st.integers(0, 9).map(str),
    "float": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "price": st.integers(0, 9_999_999).map(lambda n: f"{n:,}"),
    "code": st.integers(0, 999).map(lambda n: f"{n:03}"),
    "text": WORDS.filter(lambda text: "\ue000" not in text),
    "lines": st.sampled_from(["one", "two\nlines", 'a "quote"', "a, b; c | d\te"]),
    "class": st.sampled_from(["red", "blue", "NA", "None", "-"]),
    "flag": st.sampled_from(["True", "False"]),
    "date": st.dates(date(1900, 1, 1)).map(str),
    "odd": st.sampled_from(["1", "2.5", "1e5", "x", "007", "inf", "nan", "12%", "1,5", " 3"]),
}


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of cells under a heading; each column has cells of a kind, some of them missing."""
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=2, max_size=6))
    rows = draw(st.integers(12, 60))
    columns = []
    for kind in kinds:
        gaps = draw(st.sampled_from([0, 0, 0.1]))
        missing = draw(st.sampled_from(["", "NA", "?"]))
        chance = draw(st.randoms(use_true_random=False))
        cells = draw(st.lists(CELLS[kind], min_size=rows, max_size=rows))
        columns.append([missing if chance.random() < gaps else cell for cell in cells])
    heading = [f"{kind} column {number}" for number, kind in enumerate(kinds)]
    return [heading, *map(list, zip(*columns, strict=True))]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=tables(),
    mark=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([100, 1000, 1 << 23]),
)
def test_every_value_is_where_it_was_or_named_in_a_note(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], mark: str, quoting: int, end: str, block: int
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=mark, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("table") / "a.csv"
    path.write_bytes(written.getvalue().encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "BLOCK", block)
        patched.setattr(table_builder, "_DECIDING", block // 4)
        patched.setattr(records, "_RECORDS", max(block // 50, 1))
        found = table(path, separator=mark, header=True)
    expected = list(csv.reader(io.StringIO(written.getvalue(), newline=""), delimiter=mark))
    check(found, expected)


def check(found: Table, rows: list[list[str]]) -> None:
    """Each cell of the csv module's reading stands in the table, or its column or row is named in a note."""
    heading, cells = rows[0], [row for row in rows[1:] if any(cell.strip() for cell in row)]
    assert len(found) == len(cells)
    for index, name in enumerate(heading):
        written = [row[index].replace("\r\n", "\n") for row in cells]
        said = " ".join(note for note in found.notes if name in note)
        if name not in found.names:
            assert "Left out, being empty" in said
            assert all(cell.strip() in ("", "NA", "?", "None", "-", "nan", "inf") for cell in written)
            continue
        column = found.column(name)
        for row, cell in enumerate(written):
            assert same(column, row, cell, said), (name, row, cell, column.kind, column.texts()[row], found.notes)


def same(column: Column, row: int, cell: str, said: str) -> bool:
    """Whether a cell is what it was, converted as its column is, or named in what is said of the column."""
    bare = cell.strip(" \t\u00a0")
    if column.missing[row]:
        return ("Empty cells" in said) if not bare else repr(bare) in said
    value = column.values[row]
    if column.kind == "text":
        return str(value) == cell or (str(value) == bare and "Blanks around values" in said)
    if column.kind == "boolean":
        return column.texts()[row] == bare
    if column.kind == "date":
        return bool(value == np.datetime64(bare, "s"))
    if "Numbers in another notation" in said:
        plain = (
            bare.replace(",", "").rstrip("%") if "group thousands" in said else bare.rstrip("%").replace(",", ".")
        )
        return bool(float(plain) == float(value))
    return int(bare) == int(value) if bare.lstrip("-").isdigit() else float(bare) == float(value)


def test_a_wide_table(tmp_path: Path) -> None:
    width = 300
    heading = [f"c{number}" for number in range(width)]
    rows = [
        [f"{(row * 7 + index) % 100:02}" if index % 3 else f"{row / 8}" for index in range(width)]
        for row in range(40)
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(row) for row in [heading, *rows]))
    found = table(path)
    check(found, [heading, *rows])
    assert max(map(len, found.notes), default=0) < 1000
