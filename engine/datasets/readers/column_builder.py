"""Builds a column from its parts and reports the cells that could not be converted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.datasets.readers.cell_types import (
    BLANKS,
    MOST_STRAYS,
    QUOTED,
    WORDS,
    CellForm,
    convert,
    may_be_number,
    notations,
    spellings,
)
from engine.datasets.readers.date_notations import COMPACT, READ_AS_HOURS, has_fractions
from engine.datasets.readers.encodings import MISREAD, unmisread
from engine.datasets.readers.table import Column, ColumnType, listed, none_missing
from engine.datasets.readers.texts import Texts
from engine.system.counts import counted
from engine.system.suggest import shown

MOST_REPEATED = 65_536
"""Maximum number of different texts for which a column stores each text once."""

NOTATION = "Numbers in another notation"
"""Heading of the note on columns of numbers in a notation other than Python's."""

BREAKS = "Line breaks written <br /> are read as line ends"
"""Heading of the note on texts changed by :func:`without_breaks`."""

MISREAD_SAID = "UTF-8 seems to have been read in another encoding when the file was made; the texts are kept"
"""Heading of the note on columns with texts found by :func:`misread`."""

_BREAK = r"(?i)<br\s*/?>"
_MOST_CLASSES = 50
_MOST_STRAYS_KEPT = 1000
_LARGEST_EXACT = 2**53


