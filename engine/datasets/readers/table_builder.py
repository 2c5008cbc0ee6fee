"""Builds a table from parts of strings: decides the form of each column, converts, and collects notes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.datasets.readers.cell_types import BLANKS, CellForm, decide
from engine.datasets.readers.column_builder import MISREAD_SAID, ColumnBuilder, misread
from engine.datasets.readers.dialect import Dialect
from engine.datasets.readers.records import Part, Records
from engine.datasets.readers.table import Column, Options, Reading, Table, listed
from engine.errors import DataError
from engine.system.counts import counted

REPEATED = "repeating the heading"
"""Reason for leaving out rows that repeat the heading."""

_DECIDING = 1 << 19
"""Number of bytes of a plain block from which the forms of its columns are first decided."""

_LARGEST_EXACT = 2.0**53

_POINT_FOR_SURE = r"^[+-]?(0?\.[0-9]+|[0-9]+\.([0-9]{1,2}|[0-9]{4,})|[0-9]{4,}\.[0-9]+)$"
"""A number whose point cannot be between thousands."""

_ROUNDED = r"^[+-]?[1-9](?:\.[0-9]{1,5})?E\+(?:1[1-9]|2[0-2])$"
_ROUNDED_OR_WHOLE = rf"{_ROUNDED}|^[+-]?[0-9]*$"
"""A long whole number as displayed and exported by spreadsheets, alone and together with shorter ones."""


def forms_of(
    evidence: Mapping[str, Sequence[pl.Series]], dialect: Dialect | None, options: Options, text: bool = False
) -> dict[str, CellForm]:
    """Return the form of each column from its cells; text if ``text`` is set or the user says so."""
    decimal = options.decimal or (dialect.decimal if dialect else None)
    dates = dict(options.dates)
    return {
        name: CellForm("text")
        if text or name in options.as_text
        else decide(
            pl.concat(list(cells)), decimal, options.missing, dates.get(name), name, name in options.as_number
        )
        for name, cells in evidence.items()
    }


class TableBuilder:
    """A table that grows part by part; the first part decides the forms that are not known yet."""

    def __init__(
        self, names: Sequence[str], forms: Mapping[str, CellForm], options: Options, dialect: Dialect | None = None
    ) -> None:
        self.forms = dict(forms)
        self._names, self._options, self._dialect = tuple(names), options, dialect
        self._columns: list[ColumnBuilder] = []
        self._first: dict[str, pl.Series] = {}
        self._lines: list[NDArray[np.int64]] = []
        self._empty: list[int] = []
        self._headings: list[int] = []
        self._spaced = dialect is not None and (dialect.blanks or dialect.separator == " ")

    def add(self, part: Part, records: Records) -> None:
        """Add records; their position in the file gives the expected number of rows."""
        if part.block is not None:
            if not self._columns and len(part.block) > _DECIDING:
                self._begin(records.split(part.block[: part.block.rfind(b"\n", 0, _DECIDING) + 1]))
            rows = (sum(map(len, self._lines)) + len(part.lines)) * records.path.stat().st_size / max(part.done, 1)
            for column in self._columns:
                column.expect(int(rows * 1.05) + 1000)
            if self._columns and self._add_plain(part):
                return
        self.add_frame(part.frame if part.frame is not None else records.split(part.block or b""), part.lines)

    def add_frame(self, frame: pl.DataFrame, lines: NDArray[np.int64]) -> None:
        """Add rows of strings, except those that are empty or repeat the heading."""
        for values, lines_of in (([""] * frame.width, self._empty), (self._names, self._headings)):
            if _is_spelt(frame.to_series(0), values[0]).any():
                frame, lines = _without(frame, lines, values, lines_of)
        if not len(lines):
            return
        if not self._columns:
            self._begin(frame)
        self._lines.append(lines)
        for column, cells in zip(self._columns, frame.iter_columns(), strict=True):
            column.add(cells, lines, self._spaced)

    def _begin(self, frame: pl.DataFrame) -> None:
        cells = {name: [column] for name, column in zip(self._names, frame.iter_columns(), strict=True)}
        self._first = {name: found for name, (found,) in cells.items()}
        unknown = {name: found for name, found in cells.items() if name not in self.forms}
        self.forms |= forms_of(unknown, self._dialect, self._options)
        self._columns = [ColumnBuilder(name, self.forms[name], self._options.missing) for name in self._names]

    def _add_plain(self, part: Part) -> bool:
        """Add a plain block by parsing its numbers directly; returns False if a cell needs closer examination."""
        assert part.block is not None
        assert self._dialect is not None
        if part.codes or any(column.form.kind == "number" and not column.form.plain for column in self._columns):
            return False
        separator = self._dialect.separator
        schema = {
            f"{number}": _dtype(column, self._first[column.name]) for number, column in enumerate(self._columns)
        }
        try:
            frame = pl.read_csv(part.block, has_header=False, schema=schema, separator=separator, quote_char=None)
        except pl.exceptions.PolarsError:
            return False
        found = [cells.fill_null("") if cells.dtype == pl.String else cells for cells in frame.iter_columns()]
        if not _parsed_exactly(found) or (
            found[0].dtype == pl.String and _is_spelt(found[0], self._names[0]).any()
        ):
            return False
        self._lines.append(part.lines)
        for column, cells in zip(self._columns, found, strict=True):
            if cells.dtype == pl.String:
                column.add(cells, part.lines, self._spaced)
            else:
                column.add_numbers(cells)
        return True

    def unfitting(self) -> dict[str, list[pl.Series]]:
        """Return the columns whose form does not fit all their cells, with cells for deciding again."""
        return {
            column.name: [self._first[column.name], *column.evidence]
            for column in self._columns
            if not column.fits
        }

    def tolerates(self, name: str) -> bool:
        """Whether a column can be kept although a few cells do not fit its form; these are then reported."""
        return next(column.tolerable for column in self._columns if column.name == name)

    def finish(self, reading: Reading, path: Path, notes: Sequence[str] = ()) -> Table:
        """Return the table; raises DataError if it is empty."""
        if not self._columns:
            raise DataError(f"{path} has a heading but no rows")
        lines = np.concatenate(self._lines)
        built = [(column, column.finish()) for column in self._columns]
        said = list(notes)
        if empty := [column.name for column, found in built if found is None]:
            said.append(f"Left out, being empty: {counted(len(empty), 'column')} ({listed(empty)}).")
        for why, left_out in (("being empty", self._empty), (REPEATED, self._headings)):
            if left_out:
                rows = counted(len(left_out), "row")
                said.append(f"Left out, {why}: {rows}, in line {listed(left_out)}.")
        if found := misread(pl.Series(self._names)):
            said.append(f"{MISREAD_SAID}: the name {found[0]}, which may be {found[1]}.")
        columns = tuple(found for _, found in built if found is not None)
        notes = (*said, *self._doubtful_marks(), *self._rounded(), *_merged_notes(built))
        return Table(columns, reading, notes, lines, tuple(empty))

    def _doubtful_marks(self) -> list[str]:
        """Return notes on marks that could be thousands or decimal marks, if no column is conclusive.

        With commas between fields, a point is the decimal mark; otherwise files of many countries use a decimal
        comma.
        """
        dialect = self._dialect
        if dialect is None or dialect.separator == "," or self._options.decimal or dialect.decimal:
            return []
        numbers = [(column, self._first[column.name]) for column in self._columns if column.form.kind == "number"]
        if any(cells.str.contains(_POINT_FOR_SURE).any() for _, cells in numbers):
            return []
        points = [repr(column.name) for column, cells in numbers if _thousandths(cells, ".")]
        commas = [repr(column.name) for column, cells in numbers if _thousandths(cells, ",")]
        notes = []
        if points:
            notes.append(
                f"Points are read as decimal marks, 1.100 as 1.1, but this is uncertain: {listed(points)}. "
                "data.decimal = ',' reads them between thousands."
            )
        if commas:
            notes.append(
                f"Commas are read between thousands, 1,100 as 1100, but this is uncertain: {listed(commas)}. "
                "data.decimal = ',' reads them as decimal marks."
            )
        return notes

    def _rounded(self) -> list[str]:
        """Return a note on whole numbers that a spreadsheet wrote with the few digits that it displays."""
        numbers = [(column.name, self._first[column.name]) for column in self._columns if column.form.plain]
        found = [
            f"{name!r}, as {cells.filter(cells.str.contains(_ROUNDED))[0]}"
            for name, cells in numbers
            if cells.str.contains(_ROUNDED).any() and cells.str.contains(_ROUNDED_OR_WHOLE).all()
        ]
        if not found:
            return []
        what = "Long whole numbers lost digits in a spreadsheet that wrote the few that it showed"
        return [f"{what}: {listed(found)}. If they identify rows, get them as texts."]


def table(
    path: Path,
    columns: Mapping[str, pl.Series],
    reading: Reading,
    options: Options,
    lines: NDArray[np.int64],
    notes: Sequence[str] = (),
) -> Table:
    """Convert a table of strings in memory at once; ``lines`` is the line of each row."""
    frame = pl.DataFrame([cells.alias(name) for name, cells in columns.items()])
    forms = forms_of({name: [cells] for name, cells in columns.items()}, None, options)
    builder = TableBuilder(tuple(columns), forms, options)
    builder.add_frame(frame, lines)
    for name in builder.unfitting():
        forms[name] = forms_of({name: [columns[name]]}, None, options, text=True)[name]
    if builder.unfitting():
        builder = TableBuilder(tuple(columns), forms, options)
        builder.add_frame(frame, lines)
    return builder.finish(reading, path, notes)


def _thousandths(cells: pl.Series, mark: str) -> bool:
    """Whether all nonempty cells have three digits after one mark, and one to three before it."""
    present = cells.filter(cells.str.len_bytes() > 0)
    return len(present) > 0 and bool(present.str.contains(rf"^[+-]?[1-9][0-9]{{0,2}}[{mark}][0-9]{{3}}$").all())


def _without(
    frame: pl.DataFrame, lines: NDArray[np.int64], values: Sequence[str], lines_of: list[int]
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return rows and lines without rows of these values, whose lines are added to ``lines_of``."""
    equal = (_is_spelt(cells, value) for cells, value in zip(frame.iter_columns(), values, strict=True))
    found = pl.DataFrame([one.alias(f"{number}") for number, one in enumerate(equal)])
    out = found.select(pl.all_horizontal(pl.all())).to_series()
    lines_of += lines[out.to_numpy()].tolist()
    return frame.filter(~out), lines[~out.to_numpy()]


