"""Files with what people's files have beside their records: each is read right, or said, or refused by name."""

from __future__ import annotations

import datetime
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.engine.datasets.sources.plants import (
    HEADING,
    PARTS,
    ROWS,
    column,
    delimited,
    load,
    refused,
    said,
    traits,
)


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


def test_classes_and_values_that_differ_in_case_alone_are_said(tmp_path: Path) -> None:
    rows = [
        [row[0], ["Oslo", "OSLO", "Rome"][n % 3], ["Yes", "no", "yes"][n // 3 % 3]] for n, row in enumerate(ROWS)
    ]
    found = load(delimited(tmp_path / "a.csv", rows))
    assert found.labels == ("Yes", "no", "yes")
    assert "Classes differ only in case or blanks: 'Yes' and 'yes'" in said(found)
    assert "values of 'width' differ only in case or blanks: 'OSLO' and 'Oslo'" in traits(found)


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
    assert "in case or blanks: 'yes' and 'y\\ufeffes'" in said(found)
    assert "in case or blanks: 'Oslo' and 'Os\\u200blo'" in traits(found)


def test_a_row_of_totals_is_said(tmp_path: Path) -> None:
    rows = [["ABC"[n % 3], row[0], row[1]] for n, row in enumerate(ROWS)]
    found = load(delimited(tmp_path / "a.csv", [*rows, ["Total", "390.5", "120"]], ["city", "height", "width"]))
    assert "line 32 seems to sum up the others: it has 'Total' in 'city'" in traits(found)


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


def test_what_is_not_kept_of_typed_times_is_said(tmp_path: Path) -> None:
    hours = [datetime.datetime(2020, 1, 1, n % 24, 0, 0, 500_000 * (n == 3)) for n in range(30)]
    zoned = pl.Series(hours).dt.replace_time_zone("Europe/Berlin")
    frame = pl.DataFrame({"when": zoned, "label": [None] * 30, "part": [PARTS[n % 3] for n in range(30)]})
    frame.write_parquet(tmp_path / "a.parquet")
    found = load(tmp_path / "a.parquet")
    assert "Times of Europe/Berlin are read as UTC: 'when'." in said(found)
    assert "Fractions of a second are left out: 'when'." in said(found)
    assert "as 'label' is" in said(found)


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
        ("{bit} -1:{n} 3:1", "is not an index from 0 on with a finite number"),
        ("{bit} 1:{n} 3:nan", "is not an index from 0 on with a finite number"),
    ],
)
def test_svmlight_with_what_it_cannot_hold_is_not_taken_for_a_table(
    tmp_path: Path, line: str, message: str
) -> None:
    lines = [line.format(label=PARTS[n % 3], bit=n % 2, n=n) for n in range(30)]
    (tmp_path / "a.svm").write_text("\n".join(lines))
    assert message in refused(tmp_path / "a.svm")


def test_durations_are_seconds(tmp_path: Path) -> None:
    hours = [datetime.timedelta(hours=n) for n in range(30)]
    pl.DataFrame({"took": hours, "part": list(PARTS) * 10}).write_parquet(tmp_path / "a.parquet")
    found = load(tmp_path / "a.parquet")
    assert "Durations are read as seconds: 'took'." in said(found)
    assert [float(cell) for cell in column(found, "took")] == [3600 * n for n in range(30)]


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
    assert "has 9 texts: at least 10 are needed" in refused(root / "valid")


def test_a_folder_says_which_class_has_one_text(tmp_path: Path) -> None:
    for name, count in (("a", 1), ("b", 12)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(count):
            (tmp_path / "own" / name / f"{number}.txt").write_text(f"{name} {number}")
    assert "Class 'a' has 1 sample and can be neither validated nor tested" in said(load(tmp_path / "own"))


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
    assert "a dash in place of cents is removed" in said(found)


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
