"""Excel and OpenDocument workbooks: the first sheet that holds a table."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from engine.datasets.readers import heading as headings
from engine.datasets.readers.opening import Packed
from engine.datasets.readers.string_table import table
from engine.datasets.readers.table import Options, Reading, Table, listed
from engine.errors import DataError
from engine.events import Preparing

_LARGEST = 300_000_000
"""Bytes that the parts of a workbook may unpack to."""

_TITLES = 20


def read(packed: Packed, options: Options) -> Generator[Preparing, None, Table]:
    """Read the first sheet that is not empty; the others are named in a note."""
    import fastexcel

    path = packed.path
    if packed.compression:
        raise DataError(f"{path} is a packed workbook: unpack it first")
    _check_size(path)
    yield Preparing(f"reading {path.name}")
    workbook = fastexcel.read_excel(path)
    names = list(workbook.sheet_names)
    for name in names:
        yield Preparing(f"reading {path.name}, sheet {name}")
        sheet = workbook.load_sheet(name, header_row=None, dtypes="string")
        frame: pl.DataFrame = sheet.to_polars() if sheet.height and sheet.width else pl.DataFrame()
        if frame.height:
            others = [repr(other) for other in names if other != name]
            notes = [f"The sheet is {name!r}; there are {listed(others)} too."] if others else []
            return _table(path, frame.fill_null(""), options, notes)
    raise DataError(f"{path} has no sheet with rows in it")


def _check_size(path: Path) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _LARGEST:
                raise DataError(f"{path} unpacks to more than {_LARGEST // 10**6} MB: save the sheet as CSV")


def _table(path: Path, frame: pl.DataFrame, options: Options, notes: Sequence[str]) -> Table:
    front = [list(map(str, row)) for row in frame.head(200).iter_rows()]
    start = _start(front)
    heading = headings.find(path, start + 1, front[start:], options.header)
    said = [*notes, *heading.notes]
    if start:
        said.append(f"The first {start} rows stand before the table and were left out.")
    body = frame.slice(start + heading.present)
    columns = dict(zip(heading.names, body.iter_columns(), strict=True))
    reading = Reading("excel", header=heading.present)
    lines = np.arange(len(body), dtype=np.int64) + start + heading.present + 1
    return table(path, columns, reading, options, lines, said)


def _start(rows: Sequence[Sequence[str]]) -> int:
    """The first row of the table: those before it hold a title, one cell at most."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if max(filled, default=0) < 2:
        return 0
    return next((number for number, count in enumerate(filled[:_TITLES]) if count > 1), 0)