def _is_spelt(cells: pl.Series, value: str) -> pl.Series:
    """Whether each cell equals a value, ignoring case."""
    bare = cells.str.strip_chars(BLANKS).str.strip_chars()  # and without other white space
    return bare.is_in([*{value, value.lower(), value.upper(), value.title(), value.capitalize()}])


def _merged_notes(columns: Iterable[tuple[ColumnBuilder, Column | None]]) -> list[str]:
    """Return one note per kind of remark, with all columns that it applies to.

    For a column that is left out for lack of values, the note says what its cells contain.
    """
    said: dict[str, list[str]] = {}
    for column, found in columns:
        for what, which in column.notes() if found else column.spelled_missing():
            said.setdefault(what, []).append(which)
    return [f"{what}: {listed(which)}." for what, which in said.items()]


def _dtype(column: ColumnBuilder, first: pl.Series) -> type[pl.DataType]:
    if column.form.kind != "number":
        return pl.String
    whole = column.is_whole and first.head(1000).cast(pl.Int64, strict=False).null_count() == 0
    return pl.Int64 if whole else pl.Float64


def _parsed_exactly(columns: Sequence[pl.Series]) -> bool:
    """Whether numbers were parsed as a closer examination would: exactly, and no row starts with an empty cell."""
    first = columns[0]
    if (first == "").any() if first.dtype == pl.String else first.null_count():
        return False
    return all(_exact(cells) for cells in columns if cells.dtype == pl.Float64)


def _exact(numbers: pl.Series) -> bool:
    """Whether all numbers are finite and small enough that whole numbers kept all digits."""
    if numbers.null_count() == len(numbers):
        return True
    lowest, highest = float(numbers.min()), float(numbers.max())  # type: ignore[arg-type]
    return math.isfinite(float(numbers.sum())) and max(-lowest, highest) < _LARGEST_EXACT
