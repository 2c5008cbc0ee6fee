"""Workbooks of several sheets, formats and kinds of cells."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from engine.datasets.readers import excel
from tests.engine.datasets.sources.plants import HEADING, PARTS, ROWS, column, load, refused, said


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_the_sheet_that_holds_a_table_is_read_or_the_one_asked_for(tmp_path: Path) -> None:
    rows: list[list[Any]] = [HEADING, *([float(a), int(b), c] for a, b, c in ROWS)]
    path = workbook(tmp_path / "a.xlsx", About=[["Plants"], ["2020"]], Old=rows, New=[*rows, [99.5, 1, "root"]])
    found = load(path)
    assert found.table is not None
    assert (len(found.targets), found.table.table.reading.sheet) == (30, "Old")
    assert "The sheet is 'Old'; data.sheet names another: 'About', 'New'." in said(found)
    assert column(load(path, sheet="New"), "height")[-1] == "99.5"
    assert "has no sheet 'Nex' (data.sheet): it has 'About', 'Old', 'New'" in refused(path, sheet="Nex")


def test_errors_in_the_cells_of_a_workbook_are_said(tmp_path: Path) -> None:
    rows = [["#DIV/0!" if n == 3 else n, "#N/A" if n == 4 else n / 2, PARTS[n % 3]] for n in range(30)]
    found = load(workbook(tmp_path / "a.xlsx", Data=[HEADING, *rows]))
    assert "Cells with errors, as #N/A, are read as empty cells: the workbook has 2." in said(found)
    assert (column(found, "height")[3], column(found, "width")[4]) == ("", "")
    assert "errors" not in said(load(workbook(tmp_path / "b.xlsx", Data=[HEADING, *rows[5:]])))


def opendocument(path: Path, rows: list[list[str]]) -> Path:
    """Writes a workbook as LibreOffice does; cells that begin with # are errors."""
    error = '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error">'
    plain = '<table:table-cell office:value-type="string">'
    lines = (
        "".join(f"{error if cell[:1] == '#' else plain}<text:p>{cell}</text:p></table:table-cell>" for cell in row)
        for row in rows
    )
    spaces = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    declared = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {declared}><office:body><office:spreadsheet>"
            f'<table:table table:name="A">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_errors_of_an_opendocument_workbook_are_missing_and_counted(tmp_path: Path) -> None:
    rows = [["#DIV/0!", row[1], row[2]] if n == 3 else row for n, row in enumerate(ROWS)]
    found = load(opendocument(tmp_path / "a.ods", [HEADING, *rows]))
    assert "Cells with errors, as #N/A, are read as empty cells: the workbook has 1." in said(found)
    assert "Empty cells are missing values: 'height' has 1." in said(found)
    assert column(found, "height")[3:5] == ["", ROWS[4][0]]
    assert "errors" not in said(load(opendocument(tmp_path / "b.ods", [HEADING, *ROWS])))


@pytest.mark.parametrize("gap", [True, False])
def test_a_workbook_whose_format_tells_no_errors_says_so_where_cells_are_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gap: bool
) -> None:
    monkeypatch.setattr(excel, "_parts", lambda *_: [])
    rows = [["", row[1], row[2]] if n == 3 and gap else row for n, row in enumerate(ROWS)]
    found = load(opendocument(tmp_path / "a.ods", [HEADING, *rows]))
    assert ("in this format they cannot be distinguished" in said(found)) == gap


def test_numbers_of_a_workbook_have_all_their_digits_and_times_no_day(tmp_path: Path) -> None:
    numbers = [n / 7 for n in range(1, 31)]
    rows = [[value, datetime.time(n % 24, 5), 10**15 + n, PARTS[n % 3]] for n, value in enumerate(numbers)]
    found = load(workbook(tmp_path / "a.xlsx", Data=[["v", "time", "long", "part"], *rows]))
    assert [float(cell) for cell in column(found, "v")] == pytest.approx(numbers, rel=1e-15)
    assert [float(cell) for cell in column(found, "time")[:2]] == pytest.approx([5 / 60, 1 + 5 / 60])
    times = load(tmp_path / "a.xlsx", columns={"time": {"role": "category"}})
    assert column(times, "time")[:2] == ["00:05:00", "01:05:00"]
    assert column(found, "long")[:2] == [str(10**15), str(10**15 + 1)]


def test_hidden_sheets_formulas_without_values_and_headings_above_the_heading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [[n / 2, f"=A{n + 3}*2", n % 5, PARTS[n % 3]] for n in range(30)]
    band, heading = ["Sizes", None, None, "Kind"], ["height", "twice", "width", "part"]
    path = workbook(tmp_path / "a.xlsx", Old=[heading, *rows[:20]], New=[band, heading, *rows])
    book = load_workbook(path)
    book["Old"].sheet_state = "hidden"
    book.save(path)
    found = load(path)
    assert (found.columns, found.target, len(found.targets)) == (("height", "width"), "part", 30)
    assert "Formulas whose values were never stored are read as empty cells: the workbook has 50" in said(found)
    assert "Line 1 groups the columns that the line below it names, and was left out." in said(found)
    assert len(load(path, sheet="Old").targets) == 20
    assert not caplog.records, "nothing is written on the screen"


def test_a_formula_whose_value_is_an_empty_text_has_one(tmp_path: Path) -> None:
    rows = [[n / 2, '=""', PARTS[n % 3]] for n in range(30)]
    path, sheet = (
        workbook(tmp_path / "a.xlsx", Only=[["height", "gap", "part"], *rows]),
        "xl/worksheets/sheet1.xml",
    )
    assert "values were never stored" in said(load(path))
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content.replace(b"><f>", b' t="str"><f>') if name == sheet else content)
    assert "values were never stored" not in said(load(path))
