"""A user's own sample: the columns of another sample with some values changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Column, Table
from engine.datasets.readers.texts import Texts
from engine.errors import DataError
from engine.features.input_tables import date_of, number_of

TRUE = ("true", "yes", "1", "y", "t")
FALSE = ("false", "no", "0", "n", "f")


def with_values(read: Any, names: tuple[str, ...], values: Mapping[str, str]) -> Any:
    """Return a sample for :meth:`Predictor.explain` with the values of these columns, given as text.

    ``read`` is the original sample: float32 of shape (columns,), or a Ragged of one sample of sparse columns,
    named by ``names``; or a Table of one row, in which an empty text is a missing value. Raises DataError with a
    line for each invalid text: the column's name and the expected value.
    """
    mistakes: list[str] = []

    def changed(name: str, before: Any, convert: Callable[[str], Any]) -> Any:
        try:
            return convert(values[name]) if name in values else before
        except DataError as error:
            mistakes.append(str(error))
            return before

    if isinstance(read, Table):
        columns = (changed(column.name, column, partial(_column, column)) for column in read.columns)
        found: Any = replace(read, columns=tuple(columns))
    else:
        before = read.amounts if isinstance(read, Ragged) else read
        numbers = [changed(name, value, partial(_number, name)) for name, value in zip(names, before, strict=True)]
        found = np.array(numbers, np.float32)
        found = replace(read, weights=found) if isinstance(read, Ragged) else found
    if mistakes:
        raise DataError("\n".join(mistakes))
    return found


def _column(column: Column, text: str) -> Column:
    missing = np.array([not text])
    if column.kind == "number":
        stored: Any = np.array([_number(column.name, text) if text else np.nan])
    elif column.kind == "date":
        stored = np.array([_date(column.name, text) if text else np.datetime64("NaT")], "datetime64[s]")
    elif column.kind == "boolean":
        stored = np.array([_truth(column, text) if text else 0], np.int8)
    else:
        stored = Texts.of([text or None])
    return replace(column, stored=stored, missing=missing)


def _truth(column: Column, text: str) -> bool:
    false, true = column.spellings or ("false", "true")
    if text.lower() in (*FALSE, false.lower()):
        return False
    if text.lower() in (*TRUE, true.lower()):
        return True
    raise DataError(f"{column.name} takes {true} or {false}, not {text!r}")


def _number(name: str, text: str) -> float:
    try:
        return number_of(text)
    except ValueError:
        raise DataError(f"{name} takes a number such as 1.5, not {text!r}") from None


def _date(name: str, text: str) -> np.datetime64:
    try:
        return date_of(text)
    except ValueError:
        raise DataError(f"{name} takes a date such as 2026-03-01, not {text!r}") from None
