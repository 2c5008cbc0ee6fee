"""Delimited files of every kind that people have: separators, encodings, line ends, headings, quotes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from engine.datasets.readers import opening, records
from engine.errors import DataError
from tests.engine.datasets.readers.tables import HEADING, ROWS, cells, lines, table, written

EXPECTED = [[f"{float(size):g}" if "." in size else size, colour, kind] for size, colour, kind in ROWS]


def check(found_cells: list[list[str]]) -> None:
    assert [[f"{float(size):g}", colour, kind] for size, colour, kind in found_cells] == [
        [f"{float(size):g}", colour, kind] for size, colour, kind in ROWS
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a.data", "a"])
def test_the_separator_is_found_by_content_and_not_by_the_suffix(tmp_path: Path, mark: str, name: str) -> None:
    found = table(written(tmp_path / name, lines(mark=mark)))
    assert found.names == HEADING
    assert found.reading.separator == mark
    check(cells(found))
    assert found.lines.tolist() == list(range(2, 32))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(tmp_path: Path, end: str) -> None:
    found = table(written(tmp_path / "a.csv", lines(), end=end))
    check(cells(found))
    assert found.lines[-1] == 31


def test_a_lone_carriage_return_ends_a_line_of_any_file(tmp_path: Path) -> None:
    """As the csv module and spreadsheets read it; it used to glue two records into one cell."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"\r\n".join([b"size", *(b"%d" % n for n in range(20)), b"20\r21", b"22\r\r23"]))
    assert table(path).column("size").values.tolist() == list(range(24))


def test_runs_of_blanks_separate(tmp_path: Path) -> None:
    rows = [f"  {size:>8}   {colour:6} {kind}  " for size, colour, kind in (HEADING, *ROWS)]
    found = table(written(tmp_path / "a.txt", rows))
    assert found.names == HEADING
    check(cells(found))


def test_blanks_after_separators_are_no_part_of_values(tmp_path: Path) -> None:
    found = table(written(tmp_path / "a.csv", lines(mark=", ")))
    check(cells(found))
    assert found.column("colour").classes()[0] == ("blue", "red")


ACCENTED = [("café", "sabor", "nota"), *((f"{n}.5", "ácido" if n % 2 else "“doce”", "não") for n in range(30))]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32"), ("cp1252", "windows-1252"), ("mac_roman", "macintosh"),
    ],
)  # fmt: skip
def test_every_encoding(tmp_path: Path, encoding: str, named: str) -> None:
    found = table(written(tmp_path / "a.csv", lines(ACCENTED[1:], ACCENTED[0]), encoding))
    assert found.names == ACCENTED[0]
    assert found.column("sabor").classes()[0] == ("ácido", "“doce”")
    assert found.reading.encoding == named
    assert any(named in note for note in found.notes) is not named.startswith("utf-8")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Москва,хорошо"), ("cp1251", "красный,нет"), ("koi8-r", "Пермь,плохо"),
        ("cp1250", "Łódź,świetna"), ("cp1250", "magyar,őszi fűz"), ("cp1253", "Αθήνα,καλό"),
        ("cp1254", "kırmızı,değil"), ("cp1252", "Þór,hæð"), ("cp1257", "ąžuolas,šiaurė"),
        ("cp1256", "أحمر,نعم"), ("gb18030", "男,差评"), ("gb18030", "红色的苹果,异常"),
        ("euc-kr", "빨간색,정상"), ("big5", "台北,異常"), ("cp932", "東京,りんご"), ("cp874", "สีแดง,ใช่"),
        ("big5", "有,無"), ("big5", "高,低"), ("euc-kr", "높이,빨강색의 파랑"),
        ("cp850", "vert clair é,bleu foncé"),
    ],
)  # fmt: skip
def test_encodings_of_other_alphabets(tmp_path: Path, encoding: str, text: str) -> None:
    found = table(written(tmp_path / "a.csv", ["a,b", *[f"{text}"] * 12], encoding))
    assert cells(found)[0] == text.split(",")


