"""Tables as returned by all readers: typed columns, each row's line in the file, and how the file was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.datasets import array_cache
from engine.datasets.readers.texts import Texts

MOST_COLUMNS = 20_000
"""Maximum number of columns whose types are inferred individually; a table with more is a matrix."""

ROW_NAMES = "row names"
"""Name of a first column that the heading does not name."""

PARTS = {
    **dict.fromkeys(("train", "training", "fit"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "validate"), "validation"),
    **dict.fromkeys(("test", "testing", "holdout", "hold-out"), "test"),
}
"""Values of a column that assigns samples to parts."""

ColumnType = Literal["number", "text", "date", "boolean"]


@dataclass(frozen=True, slots=True)
class Options:
    """A user's settings for reading a file; None leaves the decision to the reader.

    ``missing`` replaces the reader's own list of spellings of missing values. The columns in ``as_text`` are kept
    as written; whole numbers in the columns in ``as_number`` are not taken for dates. ``dates`` maps column names
    to the strptime patterns of another file, which decide if days and months could be swapped.
    """

    header: bool | None = None
    separator: str | None = None
    charset: str | None = None
    decimal: str | None = None
    missing: tuple[str, ...] | None = None
    as_text: tuple[str, ...] = ()
    as_number: tuple[str, ...] = ()
    sheet: str | None = None
    dates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file was interpreted; None for properties that do not apply to its format.

    ``parts`` is the column with each sample's part of the file's own split.
    """

    format: str
    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    decimal: str | None = None
    comment: str | None = None
    compression: str | None = None
    sheet: str | None = None
    parts: str | None = None


MOST_SORTED = 100_000
"""Up to this many values are counted by sorting, since importing polars takes longer."""


