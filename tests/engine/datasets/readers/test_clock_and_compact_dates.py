"""Days as whole numbers and times of day: recognised by evidence, said, and read otherwise if a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.datasets.readers.table import Column, Table
from tests.engine.datasets.readers.tables import lines, table, written

DAYS = [f"2024{1 + n % 12:02}{1 + n % 28:02}" for n in range(40)]


def of(tmp_path: Path, name: str, cells: list[str], **options: object) -> Table:
    rows = [[cell, f"{n % 7}.5"] for n, cell in enumerate(cells)]
    return table(written(tmp_path / "a.csv", lines(rows, [name, "y"])), **options)


def column(tmp_path: Path, name: str, cells: list[str], **options: object) -> Column:
    return of(tmp_path, name, cells, **options).column(name)


def said(found: Table) -> str:
    return "\n".join(found.notes)


@pytest.mark.parametrize("name", ["x", "ORDER_DATE", "Geburtstag"])
@pytest.mark.parametrize("odd", [[], [""], ["0"], ["NA"], ["00000000"] * 9])
def test_whole_numbers_that_are_days_are_dates_and_said(tmp_path: Path, name: str, odd: list[str]) -> None:
    found = of(tmp_path, name, [*DAYS, *odd])
    assert found.column(name).kind == "date"
    assert found.column(name).texts()[:2] == ["2024-01-01 00:00:00", "2024-02-02 00:00:00"]
    assert found.column(name).missing.tolist() == [False] * 40 + [True] * len(odd)
    assert f"{name!r} as year, month and day in one number; its role number (data.columns) reads numbers" in said(
        found
    )


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("order", [f"{20240101 + n}" for n in range(28)]),  # days of one month, or numbers that go on
        ("order", [f"{20240001 + n * 13}" for n in range(40)]),
        ("date", [f"{20240001 + n * 13}" for n in range(40)]),
        ("date", [f"{30240101 + n}" for n in range(28)]),
        ("x", ["20240131", "20240201"] * 10),
        ("date", ["20240131"] * 20),
    ],
)
def test_other_whole_numbers_are_numbers(tmp_path: Path, name: str, cells: list[str]) -> None:
    assert column(tmp_path, name, cells).values.tolist() == [int(cell) for cell in cells]


def test_the_name_tells_days_of_one_month_from_numbers_that_go_on(tmp_path: Path) -> None:
    assert column(tmp_path, "valid_from", [f"{20240101 + n}" for n in range(28)]).kind == "date"


def test_a_person_says_that_days_are_numbers_and_an_earlier_file_that_numbers_are_days(tmp_path: Path) -> None:
    assert column(tmp_path, "date", DAYS, as_number=("date",)).values[0] == 20240101
    assert column(tmp_path, "x", DAYS[:2] * 10, dates=(("x", "%Y%m%d"),)).kind == "date"


def test_a_late_number_that_is_no_day_makes_all_numbers(tmp_path: Path) -> None:
    cells = (DAYS * 3000)[:100_000] + [f"{n}" for n in range(20_000)]
    assert column(tmp_path, "x", cells).values.tolist() == [int(cell) for cell in cells]


@pytest.mark.parametrize(
    ("cells", "hours"),
    [
        ([f"{n % 24:02}:{n % 60:02}" for n in range(30)], 1 + 1 / 60),
        ([f"{n % 24}:{n % 60:02}:30" for n in range(30)], 1 + 1.5 / 60),
        ([f"{1 + n % 12}:{n % 60:02} {'AM' if n % 2 else 'PM'}" for n in range(30)], 2 + 1 / 60),
        ([f"{1 + n % 12}:{n % 60:02}p.m." for n in range(30)], 14 + 1 / 60),
        ([f"{100 * n}:30:00" for n in range(10)] + [f"{n}:00:00" for n in range(20)], 100.5),
    ],
)
def test_times_are_hours_and_said(tmp_path: Path, cells: list[str], hours: float) -> None:
    found = of(tmp_path, "at", [*cells, ""])
    assert found.column("at").values[1] == pytest.approx(hours)
    assert found.column("at").missing.tolist() == [False] * 30 + [True]
    assert "Times are read as hours, 13:30 as 13.5: 'at'; its role category (data.columns)" in said(found)
    assert column(tmp_path, "at", cells, as_text=("at",)).texts() == cells


def test_few_different_times_are_groups_unless_they_were_numbers_before(tmp_path: Path) -> None:
    cells = ["08:00", "12:30", "18:00"] * 10
    assert column(tmp_path, "shift", cells).texts() == cells
    assert column(tmp_path, "shift", cells, as_number=("shift",)).values[:3].tolist() == [8, 12.5, 18]


def test_midnight_and_noon_are_what_they_are_called(tmp_path: Path) -> None:
    cells = [f"12:{n:02} {half}" for n in range(15) for half in ("AM", "PM")]
    assert column(tmp_path, "at", cells).values[:2].tolist() == [0, 12]


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["1. Januar 2023", "12. März 2024"], ["2023-01-01", "2024-03-12"]),
        (["1er janvier 2023", "3 août 2024", "12 févr. 2023"], ["2023-01-01", "2024-08-03", "2023-02-12"]),
        (["1 de enero de 2023", "2 de dic de 2024"], ["2023-01-01", "2024-12-02"]),
        (["01-Mär-2023", "02-Okt-2023"], ["2023-03-01", "2023-10-02"]),
        (["1 gennaio 23", "2 ott 24"], ["2023-01-01", "2024-10-02"]),
        (["Februar 2023", "Dezember 2024"], ["2023-02-01", "2024-12-01"]),
        (["2023年1月1日", "2023年11月12日"], ["2023-01-01", "2023-11-12"]),
        (["2023년 1월 1일", "2023년 11월 12일"], ["2023-01-01", "2023-11-12"]),
        (["２０２３-０１-０１", "２０２４-１１-０１"], ["2023-01-01", "2024-11-01"]),
    ],
)
def test_dates_of_other_languages(tmp_path: Path, cells: list[str], days: list[str]) -> None:
    found = column(tmp_path, "x", ["", *cells] * 5)
    assert found.kind == "date"
    assert found.texts()[1 : len(cells) + 1] == [f"{day} 00:00:00" for day in days]


@pytest.mark.parametrize("cells", [["5 apples 2020", "6 pears 2021"], ["Januar", "Februar"], ["mai", "june"]])
def test_words_beside_numbers_are_no_dates(tmp_path: Path, cells: list[str]) -> None:
    assert column(tmp_path, "x", cells * 8).kind == "text"