SCRIPTS = {
    "אדום,כחול,ירוק,כן,לא": ("cp1255", "iso8859-8", "cp862"),
    "κόκκινο,μπλε,ύψος": ("cp1253", "iso8859-7", "cp737"),
    "الرياض,القاهرة": ("cp1256", "iso8859-6"),
    "สีแดง,กรุงเทพ": ("tis-620",),
    "sarkans,zaļš,dzeltens,šķirne": ("cp1257", "iso8859-13"),
    "raudona,žalia,mėlyna,ąžuolas": ("cp1257", "iso8859-13"),
    "червоний,їжа,вода,жінка": ("cp1251", "koi8-u", "iso8859-5"),
    "высота,цвет,красный,зелёный": ("cp1251", "koi8-r", "cp866", "iso8859-5"),
    "rouge,né à Paris,bœuf": ("cp1252", "iso8859-15"),
}


@pytest.mark.parametrize(
    ("words", "encoding"), [(words, name) for words, names in SCRIPTS.items() for name in names]
)
def test_tables_in_the_encodings_of_other_scripts_are_read_as_they_were_written(
    tmp_path: Path, words: str, encoding: str
) -> None:
    rows = [[text, f"{n}"] for n, text in enumerate(words.split(",") * 6)] * 2
    found = table(written(tmp_path / "a.csv", lines(rows, ["a", "b"]), encoding))
    assert found.column("a").texts() == [row[0] for row in rows]


@pytest.mark.parametrize(
    ("cells", "encoding", "other"),
    [
        (("כן", "לא"), "cp1255", "'ëï ìà' would be 'כן לא' in cp1255"),
        (("muž", "žena"), "cp1250", "'muž žena' in cp1250"),
    ],
)
def test_an_encoding_that_others_fit_nearly_as_well_is_said_to_be_uncertain(
    tmp_path: Path, cells: tuple[str, str], encoding: str, other: str
) -> None:
    path = written(tmp_path / "a.csv", lines([[cells[n % 2], f"{n}"] for n in range(30)], ["a", "b"]), encoding)
    (note,) = [note for note in table(path).notes if "encoding" in note]
    assert "data.charset names another. It is uncertain: " in note
    assert other in note
    assert "uncertain" not in " ".join(table(path, charset=encoding).notes)
    assert table(path, charset=encoding).column("a").texts()[:2] == list(cells)


@pytest.mark.parametrize(
    "heading",
    [
        "temp °C,°F",
        "temp (°C),25°C",
        "5 µm,20 µL",
        "size (µg/l),µA",
        "area m²,volume m³",
        "don’t,“no” she said",
        "Foo™,price €",
    ],
)
def test_signs_of_units_and_of_english_are_in_the_usual_encoding(tmp_path: Path, heading: str) -> None:
    found = table(written(tmp_path / "a.csv", [heading, *[f"{n},{n / 2}" for n in range(30)]], "cp1252"))
    assert (",".join(found.names), found.reading.encoding) == (heading, "windows-1252")


def test_bytes_of_another_encoding_far_into_the_file_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SAMPLE", 300)
    monkeypatch.setattr(opening, "BLOCK", 256)
    rows = [*lines(), *["11.5,ácido,leaf"] * 3]
    found = table(written(tmp_path / "a.csv", rows, "cp1252"))
    assert found.column("colour").classes()[0] == ("blue", "red", "ácido")
    with pytest.raises(DataError, match=r"not in the encoding 'utf-8' \(data.charset\)"):
        table(tmp_path / "a.csv", charset="utf-8")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    found = table(written(tmp_path / "a.csv.gz", pack("\n".join(lines()).encode())))
    check(cells(found))
    assert found.reading.compression


