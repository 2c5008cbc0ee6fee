"""Detects whether a table's first record is a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from engine.datasets.readers.cell_types import BLANKS, INVISIBLE, MISSING, QUOTED
from engine.datasets.readers.table import listed
from engine.errors import DataError

_NUMBER = re.compile(
    r"\(?[+\u2212-]?[$€£]?[(+\u2212-]?(\d[\d.,'’ ]*|\.\d+)([eE][+-]?\d+)?\)?\s?[%€$£]?[)\u2212-]?"
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T][\d:.]+)?")
_MOSTLY = 0.8
_FEWEST_BELOW_UNITS = 5
_FEWEST_BETWEEN_HEADINGS = 10
_MOST_LINES_OF_UNITS = 2
_A_ROW = "data.header = false reads it as a row."
_NO_WIDTH = re.compile(f"[{INVISIBLE}]")


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of the columns, whether the first record contains them, and how that was decided.

    ``records`` is the number of records before the first row: 1 with a heading, more if units or questions follow
    it.
    """

    names: tuple[str, ...]
    present: bool
    notes: tuple[str, ...] = ()
    records: int = 0


def find(path: Path, line: int, records: Sequence[Sequence[str]], asked: bool | None) -> Heading:
    """Find the heading of a file from its first records, the first in ``line``.

    ``asked`` is the user's setting. Raises DataError if two columns have the same name.
    """
    first, rest = records[0], records[1:]
    if _FEWEST_BETWEEN_HEADINGS * rest.count(first) < len(rest):
        rest = [record for record in rest if record != first]
    years = _are_years(first)
    columns = [[record[index] for record in rest if index < len(record)] for index in range(len(first))]
    votes = sum(_vote(cell, others, years) for cell, others in zip(first, columns, strict=True))
    open_question = votes == 0 and not any(_is_value(cell.strip()) for cell in first)
    counted = _are_counted(first, columns)
    present = (votes > 0 or open_question or counted) if asked is None else asked
    if not present:
        width = max((len(record) for record in records), default=0)
        names = tuple(f"column {number}" for number in range(1, width + 1))
        why = "as asked" if asked is not None else f"line {line} holds values as the other lines do"
        note = f"There is no heading ({why}): the columns are called column 1 to column {width}."
        return Heading(names, False, (note,))
    if asked is not None:
        return _heading(path, line, first, [])
    found = _heading(path, line, first, _units(rest))
    if votes > 0:
        return found
    took = f"counts the columns and was taken for the heading; {_A_ROW}"
    doubt = took if counted else f"was taken for the heading; the values do not show whether it is. {_A_ROW}"
    return replace(found, notes=(f"Line {line} {doubt}", *found.notes))


def _heading(path: Path, line: int, first: Sequence[str], units: Sequence[Sequence[str]]) -> Heading:
    """Build the heading from a line, with the lines below it that contain units or the like."""
    if units and not all(cell.strip() for cell in first) and all(cell.strip() for cell in units[0]):
        note = f"Line {line} groups the columns that the line below it names, and was left out."
        return Heading(_named(path, line + 1, units[0])[0], True, (note,), 2)
    named, blank = _named(path, line, first)
    notes = []
    if changed := [repr(name) for name, cell in zip(named, first, strict=True) if _NO_WIDTH.search(cell)]:
        notes.append(f"Invisible characters were removed from the names of columns: {listed(changed)}.")
    if blank:
        notes.append(f"Columns without a name in line {line}: {listed(blank)}.")
    if units:
        cells = listed([repr(cell.strip()) for row in units for cell in row if cell.strip()])
        which, gone, rows = "line below the heading holds", "was", "it as a row"
        if len(units) > 1:
            which, gone, rows = f"{len(units)} lines below the heading hold", "were", "them as rows"
        notes.append(
            f"The {which} units or the like, no values, and {gone} left out ({cells}); data.header = true reads "
            f"{rows}."
        )
    return Heading(named, True, tuple(notes), 1 + len(units))


def _units(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the first one or two rows if they contain no number but two or more columns do in all others."""
    for count in range(1, _MOST_LINES_OF_UNITS + 1):
        first, others = rows[:count], rows[count:]
        if len(others) < _FEWEST_BELOW_UNITS or any(_is_value(cell.strip()) for row in first for cell in row):
            return []
        columns = ([row[index].strip() for row in others if index < len(row)] for index in range(len(first[0])))
        numeric = (
            any(map(_is_value, below)) and all(text in MISSING or _is_value(text) for text in below)
            for below in columns
        )
        if sum(found and first[0][index].strip() not in MISSING for index, found in enumerate(numeric)) >= 2:
            return list(first)
    return []


def _named(path: Path, line: int, cells: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Name columns, blank ones by their number; blank ones are also returned separately."""
    names = [_NO_WIDTH.sub("", cell).strip(QUOTED + BLANKS) for cell in cells]
    columns_of: dict[str, list[int]] = {}
    for index, name in enumerate(names, 1):
        if name:
            columns_of.setdefault(name, []).append(index)
    twice = {name: found for name, found in columns_of.items() if len(found) > 1}
    if twice:
        name, found = next(iter(twice.items()))
        raise DataError(
            f"{path}, line {line}: two columns called {name!r} (columns {listed(found)}): rename one of them, or "
            "set data.header = false if the line is not a heading"
        )
    blank = [f"column {index}" for index, name in enumerate(names, 1) if not name]
    free = iter(blank)
    filled = tuple(name or next(free) for name in names)
    if len(set(filled)) < len(filled):
        raise DataError(f"{path}, line {line}: name every column; one without a name would be called like another")
    return filled, blank


def _vote(cell: str, rest: Sequence[str], years: bool) -> float:
    """Return a column's vote on its first cell: positive for a name, negative for a value."""
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
    """Whether the numbers among some cells are evenly spaced years, as in the headings of time series."""
    numbers = [cell.strip() for cell in cells if _is_value(cell.strip())]
    if not 2 <= len(numbers) < len(cells) or not all(re.fullmatch(r"1[89]\d\d|20\d\d", text) for text in numbers):
        return False
    return len({int(b) - int(a) for a, b in pairwise(numbers)}) == 1


def _are_counted(cells: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether cells number their columns, as written by pandas for columns without names; an index has no number.

    The numbers start with 0; or with 0 or 1 if other cells are names that do not occur in their columns.
    """
    texts = [cell.strip() for cell in cells]
    numbers = [text for text in texts if text.isdecimal()]
    names = [index for index, text in enumerate(texts) if text and not text.isdecimal()]
    if any(
        texts[index] in (other.strip() for other in columns[index]) or _is_value(texts[index]) for index in names
    ):
        return False
    starts = (0, 1) if names else (0,)
    counted = any(numbers == [f"{number + start}" for number in range(len(numbers))] for start in starts)
    words = names or any(text and not _is_value(text.strip()) for column in columns for text in column)
    return counted and len(numbers) + (not texts[0]) > (1 if words else 2)


def _is_value(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))
