"""Detects whether a table's first record is a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from engine.datasets.readers.cell_types import BLANKS, MISSING, QUOTED
from engine.datasets.readers.table import listed
from engine.errors import DataError

_NUMBER = re.compile(
    r"\(?[+\u2212-]?[$€£]?[(+\u2212-]?(\d[\d.,'’ ]*|\.\d+)([eE][+-]?\d+)?\)?\s?[%€$£]?[)\u2212-]?"
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T][\d:.]+)?")
_MOSTLY = 0.8
_FEWEST_BELOW_UNITS = 5
_FEWEST_BETWEEN_HEADINGS = 10


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of the columns, whether the first record holds them, and how that was decided.

    ``records`` is the number of records before the first row: with a heading 1, or 2 where units stand below it.
    """

    names: tuple[str, ...]
    present: bool
    notes: tuple[str, ...] = ()
    records: int = 0


def find(path: Path, line: int, records: Sequence[Sequence[str]], asked: bool | None) -> Heading:
    """The heading of a file whose first records are these, the first in ``line``.

    ``asked`` is what a person says. Raises DataError where two columns have the same name.
    """
    first, rest = records[0], records[1:]
    if _FEWEST_BETWEEN_HEADINGS * rest.count(first) < len(rest):
        rest = [record for record in rest if record != first]
    years = _are_years(first)
    columns = ([record[index] for record in rest if index < len(record)] for index in range(len(first)))
    votes = sum(_vote(cell, others, years) for cell, others in zip(first, columns, strict=True))
    open_question = votes == 0 and not any(_is_value(cell.strip()) for cell in first)
    present = (votes > 0 or open_question) if asked is None else asked
    if not present:
        width = max((len(record) for record in records), default=0)
        names = tuple(f"column {number}" for number in range(1, width + 1))
        why = "as asked" if asked is not None else f"line {line} holds values as the other lines do"
        note = f"There is no heading ({why}): the columns are called column 1 to column {width}."
        return Heading(names, False, (note,))
    notes = []
    if asked is None and votes == 0:
        notes.append(
            f"Line {line} was taken for the heading; nothing in it tells. data.header = false reads it as a row."
        )
    units = _units(rest) if asked is None else ()
    if units and not all(cell.strip() for cell in first) and all(cell.strip() for cell in units):
        notes.append(f"Line {line} groups the columns that the line below it names, and was left out.")
        return Heading(_named(path, line + 1, units)[0], True, tuple(notes), 2)
    named, blank = _named(path, line, first)
    if blank:
        notes.append(f"Columns without a name in line {line}: {listed(blank)}.")
    if units:
        cells = listed([repr(cell.strip()) for cell in units if cell.strip()])
        notes.append(
            f"The line below the heading holds units or the like, no values, and was left out ({cells}); "
            "data.header = true reads it as a row."
        )
    return Heading(named, True, tuple(notes), 2 if units else 1)


def _units(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """The first row where it holds no number, and two columns and more hold numbers in all other rows."""
    first, others = rows[0] if rows else (), rows[1:]
    if len(others) < _FEWEST_BELOW_UNITS or any(_is_value(cell.strip()) for cell in first):
        return ()
    numbers = 0
    for index, cell in enumerate(first):
        below = [row[index].strip() for row in others if index < len(row)]
        if cell.strip() not in MISSING and all(text in MISSING or _is_value(text) for text in below):
            numbers += any(map(_is_value, below))
    return first if numbers >= 2 else ()


def _named(path: Path, line: int, cells: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Names of columns, those that are blank by their number, which are also returned alone."""
    names = [cell.strip(QUOTED + BLANKS) for cell in cells]
    columns_of: dict[str, list[int]] = {}
    for index, name in enumerate(names, 1):
        if name:
            columns_of.setdefault(name, []).append(index)
    twice = {name: found for name, found in columns_of.items() if len(found) > 1}
    if twice:
        name, found = next(iter(twice.items()))
        raise DataError(
            f"{path}, line {line}: two columns called {name!r} (columns {listed(found)}): rename one of them, or "
            "set data.header = false if the line is no heading"
        )
    blank = [f"column {index}" for index, name in enumerate(names, 1) if not name]
    free = iter(blank)
    filled = tuple(name or next(free) for name in names)
    if len(set(filled)) < len(filled):
        raise DataError(f"{path}, line {line}: name every column; one without a name would be called like another")
    return filled, blank


def _vote(cell: str, rest: Sequence[str], years: bool) -> float:
    """What a column says about its first cell: above 0 for a name, below for a value."""
    text, others = cell.strip(), [other.strip() for other in rest if other.strip() not in MISSING]
    if not text or not others:
        return 0
    numeric = sum(map(_is_value, others)) >= _MOSTLY * len(others)
    if _is_value(text):
        if years:
            return 1
        return -1 if numeric else -0.5
    if text in MISSING:
        return 0
    if numeric:
        return 1
    if text in others:
        return -1
    repeated = len(set(others)) <= len(others) / 2
    return 0.5 if repeated else 0.3 * (len(text) < 0.5 * sum(map(len, others)) / len(others))


def _are_years(cells: Sequence[str]) -> bool:
    """Whether the numbers among some cells are years in order, as columns of a time series are called."""
    numbers = [cell.strip() for cell in cells if _is_value(cell.strip())]
    if not 2 <= len(numbers) < len(cells) or not all(re.fullmatch(r"1[89]\d\d|20\d\d", text) for text in numbers):
        return False
    return len({int(b) - int(a) for a, b in pairwise(numbers)}) == 1


def _is_value(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))
