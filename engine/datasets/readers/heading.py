"""Detects whether a table's first record is a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from engine.datasets.readers.cell_types import MISSING
from engine.datasets.readers.table import listed
from engine.errors import DataError

_NUMBER = re.compile(r"[+-]?[$€£]?[+-]?(\d[\d.,'’ ]*|\.\d+)([eE][+-]?\d+)?\s?[%€$£]?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T][\d:.]+)?")
_MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of the columns, whether the first record holds them, and how that was decided."""

    names: tuple[str, ...]
    present: bool
    notes: tuple[str, ...] = ()


def find(path: Path, line: int, records: Sequence[Sequence[str]], asked: bool | None) -> Heading:
    """The heading of a file whose first records are these, the first in ``line``.

    ``asked`` is what a person says. Raises DataError where two columns have the same name.
    """
    first, rest = records[0], records[1:]
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
    named, blank = _named(path, line, first)
    if blank:
        notes.append(f"Columns without a name in line {line}: {listed(blank)}.")
    return Heading(named, True, tuple(notes))


def _named(path: Path, line: int, cells: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Names of columns, those that are blank by their number, which are also returned alone."""
    names = [cell.strip(" \t\u00a0\ufeff\ue000") for cell in cells]
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
