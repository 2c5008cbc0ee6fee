"""Excel and OpenDocument workbooks: the first sheet with a table."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from engine.datasets.readers import heading as headings
from engine.datasets.readers.opening import Packed
from engine.datasets.readers.table import Options, Reading, Table, listed
from engine.datasets.readers.table_builder import table
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.system.suggest import shown

if TYPE_CHECKING:
    import fastexcel

_LARGEST = 300_000_000
"""Maximum unpacked size of a workbook's parts, in bytes."""

_TITLES = 20
_LONG = "^[0-9]{16,}$"
_ERROR = re.compile(rb'<(?:\w+:)?c\s[^<>]*\bt="e"|<table:table-cell\b[^<>]*\bcalcext:value-type="error"')
_SHEETS = r"xl/worksheets/[^/]+\.xml|content\.xml"
"""The parts of .xlsx and .ods files that contain cells."""

_UNSOLVED = re.compile(
    rb'<(?:\w+:)?c(?![^<>]*\bt="str")\s[^<>]*>\s*<(?:\w+:)?f\b[^<>]*>[^<]*</(?:\w+:)?f>\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
"""A formula without a stored value; one with an empty text (``t="str"``) has a value."""
_HIDDEN = re.compile(rb'<(?:\w+:)?sheet\s[^<>]*\bstate="(?:very)?hidden"', re.I)


def read(packed: Packed, options: Options) -> Preparation[Table]:
    """Read the requested sheet, or the first with a table; the others are listed in a note."""
    path = packed.path
    if packed.compression:
        raise DataError(f"{path} is a packed workbook: unpack it first")
    _check_size(path)
    yield Preparing(f"reading {path.name}")
    workbook = _opened(path)
    names = _ordered(path, workbook)
    if options.sheet is not None and options.sheet not in names:
        raise DataError(
            f"{path} has no sheet {shown(options.sheet)} (data.sheet): it has {listed(list(map(shown, names)))}"
        )
    found: tuple[str, pl.DataFrame] | None = None
    for name in [options.sheet] if options.sheet is not None else names:
        yield Preparing(f"reading {path.name}, sheet {name}")
        frame = _cells(workbook, name)
        found = found or ((name, frame) if frame.height else None)
        if frame.height > 1 and frame.width > 1:
            found = name, frame
            break
    if found is None:
        raise DataError(f"{path} has no sheet with rows in it")
    others = [repr(other) for other in names if other != found[0]]
    notes = [f"The sheet is {found[0]!r}; data.sheet names another: {listed(others)}."] if others else []
    errors, unsolved = _counts(path, (_ERROR, _UNSOLVED))
    if not _parts(path, _SHEETS) and (found[1] == "").select(pl.any_horizontal(pl.all().any())).item():
        notes.append(
            "Cells with errors, as #N/A, are read as empty cells: in this format they cannot be distinguished."
        )
    if errors:
        notes.append(f"Cells with errors, as #N/A, are read as empty cells: the workbook has {errors:,}.")
    if unsolved:
        notes.append(
            f"Formulas whose values were never stored are read as empty cells: the workbook has {unsolved:,}; a "
            "program for spreadsheets stores them when it saves the file."
        )
    return _table(path, *found, options, notes)


def _opened(path: Path) -> fastexcel.ExcelReader:
    """Open a workbook from its content; with a path, the suffix would determine the format."""
    import fastexcel

    try:
        return fastexcel.read_excel(path.read_bytes())
    except fastexcel.FastExcelError as error:
        reason = str(error).split("\n")[0].removeprefix("calamine error: ")
        raise DataError(
            f"{path} cannot be read as a table, being damaged or an unknown kind of workbook ({reason}): save the "
            "sheet as CSV"
        ) from error


def _cells(workbook: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    """Return the cells of a sheet as texts, with all digits of numbers (fastexcel writes nine decimals)."""
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if not (sheet.height and sheet.width):
        return pl.DataFrame()
    frame: pl.DataFrame = sheet.to_polars().fill_null("")
    numbers = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="float").to_polars()
    pairs = zip(frame.iter_columns(), numbers.iter_columns(), strict=True)
    return pl.DataFrame([_exact(cells, values) for cells, values in pairs])


def _exact(cells: pl.Series, numbers: pl.Series) -> pl.Series:
    """Return cells with all digits of their numbers, and times without Excel's epoch date."""
    cells = cells.str.replace(r"^1899-12-3[01] ", "")
    rounded = (cells.cast(pl.Float64, strict=False) != numbers).fill_null(False)
    if not rounded.any():
        return cells
    return cells.set(rounded, None).fill_null(numbers.cast(pl.String))


def _check_size(path: Path) -> None:
    if sum(part.file_size for part in _parts(path)) > _LARGEST:
        raise DataError(f"{path} unpacks to more than {_LARGEST // 10**6} MB: save the sheet as CSV")


def _parts(path: Path, pattern: str = ".*") -> list[zipfile.ZipInfo]:
    """Return the parts of a workbook whose names match; formats older than .xlsx have none."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return [part for part in archive.infolist() if re.fullmatch(pattern, part.filename, re.DOTALL)]


def _counts(path: Path, patterns: Sequence[re.Pattern[bytes]], parts: str = _SHEETS) -> list[int]:
    """Count each pattern in the sheets, to find cells that fastexcel does not distinguish from empty ones.

    Always 0 for formats older than .xlsx.
    """
    found = [0] * len(patterns)
    for part in _parts(path, parts):
        with zipfile.ZipFile(path) as archive:
            content = archive.read(part)
        found = [before + len(one.findall(content)) for before, one in zip(found, patterns, strict=True)]
    return found


def _ordered(path: Path, workbook: fastexcel.ExcelReader) -> list[str]:
    """Return the names of the sheets, hidden ones last."""
    names = list(workbook.sheet_names)
    if _counts(path, (_HIDDEN,), r"xl/workbook\.xml") == [0]:
        return names

    def hidden(name: str) -> bool:
        return workbook.load_sheet(name, header_row=None, n_rows=1, dtypes="string").visible != "visible"

    return sorted(names, key=hidden)


def _table(path: Path, sheet: str, frame: pl.DataFrame, options: Options, notes: Sequence[str]) -> Table:
    front = [list(map(str, row)) for row in frame.head(200).iter_rows()]
    start = _start(front)
    heading = headings.find(path, start + 1, front[start:], options.header)
    said = [*notes, *heading.notes]
    if any(cell.strip() for row in front[:start] for cell in row):
        rows = "row is" if start == 1 else f"{start} rows are"
        said.append(f"The first {rows} before the table and {'was' if start == 1 else 'were'} left out.")
    body = frame.slice(start + heading.records)
    columns = dict(zip(heading.names, body.iter_columns(), strict=True))
    if long := [repr(name) for name, cells in columns.items() if cells.str.contains(_LONG).any()]:
        said.append(
            f"Numbers of more than 15 digits are rounded in a workbook unless stored as text: {listed(long)}."
        )
    reading = Reading("excel", header=heading.present, sheet=sheet)
    lines = np.arange(len(body), dtype=np.int64) + start + heading.records + 1
    return table(path, columns, reading, options, lines, said)


def _start(rows: Sequence[Sequence[str]]) -> int:
    """Return the index of the table's first row; rows before it have at most one cell, such as a title."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if max(filled, default=0) < 2:
        return 0
    return next((number for number, count in enumerate(filled[:_TITLES]) if count > 1), 0)
