"""Files with what people's files have beside their records: each is read right, or said, or refused by name."""

from __future__ import annotations

import datetime
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from engine import datasets
from engine.checks import table_traits
from engine.datasets.dataset import Dataset
from engine.datasets.readers import excel
from engine.errors import DataError
from engine.experiment.model import Data
from engine.system.drain import drain

PARTS = ("leaf", "stem", "root")
ROWS = [[f"{10 + n % 7}.{n % 10}", f"{2 + n % 5}", PARTS[n % 3]] for n in range(30)]
HEADING = ["height", "width", "part"]


def load(path: Path, **settings: Any) -> Dataset:
    return drain(datasets.load(Data(dataset=str(path), **settings), 7))


def delimited(path: Path, rows: list[list[str]], heading: list[str] = HEADING) -> Path:
    path.write_text("".join(",".join(row) + "\n" for row in [heading, *rows]), encoding="utf-8")
    return path


def column(found: Dataset, name: str) -> list[str]:
    assert found.table is not None
    return found.table.table.column(name).texts()


def said(found: Dataset) -> str:
    return "\n".join(found.notes)


def refused(path: Path, **settings: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(path, **settings)
    return str(caught.value)


def traits(found: Dataset) -> str:
    return "\n".join(one.message for one in table_traits.traits(found))


@pytest.mark.parametrize("cell", ["le\x0baf", "le\x0caf", "le\u2028af", "le\x85af", "le\x1caf", "le\x1faf"])
def test_characters_that_end_lines_elsewhere_end_none_of_a_table(tmp_path: Path, cell: str) -> None:
    rows = [*ROWS, ["1.5", "2", cell]]
    assert column(load(delimited(tmp_path / "a.csv", rows)), "part") == [row[2] for row in rows]


def test_headings_in_between_are_left_out(tmp_path: Path) -> None:
    found = load(delimited(tmp_path / "a.csv", [*ROWS, HEADING, *ROWS]))
    assert column(found, "height") == [f"{float(row[0]):g}" for row in ROWS * 2]
    assert "Left out, repeating the heading: 1 row, in line 32." in said(found)
    texts = [[row[2], row[1] + "x"] for row in ROWS]
    found = load(delimited(tmp_path / "b.csv", [*texts, ["part", "kind"], *texts], ["part", "kind"]))
    assert len(column(found, "part")) == 60


def test_units_below_the_heading_are_left_out_unless_a_person_says_no(tmp_path: Path) -> None:
    path = delimited(tmp_path / "a.csv", [["cm", "(mm)", ""], *ROWS])
    found = load(path)
    assert len(column(found, "height")) == 30
    assert "was left out ('cm', '(mm)'); data.header = true reads it as a row" in said(found)
    assert "'cm' in 'height' (1 cell, line 2)" in said(load(path, header=True))
    typing_error = [["tall", *ROWS[0][1:]], *ROWS[1:]]
    assert len(column(load(delimited(tmp_path / "b.csv", typing_error)), "height")) == 30


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


def test_classes_and_values_that_differ_in_case_alone_are_said(tmp_path: Path) -> None:
    rows = [
        [row[0], ["Oslo", "OSLO", "Rome"][n % 3], ["Yes", "no", "yes"][n // 3 % 3]] for n, row in enumerate(ROWS)
    ]
    found = load(delimited(tmp_path / "a.csv", rows))
    assert found.labels == ("Yes", "no", "yes")
    assert "Classes differ in upper and lower case or blanks alone: 'Yes' and 'yes'" in said(found)
    assert "values of 'width' differ in upper and lower case or blanks alone: 'OSLO' and 'Oslo'" in traits(found)


def test_files_that_were_joined_with_their_byte_order_marks(tmp_path: Path) -> None:
    rows = [[row[2], *row[:2]] for row in ROWS]
    heading = [HEADING[2], *HEADING[:2]]
    for more in ([["\ufeffpart", *heading[1:]], *rows], [["\ufeffleaf", *rows[0][1:]], *rows]):
        found = load(delimited(tmp_path / "a.csv", [*rows, *more], heading), target="part")
        assert found.labels == ("leaf", "root", "stem")
        assert "repeating the heading: 1 row" in said(found) or "'part' (1 cell)" in said(found)
    found = load(delimited(tmp_path / "a.csv", [*ROWS, ["\ufeff1.5", "2", "leaf"]]))
    assert column(found, "height")[-1] == "1.5"


def test_classes_and_values_that_differ_in_blanks_without_width_are_said(tmp_path: Path) -> None:
    rows = [
        [row[0], ["Oslo", "Os\u200blo", "Rome"][n % 3], ["yes", "no", "y\ufeffes"][n // 3 % 3]]
        for n, row in enumerate(ROWS)
    ]
    found = load(delimited(tmp_path / "a.csv", rows))
    assert "blanks alone: 'yes' and 'y\\ufeffes'" in said(found)
    assert "blanks alone: 'Oslo' and 'Os\\u200blo'" in traits(found)


def test_a_row_of_totals_is_said(tmp_path: Path) -> None:
    rows = [["ABC"[n % 3], row[0], row[1]] for n, row in enumerate(ROWS)]
    found = load(delimited(tmp_path / "a.csv", [*rows, ["Total", "390.5", "120"]], ["city", "height", "width"]))
    assert "line 32 seems to sum up the others: it says 'Total' in 'city'" in traits(found)


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


def test_names_that_a_record_has_twice_are_refused(tmp_path: Path) -> None:
    records = [f'{{"a": {n}, "a{" " * (n == 3)}": 2, "part": "{PARTS[n % 3]}"}}' for n in range(30)]
    for name, content in (("a.jsonl", "\n".join(records)), ("a.json", f"[{','.join(records)}]")):
        (tmp_path / name).write_text(content)
        assert "line 1: two values are called 'a': rename one of them" in refused(tmp_path / name)
    (tmp_path / "b.jsonl").write_text("\n".join(records[3].replace('"a"', '"b"').replace('"b": 3', '"a": 3')
                                                for _ in range(30)))  # fmt: skip
    assert "two values are called 'a'" in refused(tmp_path / "b.jsonl")


def test_nested_and_nameless_values_of_records_are_kept_as_written(tmp_path: Path) -> None:
    records = [{"": n, "tags": [n % 2, {"x": 1.5, "y": None}], "part": PARTS[n % 3]} for n in range(30)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    found = load(tmp_path / "a.jsonl")
    assert [json.loads(cell) for cell in column(found, "tags")] == [one["tags"] for one in records]
    assert column(found, "column without a name") == [f"{n}" for n in range(30)]


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
    monkeypatch.setattr(excel, "_tells_errors", lambda _: False)
    rows = [["", row[1], row[2]] if n == 3 and gap else row for n, row in enumerate(ROWS)]
    found = load(opendocument(tmp_path / "a.ods", [HEADING, *rows]))
    assert ("in this format they are not told apart" in said(found)) == gap


def test_numbers_of_a_workbook_have_all_their_digits_and_times_no_day(tmp_path: Path) -> None:
    numbers = [n / 7 for n in range(1, 31)]
    rows = [[value, datetime.time(n % 24, 5), 10**15 + n, PARTS[n % 3]] for n, value in enumerate(numbers)]
    found = load(workbook(tmp_path / "a.xlsx", Data=[["v", "time", "long", "part"], *rows]))
    assert [float(cell) for cell in column(found, "v")] == pytest.approx(numbers, rel=1e-15)
    assert [float(cell) for cell in column(found, "time")[:2]] == pytest.approx([5 / 60, 1 + 5 / 60])
    times = load(tmp_path / "a.xlsx", columns={"time": {"role": "category"}})
    assert column(times, "time")[:2] == ["00:05:00", "01:05:00"]
    assert column(found, "long")[:2] == [str(10**15), str(10**15 + 1)]


def test_what_is_not_kept_of_typed_times_is_said(tmp_path: Path) -> None:
    hours = [datetime.datetime(2020, 1, 1, n % 24, 0, 0, 500_000 * (n == 3)) for n in range(30)]
    zoned = pl.Series(hours).dt.replace_time_zone("Europe/Berlin")
    frame = pl.DataFrame({"when": zoned, "label": [None] * 30, "part": [PARTS[n % 3] for n in range(30)]})
    frame.write_parquet(tmp_path / "a.parquet")
    found = load(tmp_path / "a.parquet")
    assert "Times of Europe/Berlin are read as UTC: 'when'." in said(found)
    assert "Fractions of a second are left out: 'when'." in said(found)
    assert "as 'label' is" in said(found)


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


def test_queries_samples_of_zeros_and_several_labels_of_sparse_files(tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("\n".join(f"{n % 2} qid:{n // 3}" + f" 1:{n} 3:1" * (n != 4) for n in range(30)))
    found = load(path)
    assert (len(found.samples), len(found.samples[4])) == (30, 0)
    assert "Query numbers (qid) are not read" in said(found)
    path.write_text("\n".join(f"{n % 2},{n % 3} 1:{n} 3:1" for n in range(30)))
    assert "holds several labels at once (0,0): multi-label targets are not predicted" in refused(path)


@pytest.mark.parametrize("before", [0, 400_000])
def test_utf_8_with_a_few_other_bytes_is_refused(tmp_path: Path, before: int) -> None:
    lines = [f"caf\u00e9 {n},{n},{n % 2}" for n in range(60)]
    ascii_rows = "".join(f"a{n},{n},{n % 2}\n" for n in range(before))
    wrong = "caf\u00e9,5,1\n".encode("latin-1")
    (tmp_path / "a.csv").write_bytes(f"name,size,part\n{ascii_rows}{chr(10).join(lines)}\n".encode() + wrong * 3)
    assert "it is UTF-8 but for 3 characters, the first after" in refused(tmp_path / "a.csv")
    assert load(tmp_path / "a.csv", charset="latin-1").target == "part"


def test_dates_of_several_notations_are_texts_and_that_is_said(tmp_path: Path) -> None:
    rows = [
        [f"{n % 28 + 1:02}.05.2020" if n % 2 else f"2020-05-{n % 28 + 1:02}", *row[1:]]
        for n, row in enumerate(ROWS)
    ]
    found = load(delimited(tmp_path / "a.csv", rows))
    assert column(found, "height") == [row[0] for row in rows]
    assert "Kept as text, being dates of several notations" in said(found)


def test_a_key_that_the_first_record_lacks_does_not_become_the_last(tmp_path: Path) -> None:
    records = [{"height": n, "width": n % 5, "part": PARTS[n % 3]} for n in range(30)]
    del records[0]["width"]
    records[1] = {"id": 1, **records[1]}
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    found = load(tmp_path / "a.jsonl")
    assert (found.columns[:3], found.target) == (("id", "height", "width"), "part")
    assert column(found, "id") == ["", "1", *[""] * 28]


def test_words_with_a_time_are_no_svmlight(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"bus {8 + n % 2}:30\n" for n in range(30)))
    assert column(load(tmp_path / "a.txt"), "column 2")[:2] == ["8:30", "9:30"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{label} 1:{n} 3:1", "in svmlight's format with 'leaf' for a target: targets are numbers there"),
        ("{bit} -1:{n} 3:1", "Invalid index -1"),
        ("{bit} 1:{n} 3:nan", "a number that is infinite, too large or missing"),
    ],
)
def test_svmlight_with_what_it_cannot_hold_is_not_taken_for_a_table(
    tmp_path: Path, line: str, message: str
) -> None:
    lines = [line.format(label=PARTS[n % 3], bit=n % 2, n=n) for n in range(30)]
    (tmp_path / "a.svm").write_text("\n".join(lines))
    assert message in refused(tmp_path / "a.svm")


def test_the_index_that_pandas_writes_is_neither_target_nor_input(tmp_path: Path) -> None:
    frame = pl.DataFrame({"height": [n / 2 for n in range(30)], "part": list(PARTS) * 10})
    frame.with_columns(__index_level_0__=pl.int_range(30)).write_parquet(tmp_path / "a.parquet")
    found = load(tmp_path / "a.parquet")
    assert (found.columns, found.target) == (("height",), "part")
    assert "'__index_level_0__' is left out: pandas wrote it as the index of the rows" in said(found)
    assert load(tmp_path / "a.parquet", target="__index_level_0__").target == "__index_level_0__"


def test_durations_are_seconds(tmp_path: Path) -> None:
    hours = [datetime.timedelta(hours=n) for n in range(30)]
    pl.DataFrame({"took": hours, "part": list(PARTS) * 10}).write_parquet(tmp_path / "a.parquet")
    found = load(tmp_path / "a.parquet")
    assert "Durations are read as seconds: 'took'." in said(found)
    assert [float(cell) for cell in column(found, "took")] == [3600 * n for n in range(30)]


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


def test_archives_of_several_files_are_read_where_one_is_a_table_or_named(tmp_path: Path) -> None:
    content = delimited(tmp_path / "a.csv", ROWS).read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("README.md", "plants")
        archive.writestr("a.csv", content)
    assert len(load(tmp_path / "a.zip").targets) == 30
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("licence.csv", content)
    assert "3 files ('README.md', 'a.csv', 'licence.csv'): unpack it" in refused(tmp_path / "a.zip")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "a.csv")
    assert "is a tar archive: unpack it" in refused(tmp_path / "a.tar.gz")
    (tmp_path / "a.zst").write_bytes(b"\x28\xb5\x2f\xfd\0")
    assert "is compressed by Zstandard: unpack it" in refused(tmp_path / "a.zst")


def test_what_is_no_sample_in_a_folder_of_texts_is_said(tmp_path: Path) -> None:
    root = tmp_path / "own"
    for name in ("train/a", "train/b", "valid/a"):
        (root / name).mkdir(parents=True)
        for number in range(9):
            (root / name / f"{number}.txt").write_text(f"{name} {number}" if number else "")
    (root / "train" / "a" / "more").mkdir()
    (root / "train" / "b" / "page.html").write_text("<p>")
    found = load(root)
    assert "3 files and folders were left out: train/a/more, train/b/page.html, valid." in said(found)
    assert "2 empty texts are read as texts without a word." in said(found)
    assert "has 9 texts: 10 are the least" in refused(root / "valid")


def test_a_folder_says_which_class_has_one_text(tmp_path: Path) -> None:
    for name, count in (("a", 1), ("b", 12)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(count):
            (tmp_path / "own" / name / f"{number}.txt").write_text(f"{name} {number}")
    assert "Class 'a' has 1 sample and can be neither validated nor tested" in said(load(tmp_path / "own"))


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


@pytest.mark.parametrize("names", [["Unnamed: 0"], ["Unnamed: 0.1", "Unnamed: 0"], [""]])
def test_columns_without_names_that_number_the_rows_in_any_order_are_left_out(
    tmp_path: Path, names: list[str]
) -> None:
    rows = [[f"{n * 7 % 30}"] * len(names) + row for n, row in enumerate(ROWS)]
    found = load(delimited(tmp_path / "a.csv", rows, [*names, *HEADING]))
    assert found.columns == ("height", "width")


@pytest.mark.parametrize(("mark", "quote"), [(",", '"'), (" ", ""), (" ", '"'), ("\t", '"')])
@pytest.mark.parametrize("numbered", [True, False])
def test_row_names_of_r_have_no_name_in_the_heading(tmp_path: Path, mark: str, quote: str, numbered: bool) -> None:
    path = tmp_path / "a.txt"
    rows = [
        [f"{quote}{number if numbered else f'model{number}'}{quote}", *row] for number, row in enumerate(ROWS, 1)
    ]
    path.write_text("".join(mark.join(row) + "\n" for row in [HEADING, *rows]))
    found = load(path)
    assert found.columns == ("height", "width")
    assert "has no name for the first column, which names the rows" in said(found)
    assert column(found, "row names")[2] == ("3" if numbered else "model3")


def test_decimal_commas_without_quotes_are_no_row_names(tmp_path: Path) -> None:
    path = delimited(tmp_path / "a.csv", [[f"{number}", "5", row[2]] for number, row in enumerate(ROWS, 1)])
    path.write_text(path.read_text().replace("height,width,part", "height,part"))
    assert "names 2 columns, the lines have 3 fields" in refused(path)


def test_a_person_reads_days_in_whole_numbers_as_numbers_and_other_files_follow_the_first(tmp_path: Path) -> None:
    rows = [[f"2024{1 + n % 12:02}{1 + n % 28:02}", f"{n % 24}:{n:02}", PARTS[n % 3]] for n in range(30)]
    path = delimited(tmp_path / "a.csv", rows, ["code", "at", "part"])
    other = str(delimited(tmp_path / "b.csv", [["20240505", "13:30", "leaf"]] * 10, ["code", "at", "part"]))
    found = load(path, test_file=other)
    assert (column(found, "code")[-1][:10], column(found, "at")[-1]) == ("2024-05-05", "13.5")
    numbers = load(path, test_file=other, columns={"code": {"role": "number"}})
    assert column(numbers, "code")[-1] == "20240505"


@pytest.mark.parametrize("change", [str.upper, str.title])
def test_a_repeated_heading_is_left_out_in_whatever_case(tmp_path: Path, change: Any) -> None:
    path = delimited(tmp_path / "a.csv", [*ROWS[:20], list(map(change, HEADING)), *ROWS[20:]])
    found = load(path)
    assert len(found.targets) == 30
    assert "Left out, repeating the heading: 1 row, in line 22." in said(found)


def test_a_heading_that_counts_the_columns_is_one(tmp_path: Path) -> None:
    for names in (["0", "1", "2"], ["", "0", "1"], ["1", "2", "part"]):
        last = [row[2] if names[2] == "part" else f"{n % 2}" for n, row in enumerate(ROWS)]
        rows = [[f"{n}", row[1], last[n]] for n, row in enumerate(ROWS)]
        found = load(delimited(tmp_path / "a.csv", rows, names))
        assert len(found.targets) == 30
        assert "Line 1 counts the columns and was taken for the heading; data.header = false" in said(found)


@pytest.mark.parametrize("first", [["1", "2", "leaf"], ["1", "2", "3"], ["0", "1", "leaf"]])
def test_a_row_of_small_numbers_is_no_heading(tmp_path: Path, first: list[str]) -> None:
    rows = [[f"{n % 3}", f"{n % 5}", PARTS[n % 3] if first[2] == "leaf" else f"{n % 2}"] for n in range(30)]
    assert len(load(delimited(tmp_path / "a.csv", rows, first)).targets) == 31


def test_the_questions_and_codes_below_the_heading_of_a_survey_are_no_answers(tmp_path: Path) -> None:
    questions = [["How tall?", "How wide?", "Which part?"], ["{QID1}", "{QID2}", "{QID3}"]]
    found = load(delimited(tmp_path / "a.csv", [*questions, *ROWS]))
    assert (len(found.targets), len(found.labels)) == (30, 3)
    assert "The 2 lines below the heading hold units or the like, no values, and were left out" in said(found)


def test_invisible_characters_are_no_part_of_names_and_of_the_ends_of_values(tmp_path: Path) -> None:
    rows = [[row[0], row[1], f"\u200f{row[2]}\u200b" if n % 2 else row[2]] for n, row in enumerate(ROWS)]
    found = load(delimited(tmp_path / "a.csv", rows, ["\u200bheight", "wid\u200bth", "part\u200b"]))
    assert found.columns == ("height", "width")
    assert found.target == "part"
    assert len(found.labels) == 3
    assert "Invisible characters were removed from the names of columns: 'height', 'width', 'part'." in said(found)
    assert "Blanks around values were removed: 'part' (15 cells)." in said(found)


@pytest.mark.parametrize("cell", ["CHF {}.-", "{}.–", "{},-", "{}.--", "€ {},—"])
def test_a_dash_in_place_of_cents_makes_no_amount_negative(tmp_path: Path, cell: str) -> None:
    rows = [[f'"{cell.format(n + 1)}"', row[2]] for n, row in enumerate(ROWS)]
    found = load(delimited(tmp_path / "a.csv", rows, ["price paid", "part"]))
    assert column(found, "price paid") == [f"{n + 1}" for n in range(30)]
    assert "a dash in place of cents is taken off" in said(found)


def test_dates_of_a_second_file_are_read_as_those_of_the_first(tmp_path: Path) -> None:
    rows = [[f"{1 + n % 12}/{1 + n % 28}/2020", row[2]] for n, row in enumerate(ROWS)]
    path = delimited(tmp_path / "a.csv", rows, ["day", "part"])
    new = [[f"{1 + n % 12}/2/2021", row[2]] for n, row in enumerate(ROWS)]
    found = load(path, test_file=str(delimited(tmp_path / "b.csv", new, ["day", "part"])))
    assert [cell[:10] for cell in column(found, "day")[30:33]] == ["2021-01-02", "2021-02-02", "2021-03-02"]


def test_labels_of_fasttext_are_refused_by_name_and_numbers_apart_are_no_names(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"__label__{n % 2} this is number {n}\n" for n in range(30)))
    assert "is in fastText's format" in refused(tmp_path / "a.txt")
    rows = [[f"+49 171 {1_000_000 + n * 12_345}", *row] for n, row in enumerate(ROWS)]
    found = load(delimited(tmp_path / "b.csv", rows, ["phone", *HEADING]))
    assert "'phone' is left out: nearly all different, hardly words: they identify the row" in said(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{'text': 'a b', 'label': 'x'}\n" * 30, "dictionaries as Python prints them: write them as JSON"),
        ("<?xml version='1.0'?>\n<rows><row/></rows>\n", "is XML, not a table: save it as CSV"),
        ("<?xml version='1.0'?>\n<!DOCTYPE html><html></html>\n", "is a web page, not a table"),
    ],
)
def test_other_languages_than_those_of_tables_are_refused_by_name(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert message in refused(tmp_path / "a.csv")