def test_a_zip_archive_of_one_file_is_read_and_one_of_several_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/a.csv", "\n".join(lines()))
        archive.writestr("__MACOSX/folder/._a.csv", b"\0")
    check(cells(table(path)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.csv", "a,b\n")
    with pytest.raises(
        DataError, match=r"a\.zip is a zip archive of 2 files \('folder/a.csv', 'b.csv'\): unpack it"
    ):
        table(path)


def test_comments_titles_and_blank_lines_are_no_rows_and_keep_the_line_numbers(tmp_path: Path) -> None:
    body = lines()
    commented = table(
        written(tmp_path / "a.csv", ["# made", "#by hand", "", *body[:5], "# between", *body[5:], "", ""])
    )
    check(cells(commented))
    assert commented.lines.tolist() == [*range(5, 9), *range(10, 36)]
    titled = table(written(tmp_path / "b.csv", ["A report", "", *body]))
    check(cells(titled))
    assert titled.lines[0] == 4
    assert "The first 2 lines are before the table and were left out." in titled.notes


def test_a_heading_that_begins_with_a_number_sign_is_no_comment(tmp_path: Path) -> None:
    found = table(written(tmp_path / "a.csv", ["#size,colour,kind", *lines()[1:]]))
    assert found.names == ("#size", "colour", "kind")


def test_excel_s_line_that_names_the_separator_is_obeyed(tmp_path: Path) -> None:
    found = table(written(tmp_path / "a.csv", ["sep=;", *lines(mark=";")]))
    assert found.names == HEADING
    assert found.lines[0] == 3


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([("10.0", "2.0", "leaf"), ("13.7", "4.0", "stem"), ("16.3", "5.1", "leaf")] * 10, False),
        ([("0", "0", "2"), ("1", "1", "4"), ("2", "0", "5")] * 10, False),
        ([("the first of the texts", "good"), ("another of the texts", "bad")] * 10, False),
        ([("2020-01-02", "a"), ("2020-01-03", "b")] * 10, False),
        ([("1", "size"), *[("2", "3"), ("4", "5")] * 10], False),
        ([("when", "what"), *[("2020-01-02", "a"), ("2020-01-03", "b")] * 10], True),
        (
            [("text", "mood"), *[("a long text of words", "good"), ("another text of words", "bad")] * 10],
            True,
        ),
        ([("country", "1990", "1991"), *[(f"c{n}", f"{n / 2}", f"{n / 4}") for n in range(20)]], True),
        ([("id", "name"), *[(f"K-{n}", "x" * (n + 5)) for n in range(20)]], True),
    ],
)
def test_the_heading_is_found_by_what_the_columns_hold(
    tmp_path: Path, rows: list[tuple[str, ...]], header: bool
) -> None:
    found = table(written(tmp_path / "a.csv", lines(rows, None)))
    assert found.reading.header is header
    assert len(found) == len(rows) - header
    if not header:
        assert found.names[0] == "column 1"
        assert "There is no heading (line 1 holds values as the other lines do)" in found.notes[0]


