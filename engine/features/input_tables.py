"""Conversion of user input to tables that a trained network can read: one typed sample, or a whole file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.readers.table import Column, ColumnType, Reading, Table
from engine.datasets.readers.texts import Texts
from engine.errors import DataError, listed
from engine.features.table import TableFeatures
from engine.features.treatments import CategoryTreatment, DateTreatment, NumberTreatment, Treatment

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?", "-")
"""Typed cells that stand for a missing value."""

_KINDS: dict[type, ColumnType] = {NumberTreatment: "number", DateTreatment: "date"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?")
_LARGEST = float(np.finfo(np.float32).max)


def number_of(text: str) -> float:
    """Parse a number; raises ValueError for other text and for numbers that are infinite in float32."""
    if not _NUMBER.fullmatch(text) or abs(float(text)) > _LARGEST:
        raise ValueError(f"{text!r} is not a finite number")
    return float(text)


def date_of(text: str) -> np.datetime64:
    """Parse a date with optional time: year-month-day, or 20240131. Raises ValueError for other text.

    NumPy would also accept a number as a year, and "today".
    """
    if re.fullmatch("[0-9]{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date")
    return np.datetime64(text, "s")


def row_of(features: TableFeatures, cells: Mapping[str, str]) -> Table:
    """Build one sample from the text of each column; columns that are not in ``cells`` are missing.

    Raises DataError with the column's name if a text is not of its kind.
    """
    if unknown := [name for name in cells if name not in features.names]:
        raise DataError(f"the run has no columns {', '.join(listed(unknown))}: it reads {_names(features)}")
    columns = [_typed(features, name, cells.get(name, "").strip()) for name in features.names]
    return Table(tuple(columns), Reading("typed"), (), np.array([1]))


def cells_of(features: TableFeatures, values: Sequence[str]) -> dict[str, str]:
    """Assign values to columns; they are in the order of the columns or of the encoded columns.

    Encoded columns of a category take 0 or 1 for each of its values. Raises DataError if the number of values fits
    neither order.
    """
    if len(values) == len(features.names):
        return dict(zip(features.names, values, strict=True))
    width = sum(len(one.outputs) for one in features.treatments)
    if features.text is None and len(values) == width:
        return dict(_decoded(features.treatments, [value.strip() for value in values]))
    raise DataError(
        f"the run reads {len(features.names)} values a sample ({_names(features)}), separated by commas; there "
        f"are {len(values)}"
    )


def aligned(features: TableFeatures, table: Table) -> tuple[Table, tuple[str, ...]]:
    """Return a file's columns in the form that the network reads, with notes on the changes.

    Columns that the network does not read are left out; columns that the file lacks are missing in every sample.
    Raises DataError if the file has none of the columns.
    """
    if not set(features.names) & set(table.names):
        raise DataError(
            f"the file has none of the columns that the run reads ({_names(features)}): it has "
            f"{', '.join(listed(table.names))}"
        )
    notes = list(_order_notes(features, table))
    columns = []
    for name in features.names:
        there = name in table.names
        column = table.column(name) if there else _typed(features, name, "").take(np.zeros(len(table), np.int64))
        fitted, note = _fitted(features, column, table)
        columns.append(fitted)
        notes += note
    found = Table(tuple(columns), table.reading, table.notes, table.lines)
    return found, (*notes, *value_notes(features, found))


def value_notes(features: TableFeatures, table: Table) -> Iterator[str]:
    """Yield notes on missing values and on values that no training sample had."""
    for treatment in features.treatments:
        column = table.column(treatment.name)
        if count := int(column.missing.sum()):
            filled = treatment.described(True).partition("; missing: ")[2]
            yield f"{treatment.name!r}: {count:,} missing, filled with {filled}."
        if found := treatment.unseen(column):
            named = listed([f"{value!r} ({count:,})" for value, count in found.items()])
            how = "counted as rare" if getattr(treatment, "rare", ()) else "0 in every column of the category"
            yield f"{treatment.name!r}: values that no training sample had: {', '.join(named)}; {how}."


def _order_notes(features: TableFeatures, table: Table) -> Iterator[str]:
    if missing := [name for name in features.names if name not in table.names]:
        yield f"Columns that the file lacks, missing in every sample: {', '.join(listed(missing))}."
    if extra := [name for name in table.names if name not in features.names]:
        yield f"Columns that the network does not read: {', '.join(listed(extra))}."
    there = [name for name in features.names if name in table.names]
    if [name for name in table.names if name in features.names] != there:
        yield "The columns are in another order than in training; they were matched by name."


def _treatment(features: TableFeatures, name: str) -> Treatment | None:
    return next((one for one in features.treatments if one.name == name), None)


def _typed(features: TableFeatures, name: str, text: str) -> Column:
    """Build a column of one value from its text."""
    treatment, gone = _treatment(features, name), text in MISSING
    missing = np.array([gone])
    try:
        if isinstance(treatment, NumberTreatment):
            number = np.nan if gone else number_of(text)
            return Column(name, "number", np.array([number]), missing)
        if isinstance(treatment, DateTreatment):
            date = np.datetime64("NaT", "s") if gone else date_of(text)
            return Column(name, "date", np.array([date]), missing)
    except ValueError as error:
        kind = "a finite number" if isinstance(treatment, NumberTreatment) else "a date such as 2024-05-31"
        raise DataError(f"{name}: {text!r} is not {kind}") from error
    return Column(name, "text", Texts.of([None if gone else text]), missing)


def _fitted(features: TableFeatures, column: Column, table: Table) -> tuple[Column, list[str]]:
    """Convert a column to the kind that its treatment reads; other values become missing, with a note."""
    treatment = _treatment(features, column.name)
    if isinstance(treatment, CategoryTreatment):
        return _as_spelt(treatment, column)
    wanted = _KINDS.get(type(treatment))
    if wanted is None or (wanted == "number" and column.kind == "boolean"):
        return column, []
    values, lost = _converted(column, wanted)
    if column.kind == wanted and not lost.any():
        return column, []
    notes = list(_lost_note(column.name, wanted, lost, table))
    return Column(column.name, wanted, values, column.missing | lost), notes


def _as_spelt(treatment: CategoryTreatment, column: Column) -> tuple[Column, list[str]]:
    """Spell the values of a true/false category as in training."""
    levels = {level.casefold(): level for level in treatment.levels}
    if set(levels) != {"true", "false"} or column.kind not in ("text", "boolean"):
        return column, []
    texts = column.texts()
    if not (other := sorted({text for text in texts if text.casefold() in levels} - set(levels.values()))):
        return column, []
    spelt = [
        None if gone else levels.get(text.casefold(), text)
        for text, gone in zip(texts, column.missing, strict=True)
    ]
    how = ", ".join(f"{text!r} is read as {levels[text.casefold()]!r}" for text in other)
    return Column(column.name, "text", Texts.of(spelt), column.missing), [
        f"{column.name!r}: {how}, as in training."
    ]


def _converted(column: Column, wanted: ColumnType) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Convert a column's values to numbers or dates; also return which values could not be converted."""
    if column.kind == wanted:
        lost = np.abs(column.values) > _LARGEST if wanted == "number" else np.zeros(len(column), bool)
        return (np.where(lost, np.nan, column.values) if lost.any() else column.values), lost
    values = [_value(text, wanted) for text in column.texts()]
    missing = np.datetime64("NaT", "s") if wanted == "date" else np.nan
    lost = np.array([value is None for value in values]) & ~column.missing
    return np.array([missing if value is None else value for value in values]), lost


