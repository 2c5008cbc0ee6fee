"""What columns are taken for: numbers in every notation, missing values, dates, booleans, codes, texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.datasets.readers import table_builder
from engine.datasets.readers.table import Column, Table
from tests.engine.datasets.readers.tables import lines, table, written


def of(path: Path, cells: list[str], **options: object) -> Table:
    """A table of cells, quoted where they need it, beside a column that fills its lines."""
    quoted = [f'"{cell}"' if "," in cell and not cell.startswith('"') else cell for cell in cells]
    return table(
        written(path / "a.csv", ["x,other", *[f"{cell},w{n}" for n, cell in enumerate(quoted)]]), **options
    )


def column(path: Path, cells: list[str], **options: object) -> Column:
    return of(path, cells, **options).column("x")


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2", "-3"], [1, 2, -3]),
        (["1.5", "2", "1e3"], [1.5, 2, 1000]),
        ([" 10.5", "2.0 "], [10.5, 2]),
        ([".5", "5.", "+7"], [0.5, 5, 7]),
        (["1,137", "1,000", "4,973"], [1137, 1000, 4973]),
        (["1,137.5", "2.25"], [1137.5, 2.25]),
        (["1,5", "20,25"], [1.5, 20.25]),
        (["1.137,5", "2,5"], [1137.5, 2.5]),
        (["10 000", "1 500"], [10_000, 1500]),
        (["1'000", "2"], [1000, 2]),
        (["12%", "3.5 %"], [12, 3.5]),
        (["$1,200.50", "$3"], [1200.5, 3]),
        (["3 €", "12 €"], [3, 12]),
        (["9007199254740993", "1"], [9007199254740993, 1]),
        (["1700000000", "1700000001"], [1700000000, 1700000001]),
        (["1.137", "2.500"], [1.137, 2.5]),
    ],
)
def test_numbers_in_every_notation(tmp_path: Path, cells: list[str], values: list[float]) -> None:
    found = column(tmp_path, cells * 6)
    assert found.kind == "number"
    assert found.values.tolist() == values * 6


def test_points_group_thousands_where_commas_are_decimal_marks(tmp_path: Path) -> None:
    rows = [f"{n + 1}.137;{n},25" for n in range(20)]
    found = table(written(tmp_path / "a.csv", ["x;y", *rows]))
    assert found.column("x").values.tolist() == [1000 * (n + 1) + 137 for n in range(20)]
    assert found.column("y").values.tolist() == [n + 0.25 for n in range(20)]
    assert any("'x': a comma is the decimal mark, points group thousands" in note for note in found.notes)


def test_other_notations_are_said(tmp_path: Path) -> None:
    assert any("'x': commas group thousands" in note for note in of(tmp_path, ["1,137", "2,000"] * 6).notes)
    assert any("'x': a comma is the decimal mark" in note for note in of(tmp_path, ["1,5", "2,25"] * 6).notes)
    assert any("percent signs are removed." in note for note in of(tmp_path, ["5%", "2%"] * 6).notes)
    assert any("some cells have no percent sign" in note for note in of(tmp_path, ["5%", "0.2"] * 6).notes)
    both = of(tmp_path, ["$5", "€2"] * 6).notes
    assert any("the sign $ is removed, the sign € is removed" in note for note in both)


@pytest.mark.parametrize(
    ("minus", "note"),
    [
        ("(4.5)", "numbers in parentheses are negative"),
        ("($4.5)", "numbers in parentheses are negative"),
        ("\u22124.5", "\u2212 is a minus sign"),
        ("4.5-", "a minus sign behind a number makes it negative"),
    ],
)
def test_negative_numbers_in_other_notations_are_numbers(tmp_path: Path, minus: str, note: str) -> None:
    found = of(tmp_path, ["1.25", minus] * 6)
    assert found.column("x").values.tolist() == [1.25, -4.5] * 6
    assert any(note in said for said in found.notes)


@pytest.mark.parametrize("cells", [["(5", "6"], ["5)", "6"], ["--5", "6"], ["(-5)", "6"]])
def test_signs_that_do_not_belong_together_are_no_numbers(tmp_path: Path, cells: list[str]) -> None:
    assert column(tmp_path, cells * 6).texts() == cells * 6


def test_digits_of_other_scripts_are_texts_and_not_lost(tmp_path: Path) -> None:
    for zero in (0x660, 0x966, 0xFF10):
        cells = [chr(zero + n) + chr(zero) for n in range(9)]
        assert column(tmp_path, cells).texts() == cells


def test_what_is_not_kept_of_times_is_said(tmp_path: Path) -> None:
    zoned = of(tmp_path, ["2020-05-01T10:00:00+02:00", "2020-05-01T10:00:00Z"] * 6)
    assert zoned.column("x").texts()[:2] == ["2020-05-01 08:00:00", "2020-05-01 10:00:00"]
    assert any("in UTC" in note for note in zoned.notes)
    exact = of(tmp_path, ["2020-05-01T10:00:00.5", "2020-05-01T10:00:01.000"] * 6)
    assert any("fractions of a second are left out" in note for note in exact.notes)
    assert not any("fractions" in note for note in of(tmp_path, ["2020-05-01T10:00:01.000"] * 6).notes)


def test_a_person_says_what_a_comma_is(tmp_path: Path) -> None:
    assert column(tmp_path, ["1,137", "2,000"] * 6, decimal=",").values.tolist()[:2] == [1.137, 2]
    assert column(tmp_path, ["1,137", "2,000"] * 6, decimal=".").values.tolist()[:2] == [1137, 2000]


@pytest.mark.parametrize("cells", [["007", "7", "012", "12"], ["01", "1", "A"], ["0", "00"], ["-01", "2"]])
def test_codes_with_leading_zeros_stay_text(tmp_path: Path, cells: list[str]) -> None:
    found = column(tmp_path, cells * 8)
    assert found.kind == "text"
    assert found.texts() == cells * 8


def test_whole_numbers_too_long_to_be_held_stay_text(tmp_path: Path) -> None:
    assert column(tmp_path, ["12345678901234567890", "2"] * 6).texts()[0] == "12345678901234567890"
    gaps = column(tmp_path, ["9007199254740993", ""] * 6)
    assert gaps.texts()[:2] == ["9007199254740993", ""]


@pytest.mark.parametrize("spelling", ["", "NA", "N/A", "?", "-", "nan", "NULL", "None", "#N/A", '"NA"'])
def test_spellings_of_missing_values_among_numbers(tmp_path: Path, spelling: str) -> None:
    found = of(tmp_path, ["1.5", "2.5", spelling] * 8)
    x = found.column("x")
    assert x.kind == "number"
    assert x.missing.tolist() == [False, False, True] * 8
    assert np.isnan(x.values[2])
    said = next(note for note in found.notes if "'x'" in note)
    assert ("8" in said and spelling.strip('"') in said) if spelling else "'x' has 8" in said


def test_a_spelling_among_texts_is_missing_where_it_is_rare_and_a_class_where_it_is_as_frequent(
    tmp_path: Path,
) -> None:
    rare = of(tmp_path, ["EU", "APAC"] * 20 + ["NA", "?"])
    assert rare.column("x").classes()[0] == ("APAC", "EU")
    assert any("'NA' in 'x' (1 cell)" in note for note in rare.notes)
    frequent = of(tmp_path, ["EU", "APAC", "NA"] * 10)
    assert frequent.column("x").classes()[0] == ("APAC", "EU", "NA")
    assert any("Read as a value, not as missing: 'NA' in 'x' (10 cells)" in note for note in frequent.notes)
    signs = of(tmp_path, ["+", "-"] * 10)
    assert signs.column("x").classes()[0] == ("+", "-")


def test_a_quoted_spelling_is_a_class_and_a_person_has_the_last_word(tmp_path: Path) -> None:
    cells = ["EU", "APAC"] * 20 + ['"NA"', '"None"']
    assert column(tmp_path, cells).classes()[0] == ("APAC", "EU", "NA", "None")
    assert column(tmp_path, ["EU", "NA"] * 20 + ["None"], missing=("NA",)).classes()[0] == ("EU", "None")
    assert column(tmp_path, ["EU", "NA"] * 20, missing=()).classes()[0] == ("EU", "NA")
    assert column(tmp_path, ["1", "999"] * 20, missing=("999",)).missing.sum() == 20


@pytest.mark.parametrize("pair", [("True", "False"), ("true", "false"), ("TRUE", "FALSE")])
def test_booleans_keep_their_spelling(tmp_path: Path, pair: tuple[str, str]) -> None:
    found = column(tmp_path, [*pair, ""] * 8)
    assert (found.kind, found.classes()[0]) == ("boolean", (pair[1], pair[0]))
    assert found.values.tolist() == [True, False, False] * 8
    assert found.missing.sum() == 8
    assert found.texts()[:3] == [*pair, ""]


@pytest.mark.parametrize(
    ("cells", "first", "order"),
    [
        (["2020-01-02", "2021-11-12"], "2020-01-02", "year-month-day"),
        (["2020-01-02 10:11", "2021-11-12 01:02"], "2020-01-02T10:11", "year-month-day and time"),
        (["2020-01-02T10:11:12Z", "2021-11-12T00:00:01Z"], "2020-01-02T10:11:12", "year-month-day and time"),
        (["02/01/2020", "13/02/2020"], "2020-01-02", "day/month/year"),
        (["02/13/2020", "01/02/2020"], "2020-02-13", "month/day/year"),
        (["2.1.2020", "13.2.2020"], "2020-01-02", "day.month.year"),
        (["2 Jan 2020", "13 Feb 2020"], "2020-01-02", "day month year"),
        (["02-Jan-20", "13-FEB-20"], "2020-01-02", "day month year"),
        (["02-01-20", "13-02-20"], "2020-01-02", "day-month-year"),
        (["01/02/2020 12:05:09 AM", "02/13/2020 1:00:00 PM"], "2020-01-02T00:05:09", "month/day/year and time"),
        (["2.1.2020 03:04:05", "13.2.2020 00:00:00"], "2020-01-02T03:04:05", "day.month.year and time"),
        (["2020/01/02 03:04", "2020/02/13 23:59"], "2020-01-02T03:04", "year/month/day and time"),
        (["Thu, 02 Jan 2020", "Thu, 13 Feb 2020"], "2020-01-02", "day month year"),
        (
            ["Thu, 02 Jan 2020 03:04:05 GMT", "Thu, 13 Feb 2020 03:04:05 +0100"],
            "2020-01-02T03:04:05",
            "day month year and time, in UTC",
        ),
        (["Thu Jan 02 03:04:05 2020", "Thu Feb 13 03:04:05 2020"], "2020-01-02T03:04:05", "month day time year"),
        (
            ["Thu Jan 02 03:04:05 +0100 2020", "Thu Feb 13 03:04:05 +0000 2020"],
            "2020-01-02T02:04:05",
            "month day time year, in UTC",
        ),
        (["2020-01", "2020-12"], "2020-01-01", "year-month"),
        (["Jan 2020", "Dec 2021"], "2020-01-01", "month year"),
    ],
)
def test_dates(tmp_path: Path, cells: list[str], first: str, order: str) -> None:
    found = of(tmp_path, cells * 8)
    assert found.column("x").kind == "date"
    assert found.column("x").values[0] == np.datetime64(first, "s")
    assert any(f"'x' as {order}" in note for note in found.notes)


def test_dates_whose_days_and_months_could_be_exchanged_are_said(tmp_path: Path) -> None:
    assert any("could be swapped" in note for note in of(tmp_path, ["01/02/2020", "03/04/2020"] * 8).notes)


@pytest.mark.parametrize("early", ["", "2024-01-02 10:00:00"])
def test_a_letter_between_date_and_time_may_come_late(tmp_path: Path, early: str) -> None:
    found = column(tmp_path, [early] * 1100 + ["2024-01-03T10:00:00"] * 30)
    assert found.kind == "date"
    assert (found.values[-1], found.missing[-1]) == (np.datetime64("2024-01-03T10:00:00"), False)


@pytest.mark.parametrize(("known", "doubt"), [("%Y-%m-%d", True), ("%b %d, %Y", True), ("%m/%d/%y", False)])
def test_only_dates_that_begin_with_the_day_or_the_month_tell_their_order(
    tmp_path: Path, known: str, doubt: bool
) -> None:
    found = of(tmp_path, ["01/02/2020", "03/04/2020"] * 8, dates=(("x", known),))
    assert found.column("x").values[0] == np.datetime64("2020-02-01" if doubt else "2020-01-02")
    assert any("could be swapped" in note for note in found.notes) is doubt


def test_a_stray_word_in_a_column_of_measurements_is_missing_with_its_line(tmp_path: Path) -> None:
    found = of(tmp_path, [f"{n / 8}" for n in range(60)] + ["broken"])
    assert found.column("x").missing.tolist() == [False] * 60 + [True]
    assert "Not a number, read as missing: 'broken' in 'x' (1 cell, line 62)." in found.notes


def test_a_stray_cell_in_a_column_of_dates_is_missing_with_its_line(tmp_path: Path) -> None:
    days = [f"2020-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(84)]
    found = of(tmp_path, [*days, "not yet", "0000-00-00", "#DIV/0!"])
    assert found.column("x").missing.tolist() == [False] * 84 + [True] * 3
    assert "Not a date, read as missing: 'not yet' in 'x' (1 cell, line 86)." in found.notes
    assert any("Read as missing: '0000-00-00' in 'x'" in note and "'#DIV/0!'" in note for note in found.notes)


def test_a_late_day_decides_again_whether_days_stand_before_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_builder, "_DECIDING", 64)
    early = [f"{1 + n % 12:02}/{1 + n // 12 % 12:02}/2020" for n in range(400)]
    found = column(tmp_path, [*early, "03/31/2020"])
    assert (found.values[0], found.values[-1]) == (np.datetime64("2020-01-01"), np.datetime64("2020-03-31"))
    assert found.values[1] == np.datetime64("2020-02-01")


def test_a_word_among_few_different_numbers_makes_them_codes(tmp_path: Path) -> None:
    assert column(tmp_path, ["1", "2", "3"] * 20 + ["A"]).texts()[-1] == "A"


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999"])
def test_what_is_infinite_is_missing_with_its_line(tmp_path: Path, cell: str) -> None:
    found = of(tmp_path, [*["1.5", "2.5"] * 8, cell])
    assert found.column("x").missing.tolist() == [False] * 16 + [True]
    assert f"Read as missing: '{cell}' in 'x' (1 cell, line 18)." in found.notes


def test_a_column_that_is_wanted_as_text_is_kept_as_written(tmp_path: Path) -> None:
    cells = ["1.0", "2.50", "1e3", "1,137"] * 5
    assert column(tmp_path, cells, as_text=("x",)).texts() == cells


def test_blanks_around_values_are_removed_and_said(tmp_path: Path) -> None:
    found = of(tmp_path, ["red ", "red", " blue", "blue"] * 5)
    assert found.column("x").classes()[0] == ("blue", "red")
    assert "Blanks around values were removed: 'x' (10 cells)." in found.notes


@pytest.mark.parametrize(
    "late", ["abc", "007", "", "1,137", "12%", "inf", "2020-01-02", '"quoted, text"', "9007199254740993"]
)
@pytest.mark.parametrize("early", ["5", "2.5"])
def test_what_comes_late_in_a_long_table_changes_nothing_of_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, early: str, late: str
) -> None:
    monkeypatch.setattr(table_builder, "_DECIDING", 64)
    cells = [early] * 400 + [late]
    found = of(tmp_path, cells)
    whole = of(tmp_path, [*[early] * 400, late])
    x = found.column("x")
    kept = x.texts()[:400]
    assert kept in ([early] * 400, [str(float(early))] * 400)
    assert x.texts() == whole.column("x").texts()
    if late and x.missing[400]:
        assert any(repr(late.strip('"')) in note for note in found.notes)


def test_line_breaks_of_web_pages_are_line_ends_and_said(tmp_path: Path) -> None:
    found = of(tmp_path, ["works<br />well", "is <BR>broken", "plain <b>"] * 5)
    assert found.column("x").texts()[:3] == ["works\nwell", "is \nbroken", "plain <b>"]
    assert "Line breaks written <br /> are read as line ends: 'x' (10 cells)." in found.notes


def test_classes_of_numbers_are_sorted_by_value(tmp_path: Path) -> None:
    labels, codes = column(tmp_path, ["10", "9", "2"] * 5).classes()
    assert labels == ("2", "9", "10")
    assert codes.tolist()[:3] == [2, 1, 0]


@pytest.mark.parametrize(
    ("cells", "numbers", "note"),
    [
        (["5 cm", "-7.5 cm", "10 cm"], [5, -7.5, 10], "'x': 'cm' is removed"),
        (["EUR 5", "EUR 1,234.50"], [5, 1234.5], "'x': 'EUR' is removed, commas group thousands"),
        (["1.234,50 EUR", "2,25 EUR"], [1234.5, 2.25], "'EUR' is removed, a comma is the decimal mark"),
        (["120km/h", "95km/h", ""], [120, 95, np.nan], "'km/h' is removed"),
        (["R$ 5,50", "R$ 6,75"], [5.5, 6.75], "'R$' is removed"),
    ],
)
def test_units_and_currencies_are_taken_off_and_said(
    tmp_path: Path, cells: list[str], numbers: list[float], note: str
) -> None:
    found = of(tmp_path, cells * 8)
    assert found.column("x").values[: len(cells)] == pytest.approx(numbers, nan_ok=True)
    assert any(note in said for said in found.notes)


def test_letters_behind_whole_numbers_that_are_all_different_are_part_of_codes(tmp_path: Path) -> None:
    assert column(tmp_path, [f"{1000 + n}AB" for n in range(40)]).texts()[:2] == ["1000AB", "1001AB"]
    assert column(tmp_path, [f"{n % 30}AB" for n in range(40)]).kind == "number"
    assert column(tmp_path, [f"{n}.5AB" for n in range(40)]).kind == "number"


@pytest.mark.parametrize(
    "cells", [["5 cm", "2 m"], ["A1", "A2"], ["007 kg", "008 kg"], ["1x", "2x"], ["5 cm", "7"]]
)
def test_codes_and_mixed_units_are_kept_as_written(tmp_path: Path, cells: list[str]) -> None:
    assert column(tmp_path, cells * 8).texts()[:2] == cells


def test_words_that_say_there_is_no_number_are_missing_among_many_different_ones(tmp_path: Path) -> None:
    found = of(tmp_path, [f"{n / 8}" for n in range(30)] + ["Unknown"] * 10)
    assert found.column("x").missing.tolist() == [False] * 30 + [True] * 10
    assert any("Read as missing: 'Unknown' in 'x' (10 cells, lines 32, 33" in note for note in found.notes)
    assert column(tmp_path, [*["1", "2", "3"] * 10, *["unknown"] * 10]).texts()[-1] == "unknown"


def test_words_that_come_late_are_missing_where_the_numbers_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_builder, "_DECIDING", 64)
    late = ["unknown"] * 60
    assert column(tmp_path, [*(f"{n / 8}" for n in range(400)), *late]).missing.sum() == 60
    assert column(tmp_path, [*["1", "2", "3"] * 130, *late]).texts()[-1] == "unknown"


@pytest.mark.parametrize(
    "cell",
    [
        "<{}",
        "~{}.5",
        "{}*",
        "'{}",
        '="{}"',
        "{}±0.1",
        "{}K",
        "{} USD and",
        "0x{}a",
        "{}[]",
        "{}.5D+02",
        "{}_000",
        "{} 1/2",
    ],
)
def test_numbers_with_other_characters_are_texts_and_said(tmp_path: Path, cell: str) -> None:
    cells = [cell.format(n) if n % 3 else f"{n}" for n in range(1, 61)]
    found = of(tmp_path, [f'"{text.replace(chr(34), chr(34) * 2)}"' for text in cells])
    assert found.column("x").texts() == cells
    assert ("Kept as text, being numbers with other characters, as" in " ".join(found.notes)) == (
        "and" not in cell
    )


@pytest.mark.parametrize("cell", ["10.0.{}.1", "1-{}", "52°{}'N", "1.{}.3"])
def test_addresses_ranges_and_versions_are_not_called_numbers(tmp_path: Path, cell: str) -> None:
    found = of(tmp_path, [cell.format(n) for n in range(40)])
    assert "being numbers" not in " ".join(found.notes)


def test_commas_of_indian_numbers_are_between_thousands(tmp_path: Path) -> None:
    found = of(tmp_path, ['"1,23,456"', '"12,34,56,789.5"', '"999"'] * 4)
    assert found.column("x").values[:3].tolist() == [123456, 123456789.5, 999]


@pytest.mark.parametrize(
    ("other", "value", "note"),
    [
        (
            "7",
            1.1,
            "Points are read as decimal marks, 1.100 as 1.1, but this is uncertain: 'x'. data.decimal = ','",
        ),
        ("7.5", 1.1, None),
        ("7,5", 1100, None),
    ],
)
def test_points_before_three_digits_are_decided_by_other_columns_or_said(
    tmp_path: Path, other: str, value: float, note: str | None
) -> None:
    path = written(tmp_path / "a.csv", lines([["1.100", other], ["2.250", other]] * 10, ["x", "b"], ";"))
    found = table(path)
    assert found.column("x").values[0] == value
    doubts = [one for one in found.notes if "this is uncertain" in one]
    assert len(doubts) == (note is not None)
    assert all(one.startswith(note or "") for one in doubts)
    assert table(path, decimal=",").column("x").values[0] == 1100 or other == "7.5"


def test_commas_before_three_digits_between_semicolons_are_said(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", lines([["1,100", "a"], ["2,250", "b"]] * 10, ["x", "b"], ";"))
    assert any("Commas are read between thousands, 1,100 as 1100, but this is" in one for one in table(path).notes)
    assert table(path, decimal=",").column("x").values[0] == 1.1
    written(path, lines([['"1,100"', "a"], ['"2,250"', "b"]] * 10, ["x", "b"]))
    assert not any("this is uncertain" in one for one in table(path).notes)


def test_zones_of_whole_hours(tmp_path: Path) -> None:
    assert column(tmp_path, ["2020-05-01 10:00:00+02", "2020-05-01 10:00:00.5-03"] * 6).texts()[:2] == [
        "2020-05-01 08:00:00",
        "2020-05-01 13:00:00",
    ]
    named = of(tmp_path, ["2020-05-01 10:00:00 CET", "2020-05-02 10:00:00 Europe/Berlin"] * 6)
    assert any("with names of time zones" in note for note in named.notes)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["١٢٣", "٤٥", "٦٧٨٫٥"], [123, 45, 678.5]),
        (["１２３", "４５"], [123, 45]),
        (["१२३", "४५", "6"], [123, 45, 6]),
        (["١٬٢٣٤٫٥", "٢٬٢٣٤"], [1234.5, 2234]),
        (["１２％", "－２％"], [12, -2]),
    ],
)
def test_digits_of_other_scripts_are_numbers_and_said(
    tmp_path: Path, cells: list[str], values: list[float]
) -> None:
    found = of(tmp_path, cells * 6)
    assert found.column("x").values[: len(values)].tolist() == values
    assert any("'x':" in note and "digits of other scripts" in note for note in found.notes)


def test_codes_and_texts_with_digits_of_other_scripts_stay_as_they_are(tmp_path: Path) -> None:
    assert column(tmp_path, ["００７", "７"] * 8).texts()[:2] == ["００７", "７"]
    assert column(tmp_path, ["text ١٢٣", "b"] * 8).texts()[:2] == ["text ١٢٣", "b"]
    assert column(tmp_path, ["𝟏𝟎 of 𝟏𝟎", "b"] * 8).texts()[:2] == ["𝟏𝟎 of 𝟏𝟎", "b"]
    assert column(tmp_path, ["𝟏𝟎", "𝟏𝟏"] * 8).texts()[:2] == ["𝟏𝟎", "𝟏𝟏"]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0,123", "1,234", "-0,456"], [0.123, 1.234, -0.456]),
        (["1,234", "0", "12,000"], [1234, 0, 12000]),
        ([*(f"0.{number}" for number in range(100, 160)), "0,5"], [0.1, 0.101]),
    ],
)
def test_no_thousands_begin_with_a_zero(tmp_path: Path, cells: list[str], values: list[float]) -> None:
    found = table(written(tmp_path / "a.csv", ["x;y", *(f"{cell};{row}" for row, cell in enumerate(cells * 8))]))
    assert found.column("x").values[: len(values)].tolist() == values


@pytest.mark.parametrize("cells", [["۱۴۰۲-۰۵-۱۲", "۱۴۰۱-۱۲-۰۱"], ["๒๕๖๖-๐๕-๑๒", "๒๕๖๕-๐๑-๓๐"]])
def test_dates_of_another_calendar_stay_texts_and_it_is_said(tmp_path: Path, cells: list[str]) -> None:
    found = of(tmp_path, cells * 6)
    assert found.column("x").texts()[:2] == cells
    assert any("'x'" in note and "of another calendar" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ("caf\u00c3\u00a9", "caf\u00e9"),
        ("it\u00e2\u20ac\u2122s", "it\u2019s"),
        ("\u00c3\u0081vila", "\u00c1vila"),
        ("\u00abCAF\u00c9\u00bb", None),
        ("caf\u00e9", None),
        ("\u00c2ge", None),
        ("CAF\u00c9\u00ae", None),
    ],
)
def test_utf8_that_was_read_in_another_encoding_is_kept_and_said(
    tmp_path: Path, text: str, was: str | None
) -> None:
    path = written(tmp_path / "a.csv", [f"{text},y", *(f"{text} {n % 3},{n}" for n in range(12))])
    found = table(path)
    assert found.columns[0].texts()[0] == f"{text} 0"
    said = [note for note in found.notes if note.startswith("UTF-8 seems to have been read")]
    assert len(said) == (2 if was else 0)
    assert not said or (f"the name {text!r}, which may be {was!r}." in said[0] and f"may be '{was} 0'." in said[1])