@dataclass(frozen=True, eq=False)
class Column:
    """A named column of one kind.

    ``stored`` is float64 or int64 for numbers, datetime64[s] for dates, int8 for booleans and Texts for text. For
    booleans it indexes ``spellings``, the spellings of false and true; for dates, ``spellings`` is their strptime
    pattern if it is known. ``missing`` is bool of shape (rows,); :func:`none_missing` creates one that takes no
    memory.
    """

    name: str
    kind: ColumnType
    stored: NDArray[Any] | Texts
    missing: NDArray[np.bool_]
    spellings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.missing)

    def release(self) -> None:
        """Return the memory of the cached file behind the column to the system."""
        if isinstance(self.stored, np.ndarray):
            array_cache.release(self.stored)

    @cached_property
    def values(self) -> NDArray[Any]:
        """The values, of shape (rows,).

        Numbers are int64 if all are whole and none is missing, else float64 with NaN; dates datetime64[s] with
        NaT; booleans bool; text an object array of str with None for missing values.
        """
        if isinstance(self.stored, Texts):
            return self.stored.objects()
        return self.stored == 1 if self.kind == "boolean" else self.stored

    @property
    def is_whole(self) -> bool:
        """Whether all present numbers are whole numbers."""
        if self.kind != "number" or isinstance(self.stored, Texts):
            return False
        if self.stored.dtype.kind == "i":
            return True
        present = self.stored[~self.missing] if self.missing.any() else self.stored
        return all(bool((part == np.floor(part)).all()) for part in (present[:100], present))

    @cached_property
    def distinct(self) -> int:
        """The number of different values, without missing ones."""
        if isinstance(self.stored, Texts):
            return self.stored.distinct
        present = self.stored if not self.missing.any() else self.stored[~self.missing]
        if counted := _counted(present):
            return int(np.count_nonzero(counted[1]))
        if len(present) <= MOST_SORTED:
            return len(np.unique(present))
        import polars as pl

        return pl.Series(present.view(np.int64) if self.kind == "date" else present).n_unique()

    def classes(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Return the sorted different values as written, and each row's index among them (-1 if missing)."""
        return self._classes

    @cached_property
    def _classes(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        if isinstance(self.stored, Texts):
            return self.stored.classes()
        present = np.flatnonzero(~self.missing)
        found, index = _unique(self.stored[present])
        codes = np.full(len(self.missing), -1, np.int64)
        codes[present] = index
        if self.kind == "boolean":
            return tuple(self.spellings[value] for value in found.tolist()), codes
        return tuple(_written(value) for value in found.tolist()), codes

    @property
    def says_parts(self) -> bool:
        """Whether each value names a sample's part, and some are for training."""
        if self.kind != "text" or not 2 <= self.distinct <= len(PARTS) or self.missing.any():
            return False
        said = {PARTS.get(label.strip().lower()) for label in self.classes()[0]}
        return "train" in said and None not in said and len(said) > 1

    def texts(self) -> list[str]:
        """Return every row's value as text, "" if missing."""
        if isinstance(self.stored, Texts):
            return self.stored.to_list()
        labels, codes = self.classes()
        return [labels[code] if code >= 0 else "" for code in codes.tolist()]

    def take(self, rows: NDArray[np.int64] | slice) -> Column:
        """Return a copy of the given rows; a view for a slice."""
        stored = self.stored.take(rows) if isinstance(self.stored, Texts) else self.stored[rows]
        return Column(self.name, self.kind, stored, self.missing[rows], self.spellings)


def _unique(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the sorted different values and the index of each value among them, like ``np.unique``."""
    counted = _counted(values)
    if counted is None:
        return np.unique(values, return_inverse=True)
    lowest, counts = counted
    there = counts > 0
    return np.flatnonzero(there) + lowest, (np.cumsum(there) - 1)[values.astype(np.int64, copy=False) - lowest]


def _counted(values: NDArray[Any]) -> tuple[int, NDArray[np.int64]] | None:
    """Return the lowest of whole numbers, and the count of it and of each following number.

    None for other values, and for numbers so far apart that sorting is faster than counting.
    """
    if values.dtype.kind != "i" or not len(values):
        return None
    lowest, highest = int(values.min()), int(values.max())
    if highest - lowest >= len(values):
        return None
    return lowest, np.bincount(values.astype(np.int64, copy=False) - lowest)


def none_missing(rows: int) -> NDArray[np.bool_]:
    """Return a ``missing`` array for a column without missing values: read-only, a single byte for all rows."""
    return np.broadcast_to(np.False_, rows)


def _written(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else str(value)


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a user's file.

    ``lines`` is int64 of shape (rows,): each row's line in the file, counted from 1, or its record number if the
    format has no lines. ``notes`` say, one line each, what was converted, left out or guessed. ``empty`` are the
    names of columns that were left out because they have no values.
    """

    columns: tuple[Column, ...]
    reading: Reading
    notes: tuple[str, ...]
    lines: NDArray[np.int64]
    empty: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the file's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column with this name; raises KeyError."""
        return self._named[name]

    @cached_property
    def _named(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def select(self, names: Iterable[str]) -> Table:
        """Return a table of the named columns, in that order; raises KeyError."""
        return replace(self, columns=tuple(self.column(name) for name in names))

    def release(self) -> None:
        """Return the memory of columns in the cache to the system; see array_cache.release."""
        array_cache.release(*(column.stored for column in self.columns if isinstance(column.stored, np.ndarray)))

    def __getitem__(self, row: int) -> Table:
        """Return one row as a table."""
        return self.take(np.array([row], np.int64))

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Return a copy of the given rows, in the given order."""
        columns = tuple(column.take(rows) for column in self.columns)
        return replace(self, columns=columns, lines=self.lines[rows])


def listed(items: Sequence[object], most: int = 10) -> str:
    """Join items with commas; after ``most`` items, only say how many more there are."""
    shown = ", ".join(str(item) for item in items[:most])
    return f"{shown} and {len(items) - most:,} more" if len(items) > most else shown