def test_a_person_overrules_the_heading_the_separator_and_the_encoding(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", lines())
    assert len(table(path, header=False)) == 31
    assert (
        "Not a number, read as missing: 'size' in 'column 1' (1 cell, line 1)." in table(path, header=False).notes
    )
    assert table(path, separator="|").names == (",".join(HEADING),)
    assert (
        table(written(path, ["a,b", *["é,1"] * 10], "cp1252"), charset="mac_roman").column("a").texts()[0] == "È"
    )


@pytest.mark.parametrize("row", ["1,2,3,4", "1,2", '1,"2,3"'])
def test_a_line_with_more_or_fewer_fields_is_refused_with_its_number(tmp_path: Path, row: str) -> None:
    body = lines()
    path = written(tmp_path / "a.csv", [*body[:6], "", *body[6:11], row, *body[11:]])
    fields = 4 if row.endswith("4") else 2
    with pytest.raises(DataError, match=rf"a\.csv: line 13 has {fields} fields, the heading names 3"):
        table(path)


def test_a_heading_that_names_too_few_columns_is_refused_and_nothing_is_shifted(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ["day,rain,sales", *[f"{n},{n * 2},{n % 3},{n % 2}" for n in range(30)]])
    with pytest.raises(DataError, match="the heading in line 1 names 3 columns, the lines have 4 fields"):
        table(path)


@pytest.mark.parametrize("heading", ["a,b,b", "nan,nan,y", "a ,a,y"])
def test_two_columns_of_one_name_are_refused(tmp_path: Path, heading: str) -> None:
    with pytest.raises(DataError, match=r"line 1: two columns called '(b|nan|a)' \(columns \d, \d\)"):
        table(written(tmp_path / "a.csv", [heading, *[f"{n},{n},{n % 2}" for n in range(30)]]))


def test_empty_columns_and_rows_are_left_out_and_said(tmp_path: Path) -> None:
    body = [f"{line},," for line in lines()]
    found = table(written(tmp_path / "a.csv", [*body, ",,,,", ",,,,"]))
    check(cells(found))
    assert "Left out, being empty: 2 columns (column 4, column 5)." in found.notes
    assert "Left out, being empty: 2 rows, in line 32, 33." in found.notes


def test_quoted_cells_hold_separators_quotes_and_lines(tmp_path: Path) -> None:
    texts = ["a, b", 'says ""so""', "two\nlines", "plain"]
    rows = [f'"{texts[n % 4]}",{n % 2}' for n in range(20)]
    found = table(written(tmp_path / "a.csv", ["text,y", *rows]))
    assert found.column("text").texts()[:4] == ["a, b", 'says "so"', "two\nlines", "plain"]
    assert found.lines.tolist()[:6] == [2, 3, 4, 6, 7, 8]


def test_a_quote_that_is_never_closed_is_refused_with_the_line_that_opens_it(tmp_path: Path) -> None:
    rows = [f'"text, {n}",{n % 2}' for n in range(20)]
    with pytest.raises(DataError, match=r"opened in line 9 is never closed|line 10: text follows"):
        table(written(tmp_path / "a.csv", ["text,y", *rows[:7], '"open, 1', *rows[7:]]))


def test_quotes_that_take_in_whole_lines_are_refused(tmp_path: Path) -> None:
    rows = [f'"text, {n}",{n % 2}' for n in range(20)]
    with pytest.raises(DataError, match="the quoted text that begins in line 4 takes in whole lines of the table"):
        table(written(tmp_path / "a.csv", ["text,y", *rows[:2], '"open,1', "swallowed,0", 'closed",1', *rows[2:]]))


def test_quotes_within_unquoted_texts_are_part_of_them(tmp_path: Path) -> None:
    found = table(written(tmp_path / "a.csv", ["size,y", *[f'{n}" pipe,{n % 2}' for n in range(20)]]))
    assert found.column("size").texts()[3] == '3" pipe'
    found = table(written(tmp_path / "b.tsv", ["text\ty", *[f'"Well" she said {n}\t{n % 2}' for n in range(20)]]))
    assert found.column("text").texts()[3] == '"Well" she said 3'
    assert "Quotes are part of the texts: read as quotes, they are not closed." in found.notes


def test_codes_in_wide_and_long_tables_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BLOCK", 50_000)
    codes = ["01"] * 400 + ["1"] * 400 + ["2"] * 399 + ["A"]
    rows = [",".join([code, *["1.5"] * 60, str(n % 2)]) for n, code in enumerate(codes)]
    heading = ",".join(["code", *(f"c{n}" for n in range(60)), "y"])
    found = table(written(tmp_path / "a.csv", [heading, *rows])).column("code")
    assert found.texts() == codes


def test_one_column_of_texts_with_commas(tmp_path: Path) -> None:
    texts = [f"a text, and {'more, ' * (n % 4)}of it" for n in range(20)]
    found = table(written(tmp_path / "a.txt", ["words", *texts]), separator="|")
    assert found.column("words").texts() == texts


@pytest.mark.parametrize("block", [64, 333, 1 << 23])
def test_blocks_of_any_size_give_the_same_table(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BLOCK", block)
    monkeypatch.setattr(records, "_RECORDS", 7)
    rows = [
        (f"{n}", "" if n % 9 == 0 else f"{n / 8}", f"é {n}", f'"q, {n}"' if n > 40 else f"q {n}")
        for n in range(90)
    ]
    found = table(written(tmp_path / "a.csv", lines(rows, ("i", "f", "t", "q")), end="\r\n"))
    assert found.column("i").values.tolist() == list(range(90))
    assert found.column("f").missing.tolist() == [n % 9 == 0 for n in range(90)]
    assert np.nansum(found.column("f").values) == sum(n / 8 for n in range(90) if n % 9)
    assert found.column("t").texts() == [f"é {n}" for n in range(90)]
    assert found.column("q").texts() == [f"q, {n}" if n > 40 else f"q {n}" for n in range(90)]
    assert found.lines.tolist() == list(range(2, 92))


@pytest.mark.parametrize(
    ("form", "order"),
    [
        ("%Y-%m-%d %H:%M:%S.%f", "year-month-day and time"),
        ("%Y-%m-%d %H:%M:%S+02:00", "year-month-day and time, in UTC"),
        ("%B %d, %Y", "month day, year"),
        ("%d %B %Y", "day month year"),
        ("%d.%m.%y", "day.month.year"),
        ("%m/%d/%y", "month/day/year"),
        ("%m/%d/%Y %H:%M", "month/day/year and time"),
        ("%m/%d/%Y %I:%M %p", "month/day/year and time"),
        ("%d.%m.%Y %H:%M", "day.month.year and time"),
    ],
)
def test_dates_are_read_in_every_usual_form(tmp_path: Path, form: str, order: str) -> None:
    days = [datetime(2020, 1, 1, 13, 5) + timedelta(days=17 * n) for n in range(30)]
    found = table(
        written(tmp_path / "a.csv", ["day;kind", *(f"{day.strftime(form)};k{day.day % 2}" for day in days)])
    )
    assert f"Dates: 'day' as {order}." in found.notes
    hours = -2 if "+02" in form else 0 if "%H" in form or "%I" in form else -13
    expected = [day + timedelta(hours=hours, minutes=0 if "%M" in form else -5) for day in days]
    assert found.column("day").values.tolist() == expected


def test_numbers_that_become_text_for_a_few_cells_are_said(tmp_path: Path) -> None:
    rows = [f"{n % 7},k{n % 2}" for n in range(30)]
    found = table(written(tmp_path / "a.csv", ["width,kind", "mm,", *rows]))
    assert found.column("width").kind == "text"
    assert "Kept as text, being numbers but for 'mm': 'width'." in found.notes


@pytest.mark.parametrize("mark", ["::", "§"])
def test_a_separator_is_one_character(tmp_path: Path, mark: str) -> None:
    with pytest.raises(
        DataError, match=f"data.separator = '{mark}' is not read: a separator is one ASCII character"
    ):
        table(written(tmp_path / "a.csv", [mark.join("ab"), *[mark.join("12")] * 20]), separator=mark)


def test_hidden_files_of_a_zip_archive_do_not_count_and_an_empty_one_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(".DS_Store", "x")
        archive.writestr("folder/a.csv", "\n".join(lines()))
    assert table(tmp_path / "a.zip").names == HEADING
    zipfile.ZipFile(tmp_path / "b.zip", "w").close()
    with pytest.raises(DataError, match="is a zip archive without files"):
        table(tmp_path / "b.zip")


def test_quotes_within_quotes_that_have_a_backslash_before_them(tmp_path: Path) -> None:
    rows = [f'"a \\"very\\" good film, C:\\new {n}",\\N,{n % 2}' for n in range(30)]
    found = table(written(tmp_path / "a.csv", ["text,gap,mood", *rows]))
    assert found.column("text").texts()[3] == 'a "very" good film, C:\\new 3'
    assert "Quotes within quotes have a backslash before them, which is removed." in found.notes
    assert found.empty == ("gap",)
    plain = table(written(tmp_path / "b.csv", ["path,n,y", *[f'"C:\\dir\\",{n},{n % 2}' for n in range(30)]]))
    assert plain.column("path").texts()[0] == "C:\\dir\\"


def test_titles_that_are_padded_with_separators_are_no_rows(tmp_path: Path) -> None:
    body = lines()
    fields = body[0].count(",")
    title = ["A report" + "," * fields, "Made,2020-01-01" + "," * (fields - 1), "", "," * fields]
    found = table(written(tmp_path / "a.csv", [*title, *body]))
    check(cells(found))
    assert "The first 4 lines are before the table and were left out." in found.notes


def test_a_heading_below_a_title_may_have_no_name_for_its_last_column(tmp_path: Path) -> None:
    body = [f"w{n % 3},v{n % 2},z{n % 4}" for n in range(30)]
    assert table(written(tmp_path / "a.csv", ["A report", "a,b,", *body])).names == ("a", "b", "column 3")


def test_columns_of_numbers_apart_by_blanks_with_a_tab_before_a_text(tmp_path: Path) -> None:
    rows = [f'{18 + n % 9}.0   8   {300 + n}.0      {3500 + n}.   12.0\t"chevrolet {n % 5}"' for n in range(30)]
    found = table(written(tmp_path / "a.txt", rows))
    assert [column.kind for column in found.columns] == ["number"] * 5 + ["text"]
    assert found.column("column 6").texts()[1] == "chevrolet 1"
