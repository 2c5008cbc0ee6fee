"""Tables that are no delimited text, and files that are no tables."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest

from engine import datasets
from engine.datasets import file_digest
from engine.datasets.readers import delimited, formats, json_records, opening
from engine.errors import DataError
from engine.experiment.model import Data
from engine.system.drain import drain
from tests.engine.datasets.readers.tables import HEADING, ROWS, cells, table, written

RECORDS = [
    {"n": n, "f": n / 4 if n % 5 else None, "code": f"0{n % 3}", "yes": n % 2 == 0, "y": "abc"[n % 3]}
    for n in range(30)
]


def assert_holds_records(path: Path, spellings: tuple[str, str] = ("False", "True")) -> None:
    """Asserts that the file is read as RECORDS: names, kinds, values, missing cells and the note on them."""
    found = table(path)
    assert found.names == ("n", "f", "code", "yes", "y")
    assert [column.kind for column in found.columns] == ["number", "number", "text", "boolean", "text"]
    assert found.column("n").values.tolist() == list(range(30))
    assert found.column("f").missing.tolist() == [n % 5 == 0 for n in range(30)]
    assert np.nansum(found.column("f").values) == sum(n / 4 for n in range(30) if n % 5)
    assert found.column("code").texts() == [f"0{n % 3}" for n in range(30)]
    assert found.column("yes").classes()[0] == spellings
    assert found.column("y").texts() == ["abc"[n % 3] for n in range(30)]
    assert any("'f' has 6" in note for note in found.notes)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, [json.dumps(record) for record in RECORDS])
    assert_holds_records(path, ("false", "true"))
    assert table(path).reading.format == "json lines"
    assert table(path).lines.tolist() == list(range(1, 31))


@pytest.mark.parametrize(
    "content", [json.dumps(RECORDS), json.dumps(RECORDS, indent=2), json.dumps({"data": RECORDS})]
)
def test_json_arrays(tmp_path: Path, content: str) -> None:
    path = written(tmp_path / "a.json", content)
    assert_holds_records(path, ("false", "true"))
    assert table(path).reading.format == "json"


def test_json_records_that_differ_in_their_names(tmp_path: Path) -> None:
    lines = ['{"a": 1.50}', '{"late": "NA", "a": NaN}', "", '{"a": 2, "in": {"b": [1]}}'] * 8
    found = table(written(tmp_path / "a.json", lines))
    assert found.names == ("late", "a", "in")
    assert found.column("a").missing.tolist() == [False, True, False] * 8
    assert found.column("late").texts() == ["", "NA", ""] * 8
    assert "Lists and objects are kept as JSON text: 'in'." in found.notes
    assert found.lines.tolist()[:4] == [1, 2, 4, 5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": \n', r"line 2: not JSON"),
        ('{"a": 1}\n[1, 2]\n', r"line 2: not an object with names and values"),
        ('[{"a": 1},\n{"a": 2}\n{"a": 3}]', r"line 2: not JSON \(a comma or \] is missing"),
        ('[{"a": 1},\n', r"ends in the middle of its array"),
        ('{"a": {"b": 1},\n "c": 2}', r"is one JSON object: a table is an array of objects"),
        ("[]", r"holds no records"),
        ("[[1, 2, 3]]", r"line 1: not an object"),
        ("[" * 100_000, r"a\.json"),
        ('{"a": ' * 100_000, r"a\.json"),
    ],
)
def test_what_is_wrong_with_json_is_said(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        table(written(tmp_path / "a.json", content))


def test_parquet_and_arrow(tmp_path: Path) -> None:
    frame = pl.DataFrame(RECORDS)
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ipc(tmp_path / "a.feather")
    assert_holds_records(tmp_path / "a.parquet")
    assert_holds_records(tmp_path / "a.feather")


def test_columns_of_lists_are_left_out_and_said(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2], "b": [[1], [2]]}).write_parquet(tmp_path / "a.parquet")
    found = table(tmp_path / "a.parquet")
    assert found.names == ("a",)
    assert found.notes == ("Left out, holding no plain values: 'b' (List(Int64)).",)


def test_excel(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["A title"])
    sheet.append([])
    sheet.append(list(RECORDS[0]))
    for record in RECORDS:
        sheet.append(list(record.values()))
    book.create_sheet("other")
    book.save(tmp_path / "a.xlsx")
    assert_holds_records(tmp_path / "a.xlsx", ("false", "true"))
    found = table(tmp_path / "a.xlsx")
    assert "The first 2 rows are before the table and were left out." in found.notes
    assert "The sheet is 'Sheet'; data.sheet names another: 'other'." in found.notes
    assert found.lines[0] == 4


ARFF = """% made
@RELATION parts
@attribute 'the size' NUMERIC
@attribute colour {red, 'light blue'}
@attribute note string
@data
{rows}
"""


def test_arff(tmp_path: Path) -> None:
    rows = ["1.5, red, 'it\\'s, so'", "?, 'light blue', ?"] * 10
    found = table(written(tmp_path / "a.txt", ARFF.replace("{rows}", "\n".join(rows))))
    assert found.names == ("the size", "colour", "note")
    assert found.column("the size").missing.tolist() == [False, True] * 10
    assert found.column("colour").classes()[0] == ("light blue", "red")
    assert found.column("note").texts()[:2] == ["it's, so", ""]
    assert found.lines[0] == 7


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("@relation x\n@attribute a numeric\n", "without a line @data"),
        ("@relation x\n@attribute a nonsense\n@data\n1\n", "line 2: the type 'nonsense'"),
        ("@relation x\n@attribute a numeric\n@data\n{0 1}\n", "is sparse ARFF"),
        ("@relation x\n@data\n1\n", "needs attributes"),
        ("@relation x\n@attribute a numeric\n@attribute b numeric\n@data\n1\n2,3\n", "line 5 has 1 field"),
    ],
)
def test_what_is_wrong_with_arff_is_said(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        table(written(tmp_path / "a.arff", content))


def test_arrays(tmp_path: Path) -> None:
    features = np.arange(60, dtype=np.float32).reshape(30, 2)
    np.savez(tmp_path / "a.npz", y=np.array(["leaf", "stem"] * 15), x=features, more=np.arange(30))
    found = table(tmp_path / "a.npz")
    assert found.names == ("x 1", "x 2", "more", "y")
    assert found.column("x 2").values.tolist() == features[:, 1].tolist()
    assert found.column("y").classes()[0] == ("leaf", "stem")


@pytest.mark.parametrize(
    "names",
    [("x_train", "y_train", "x_test", "y_test"), ("train_data", "train_labels", "test_data", "test_labels")],
)
def test_arrays_of_parts_are_read_with_their_own_split(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "a.npz"
    parts = [np.arange(40.0).reshape(20, 2), np.arange(20) % 2, np.arange(20.0).reshape(10, 2), np.arange(10) % 2]
    np.savez(path, **dict(zip(names, parts, strict=True)))
    found = drain(datasets.load(Data(dataset=str(path)), 7))
    assert sorted(found.split.test.tolist()) == list(range(20, 30))
    assert (len(found.split.train), len(found.split.validation)) == (16, 4)
    assert "The file's own split is kept (20 train, 10 test), as its arrays are called." in found.notes
    assert len(found.columns) == 2
    other = drain(datasets.load(Data(dataset=str(path), split_time=found.columns[0]), 7))
    assert sorted(other.split.test.tolist()) != list(range(20, 30))
    np.savez(tmp_path / "b.npz", X_train=parts[0], y_train=parts[1], X_val=parts[2], y_val=parts[3])
    kept = drain(datasets.load(Data(dataset=str(tmp_path / "b.npz")), 7)).split
    assert sorted(kept.validation.tolist()) == list(range(20, 30))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_test": np.arange(9)}, "each part needs the same arrays, all of one length: x_train"),
        ({"more_test": np.arange(10)}, "each part needs the same arrays"),
        ({"x_test": np.zeros((10, 3))}, "the arrays of the parts differ in their columns"),
        ({"x_test": np.zeros((10, 2, 2), np.uint8)}, "the array x_test has 3 dimensions, as images have"),
    ],
)
def test_arrays_of_parts_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    parts = {"x_train": np.zeros((20, 2)), "y_train": np.arange(20) % 2}
    parts |= {"x_test": np.zeros((10, 2)), "y_test": np.arange(10) % 2} | change
    np.savez(tmp_path / "a.npz", **parts)
    with pytest.raises(DataError, match=message):
        table(tmp_path / "a.npz")


def test_arrays_that_are_no_table_are_named_with_their_shapes(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros((30, 8, 8), np.float32), y=np.arange(30))
    with pytest.raises(
        DataError, match=r"images has 3 dimensions, as .*images \(30, 8, 8\) float32; y \(30,\) int64"
    ):
        table(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x=np.array([{}], object))
    with pytest.raises(DataError, match="the array x holds object"):
        table(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"a,b\n", "has a heading but no rows"),
        (b"\n \n\n", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer.*git lfs pull"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"\x89PNG\r\n", "is an image"),
        (b"\x93NUMPY", "is one NumPy array"),
        (b"\x80\x05\x95", "is a pickle"),
        (b"SQLite format 3\0", "is an SQLite database"),
        (b"\0\1\2\3", "null characters"),
        (b"a,b\n1,2\n3,\x004\n" * 10, "null characters, the first in line 3"),
        (b".git/annex/objects/Kx/9F/MD5E-s3--0.csv", "a git-annex pointer.*git annex get"),
        (b" <table><tr><td>1</td></tr>\n</table>", "is a web page"),
        (b"Obj\x01\4\x14avro.codec\0", "is an Avro file"),
        (b"ORC\0\0", "is an ORC file"),
        (b"\xff\xff\xff\xff\x10\0\0\0", "is a stream of Arrow batches"),
        (b"<stata_dta><header>\0", "is a Stata file"),
        (b"$FL2@(#) SPSS\0", "is an SPSS file"),
        (b'[1, 2, "a"]\n' * 12, "holds a list on each line"),
        (b"[" * 100_000, "its values nest too deeply"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "is packed twice: unpack it first"),
        (gzip.compress(b"a,b\n1,2\n") + b"rest", "damaged or incomplete .Not a gzipped file"),
        (b"\x1f\x9d\x90\0", "is packed by compress"),
        (b"\x04\x22M\x18\0", "is compressed by LZ4"),
        (gzip.compress(b"a,b\n1,2\n" * 9)[:-12], r"being damaged or incomplete .*: get it again"),
        (b"PAR1 nonsense", "cannot be read as a table"),
        (b"ARROW1 nonsense", "cannot be read as a table"),
        (b"\xd0\xcf\x11\xe0 nonsense", "cannot be read as a table"),
        (b"PK\x03\x04 nonsense", "cannot be read as a table, being damaged or incomplete .*: get it again"),
        (b"\x1f\x8b nonsense", r"a\.csv"),
        (b"1 1:2 3:4\n0 2:1\n", "svmlight"),
        pytest.param(b"x" * 2_000_000, "begins with no line", id="one line"),
    ],
)
def test_files_that_are_no_table_are_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        table(written(tmp_path / "a.csv", content))
    assert "a.csv" in str(caught.value)


@pytest.mark.parametrize("name", ["ORCID", "ORC", "RDX"])
def test_a_table_may_begin_with_a_name_that_begins_as_a_format_does(tmp_path: Path, name: str) -> None:
    assert table(written(tmp_path / "a.csv", [f"{name},b", "x,1", "y,2"])).columns[0].name == name


def test_a_table_may_begin_with_a_text_that_is_part_of_a_web_page(tmp_path: Path) -> None:
    found = table(written(tmp_path / "a.csv", [f"<div>text {number}</div>,{number}" for number in range(9)]))
    assert found.columns[0].texts()[0] == "<div>text 0</div>"


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (20_000_000,)}
        )
        for _ in range(20):
            file.write(bytes(8_000_000))
    with pytest.raises(DataError, match=r"unpacks to 160 MB, far more than its own size"):
        table(tmp_path / "a.npz")


def test_a_packed_table_that_unpacks_to_far_more_than_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "UNSUSPICIOUS", 1_000_000)
    for name, row in (("a.csv", b"0,0\n"), ("a.svm", b"1 1:0\n"), ("a.json", b'{"a": 0}\n')):
        path = tmp_path / name
        path.write_bytes(gzip.compress(row * 500_000))
        with pytest.raises(DataError, match=rf"{name} unpacks to more than 1 MB"):
            drain(datasets.load(Data(dataset=str(path)), 7))


def test_tables_of_too_many_columns_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MOST_COLUMNS", 10)
    path = written(tmp_path / "a.csv", [",".join(f"c{n}" for n in range(11)), *["0," * 10 + "0"] * 12])
    with pytest.raises(DataError, match=r"has 11 columns: 10 are the most"):
        table(path)
    monkeypatch.setattr(json_records, "_MOST_CELLS", 10_000)
    path = written(tmp_path / "b.json", [f'{{"k{n}": 1}}' for n in range(200)])
    with pytest.raises(DataError, match=r"b\.json, line 101: 101 records with 101 different names are too many"):
        table(path)


def test_pipes_and_devices_are_refused_before_they_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path(os.devnull)):
        with pytest.raises(DataError, match=rf"{path} is a pipe or a device, not a file: save its content"):
            drain(datasets.load(Data(dataset=str(path)), 7))
        with pytest.raises(DataError, match="is a pipe or a device"):
            drain(file_digest.digest(path))


def test_whatever_a_library_raises_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.csv", "a,b\n1,2\n")
    for error in (ValueError("odd"), RecursionError("deep"), MemoryError(), pl.exceptions.PanicException("panic")):

        def broken(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(formats, "packed", broken)
        with pytest.raises(DataError, match=r"a\.csv"):
            table(path)


def test_the_rows_of_the_helper_are_read_as_they_are(tmp_path: Path) -> None:
    found = table(written(tmp_path / "a.csv", "\n".join(",".join(row) for row in (HEADING, *ROWS))))
    assert len(cells(found)) == len(ROWS)


@pytest.mark.parametrize(
    ("name", "head", "row"),
    [
        ("a.csv", "n,word\n", "{n},{word}\n"),
        ("a.jsonl", "", '{{"n": {n}, "word": "{word}"}}\n'),
        ("a.arff", "@relation r\n@attribute n numeric\n@attribute word string\n@data\n", "{n},{word}\n"),
    ],
)
def test_an_encoding_that_only_the_end_of_a_file_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, head: str, row: str
) -> None:
    monkeypatch.setattr(opening, "SAMPLE", 3000)
    words = ["plain"] * 600 + ["caf\u00e9"] * 20
    rows = "".join(row.format(n=n, word=word + "." * 10) for n, word in enumerate(words))
    (tmp_path / name).write_bytes((head + rows).encode("cp1252"))
    assert table(tmp_path / name).column("word").texts()[-1] == "caf\u00e9.........."
    with pytest.raises(DataError, match=r"not in the encoding 'utf-8' \(data.charset\)"):
        table(tmp_path / name, charset="utf-8")


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.xlsb", "a.ods", "a.csv", "a"])
def test_a_workbook_is_read_whatever_its_suffix(tmp_path: Path, name: str) -> None:
    book = openpyxl.Workbook()
    for row in (HEADING, *ROWS):
        book.active.append(list(row))
    book.save(tmp_path / "book.xlsx")
    (tmp_path / "book.xlsx").rename(tmp_path / name)
    assert cells(table(tmp_path / name)) == [[f"{float(size):g}", *rest] for size, *rest in ROWS]


def test_of_a_workbook_it_is_said_that_numbers_of_many_digits_are_rounded(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "short", "y"])
    for n in range(20):
        book.active.append([12345678901234567 + n, 123456789012345 + n, n % 2])
    book.save(tmp_path / "a.xlsx")
    said = [note for note in table(tmp_path / "a.xlsx").notes if "more than 15 digits are rounded" in note]
    assert len(said) == 1
    assert said[0].endswith("unless stored as text: 'id'.")


def test_halves_of_surrogate_pairs_are_replaced_and_said(tmp_path: Path) -> None:
    rows = [f'{{"a\\udc00": "{word}", "y": {n}}}' for n, word in enumerate(["cut \\ud83d", "\\ud83d\\ude00"] * 6)]
    found = table(written(tmp_path / "a.jsonl", rows))
    assert found.columns[0].texts()[:2] == ["cut \ufffd", "\U0001f600"]
    assert any("not characters and are read as \ufffd: 'a\ufffd' (6 cells)." in note for note in found.notes)


@pytest.mark.parametrize("mark", ["\x01", "\x1f"])
def test_control_codes_of_databases_separate_fields(tmp_path: Path, mark: str) -> None:
    found = table(written(tmp_path / "a.csv", [mark.join(row) for row in (HEADING, *ROWS)]))
    assert found.names == HEADING
    assert found.reading.separator == mark
    assert found.notes[0].startswith("Fields are separated by the control code")
