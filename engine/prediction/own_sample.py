"""A sample of a person's own: the columns of another sample with some of their values changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.datasets.readers.table import Column, Table
from engine.datasets.readers.texts import Texts
from engine.errors import DataError

TRUE = ("true", "yes", "1", "y", "t")


def with_values(read: Any, names: tuple[str, ...], values: Mapping[str, str]) -> Any:
    """A sample as :meth:`Predictor.explain` takes it, with the values of these columns, given as text.

    ``read`` is the sample that it is made from: float32 of shape (columns,), named by ``names``, or a Table of one
    row. An empty text is a missing value of a Table. Raises DataError naming the column and what it takes.
    """
    if isinstance(read, Table):
        columns = tuple(
            _changed(column, values[column.name]) if column.name in values else column for column in read.columns
        )
        return replace(read, columns=columns)
    found = np.array(read, np.float32)
    for index, name in enumerate(names):
        if name in values:
            found[index] = _number(name, values[name])
    return found


def _changed(column: Column, text: str) -> Column:
    missing = np.array([not text])
    if column.kind == "number":
        stored: Any = np.array([_number(column.name, text) if text else np.nan])
    elif column.kind == "date":
        stored = np.array([_date(column.name, text) if text else np.datetime64("NaT")], "datetime64[s]")
    elif column.kind == "boolean":
        stored = np.array([int(text.lower() in (*TRUE, column.spellings[-1].lower()))], np.int8)
    else:
        stored = Texts.of([text or None])
    return replace(column, stored=stored, missing=missing)


def _number(name: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = np.nan
    if not np.isfinite(found):
        raise DataError(f"{name} takes a number, as in 1.5: {text!r} is none")
    return found


def _date(name: str, text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "s")
    except ValueError:
        raise DataError(f"{name} takes a date, as in 2026-03-01: {text!r} is none") from None