@dataclass
class _Seen:
    """Cells with one spelling: their number, and the lines of the first ones."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        more = " and more" if self.count > len(self.lines) else ""
        return f"line {self.lines[0]}" if self.count == 1 else f"lines {listed(self.lines)}{more}"


class _Array:
    """A growing array, allocated at its expected size; memory that is not filled is not used."""

    def __init__(self) -> None:
        self.dtype: np.dtype[Any] | None = None
        self.expected = 0
        """Approximate number of values to come."""
        self._size = 0
        self._array: NDArray[Any] = np.empty(0)

    def add(self, values: NDArray[Any]) -> None:
        """Append values; whole numbers become floating-point numbers with the first one that is not whole."""
        end = self._size + len(values)
        dtype = values.dtype if self.dtype is None or not self._size else np.result_type(self.dtype, values)
        if end > len(self._array) or dtype != self._array.dtype:
            grown = np.empty(max(end, self.expected, 2 * self._size if end > self.expected else 0), dtype)
            grown[: self._size] = self._array[: self._size]
            self._array = grown
        self._array[self._size : end] = values
        self._size, self.dtype = end, dtype

    @property
    def values(self) -> NDArray[Any]:
        """Return all values."""
        return self._array[: self._size]


class ColumnBuilder:
    """A column that grows part by part, in one form."""

    def __init__(self, name: str, form: CellForm, missing: tuple[str, ...] | None) -> None:
        self.name, self.form, self._missing = name, form, missing
        self.unfitting: list[pl.Series] = []
        """Parts with cells that do not fit the form."""
        self._texts: list[pl.Series] = []
        self._array = _Array()
        self._absent: list[NDArray[np.bool_]] = []
        self._any_absent = False
        self._markers: dict[str, _Seen] = {}
        self._strays: dict[str, _Seen] = {}
        self._notations: set[str] = set()
        self._fractions = False
        self._stripped = self._breaks = 0
        self._misread: tuple[str, str] | None = None
        self._exact = True

    def add(self, cells: pl.Series, lines: NDArray[np.int64], spaced: bool) -> None:
        """Append cells as written; ``spaced`` says whether blanks around them belong to the separators."""
        if self.form.kind == "text":
            bare = cells.str.strip_chars(BLANKS)
            if not spaced:
                self._stripped += int((bare != cells).sum())
            cells = bare
        if self.form.decorated:
            self._notations |= notations(cells)
        if "%.f" in self.form.pattern:
            self._fractions |= has_fractions(cells)
        found = convert(cells, self.form, self._missing)
        absent = found.missing
        if absent.any():
            self._note(self._markers, cells, absent, lines)
        if found.lossy:
            self._exact = False
            self.unfitting.append(cells)
        if found.strays.any():
            strays = cells.filter(pl.Series(found.strays))
            self.unfitting.append(pl.concat([strays.head(_MOST_STRAYS_KEPT), cells], rechunk=False))
            self._note(self._strays, cells, found.strays, lines)
            absent = absent | found.strays
        self.add_values(found.values, absent)

    def add_values(self, values: Any, absent: NDArray[np.bool_]) -> None:
        """Append a part that is already converted."""
        if isinstance(values, pl.Series):
            self._texts.append(values)
        else:
            if values.dtype.kind == "i" and self.form.kind == "number" and len(values):
                self._exact &= bool(max(abs(int(values.min())), abs(int(values.max()))) <= _LARGEST_EXACT)
            self._array.add(values)
        gaps = bool(absent.any())
        self._any_absent |= gaps
        self._absent.append(absent if gaps else none_missing(len(absent)))

    def expect(self, rows: int) -> None:
        """Set the approximate number of rows to come."""
        self._array.expected = rows

    def add_numbers(self, numbers: pl.Series) -> None:
        """Append numbers that are already parsed, with nulls for empty cells."""
        absent = numbers.is_null().to_numpy() if numbers.null_count() else none_missing(len(numbers))
        if numbers.null_count():
            self._markers.setdefault("", _Seen()).count += int(absent.sum())
            numbers = numbers.cast(pl.Float64).fill_null(float("nan"))
        self.add_values(numbers.to_numpy(), absent)

    def _note(
        self, seen: dict[str, _Seen], cells: pl.Series, chosen: NDArray[np.bool_], lines: NDArray[np.int64]
    ) -> None:
        found = cells.filter(pl.Series(chosen)).to_list()
        for text, line in zip(found[:10_000], lines[chosen][:10_000].tolist(), strict=True):
            known = seen.setdefault(text.strip(BLANKS + QUOTED), _Seen())
            if len(known.lines) < 5:
                known.lines.append(line)
        for text, count in Counter(found).items():
            seen.setdefault(text.strip(BLANKS + QUOTED), _Seen()).count += count

    @property
    def fits(self) -> bool:
        """Whether the form fits all cells, except for a few reported strays that no other form may fit."""
        return self.tolerable and not (self.form.kind == "number" and any(map(may_be_number, self._strays)))

    @property
    def tolerable(self) -> bool:
        """Whether the cells that do not fit the form are only a few strays."""
        if self.form.kind == "number" and not self._exact and not self.is_whole:
            return False
        if not self._strays:
            return True
        strays = sum(seen.count for seen in self._strays.values())
        few = len(self._strays) <= MOST_STRAYS and strays <= 0.05 * sum(map(len, self._absent))
        return few and (self.form.kind == "number" or (self.form.kind == "date" and not self.form.ambiguous))

    @property
    def evidence(self) -> list[pl.Series]:
        """Return the cells by which another form is to be decided."""
        return [part.head(50_000) for part in self.unfitting[:10]]

    @property
    def is_whole(self) -> bool:
        """Whether all parts so far consist of whole numbers."""
        return self._array.dtype is None or self._array.dtype.kind == "i"

    def finish(self) -> Column | None:
        """Return the column and free its parts; None if all cells are empty."""
        rows = sum(map(len, self._absent))
        absent = np.concatenate(self._absent) if self._any_absent else none_missing(rows)
        if self.form.kind == "empty" or (len(absent) and absent.all()):
            return None
        if self.form.kind == "text":
            texts, self._texts = self._texts, []
            return self._text(pl.concat(texts, rechunk=False) if texts else pl.Series([], dtype=pl.String))
        kind: ColumnType = self.form.kind
        stored, self._array = self._array.values, _Array()
        if kind == "number" and stored.dtype.kind == "f":
            stored[absent] = np.nan
        if kind == "date":
            stored[absent] = np.datetime64("NaT", "s")
        spellings = {"boolean": self.form.spellings, "date": (self.form.pattern,)}.get(kind, ())
        return Column(self.name, kind, stored, absent, spellings)

    def _text(self, cells: pl.Series) -> Column | None:
        absent = self._spelled_missing(cells)
        cells = cells.set(absent, None)
        if cells.str.starts_with(QUOTED).any():
            cells = cells.str.replace_all(QUOTED, "", literal=True)
        if cells.null_count() == len(cells):
            return None
        cells, self._breaks = without_breaks(cells)
        self._misread = misread(cells)
        texts = stored_texts(cells)
        return Column(self.name, "text", texts, texts.missing)

    def _spelled_missing(self, cells: pl.Series) -> pl.Series:
        """Mark the cells of a text column that spell a missing value rather than a class of that name."""
        names = [text for text in spellings(self._missing) if text]
        found = cells.filter(cells.is_in(names)).value_counts()
        counts = dict(zip(found.to_series(0).to_list(), found.to_series(1).to_list(), strict=True))
        if not counts:
            return pl.repeat(False, len(cells), eager=True)
        others = cells.filter(~cells.is_in([*names, ""]))
        usual = len(others) / max(others.n_unique(), 1)
        self.classes = {
            text: count
            for text, count in counts.items()
            if self._missing is None
            and text in (*WORDS, "-", "--", ".")
            and others.n_unique() <= _MOST_CLASSES
            and count >= usual / 2
        }
        for text, count in counts.items():
            if text not in self.classes:
                self._markers.setdefault(text, _Seen()).count += count
        return cells.is_in([text for text in counts if text not in self.classes])

    classes: dict[str, int] = {}
    """Spellings of a missing value that were taken for classes, with the number of cells of each."""

    def spelled_missing(self) -> list[tuple[str, str]]:
        """Return notes on cells that are not empty and were read as missing values."""
        found = [(text, seen, f", {seen}" if seen.lines else "") for text, seen in self._markers.items() if text]
        return [
            ("Read as missing", f"{text!r} in {self.name!r} ({counted(seen.count, 'cell')}{where})")
            for text, seen, where in found
        ]

    def notes(self) -> list[tuple[str, str]]:
        """Return notes on unusual cells: a heading for several columns, and the text for this one."""
        form, notes = self.form, []
        if blank := self._markers.get(""):
            notes.append(("Empty cells are missing values", f"{self.name!r} has {blank.count:,}"))
        notes += self.spelled_missing()
        for text, seen in self._strays.items():
            what = f"Not a {form.kind}, read as missing"
            notes.append((what, f"{text!r} in {self.name!r} ({counted(seen.count, 'cell')}, {seen})"))
        for text, times in self.classes.items():
            what = (
                f"{text!r} in {self.name!r} ({counted(times, 'cell')}); data.missing = [{text!r}] makes it missing"
            )
            notes.append(("Read as a value, not as missing", what))
        if self._stripped:
            notes.append(
                ("Blanks around values were removed", f"{self.name!r} ({counted(self._stripped, 'cell')})")
            )
        if self._breaks:
            notes.append((BREAKS, f"{self.name!r} ({counted(self._breaks, 'cell')})"))
        if self._misread:
            was, may_be = self._misread
            notes.append((MISREAD_SAID, f"{was} in {self.name!r}, which may be {may_be}"))
        if form.reason:
            notes.append((f"Kept as text, being {form.reason}", repr(self.name)))
        if notation := ", ".join([*_marks(form), *sorted(self._notations)]):
            notes.append((NOTATION, f"{self.name!r}: {notation}"))
        if form.clock:
            notes.append((READ_AS_HOURS, f"{self.name!r}; its role category (data.columns) reads them as written"))
        if form.kind == "date":
            doubt = "; days and months could be swapped" if form.ambiguous else ""
            doubt += "; fractions of a second are left out" if self._fractions else ""
            doubt += "; its role number (data.columns) reads numbers" if form.pattern == COMPACT else ""
            notes.append(("Dates", f"{self.name!r} as {form.order}{doubt}"))
        return notes


def _marks(form: CellForm) -> list[str]:
    """Describe the unit, decimal mark and mark between thousands, if they are not the usual ones."""
    marks = {" ": "blanks", "'": "apostrophes", ",": "commas", ".": "points"}
    decimal = [f"{form.unit!r} is removed"] if form.unit else []
    decimal += ["a comma is the decimal mark"] if form.decimal == "," else []
    return decimal + ([f"{marks[form.grouping]} group thousands"] if form.grouping else [])


def without_breaks(cells: pl.Series) -> tuple[pl.Series, int]:
    """Replace ``<br />`` in texts by line feeds; also return how many texts changed."""
    found = cells.str.contains(_BREAK).sum()
    return (cells.str.replace_all(_BREAK, "\n") if found else cells), int(found)


def misread(cells: pl.Series) -> tuple[str, str] | None:
    """Return the first text that seems to be misread UTF-8, and its probable original, formatted for messages."""
    for text in cells.filter(cells.str.contains(MISREAD)).head(100).to_list():
        if (found := unmisread(text)) is not None:
            return shown(text), shown(found)
    return None


def stored_texts(cells: pl.Series) -> Texts:
    """Convert a series of strings to Texts; repeated texts are stored once."""
    present = cells.drop_nulls()
    different = present.n_unique()
    if different <= min(MOST_REPEATED, max(len(cells) // 2, 1)):
        entries = present.unique().sort()
        codes = cells.cast(pl.Enum(entries)).to_physical().cast(pl.Int32).fill_null(-1)
        return Texts.of_entries(entries.to_list(), codes.to_numpy())
    return replace(_each(cells), known=different)


def _each(cells: pl.Series) -> Texts:
    """Store texts that hardly repeat, one entry per row."""
    lengths = cells.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
    blob = np.empty(int(offsets[-1]), np.uint8)
    for start in range(0, len(cells), 10_000):
        part = "".join(filter(None, cells[start : start + 10_000].to_list())).encode(errors="replace")
        blob[offsets[start] : offsets[start] + len(part)] = np.frombuffer(part, np.uint8)
    codes = np.where(cells.is_null().to_numpy(), -1, np.arange(len(cells))).astype(np.int32)
    return Texts(blob, offsets, codes, False)