def _lost_note(name: str, wanted: ColumnType, lost: NDArray[np.bool_], table: Table) -> Iterator[str]:
    if count := int(lost.sum()):
        values = f"1 value is not a {wanted}" if count == 1 else f"{count:,} values are not {wanted}s"
        beyond = f" {'that is' if count == 1 else 'that are'} finite in float32" if wanted == "number" else ""
        line = int(table.lines[int(lost.argmax())])
        yield f"{name!r}: {values}{beyond}, the first in line {line}: read as missing."


def _value(text: str, wanted: ColumnType) -> float | np.datetime64 | None:
    try:
        return date_of(text) if wanted == "date" else number_of(text)
    except ValueError:
        return None


def _decoded(treatments: Sequence[Treatment], values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each column's text from the values of its encoded columns."""
    start = 0
    for treatment in treatments:
        part = values[start : start + len(treatment.outputs)]
        start += len(part)
        if not isinstance(treatment, CategoryTreatment):
            yield treatment.name, part[0]
            continue
        chosen = [number for number, value in enumerate(part) if value in ("1", "1.0", "true", "True")]
        levels = (*treatment.levels, *treatment.rare[:1])
        yield treatment.name, levels[chosen[0]] if chosen and chosen[0] < len(levels) else ""


def _names(features: TableFeatures) -> str:
    return ", ".join(listed(features.names))
