"""Parquet and Arrow files: typed columns, read one at a time."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.datasets.readers.column_builder import BREAKS, stored_texts, without_breaks
from engine.datasets.readers.date_notations import seconds
from engine.datasets.readers.opening import Packed
from engine.datasets.readers.table import Column, Options, Reading, Table, listed
from engine.errors import DataError
from engine.events import Preparation, Preparing

_MOST_CELLS = 2_000_000_000
"""Maximum number of cells; repeated values take almost no space in a file."""


def read(packed: Packed, options: Options) -> Preparation[Table]:
    """Read all columns of plain values; nested ones are left out with a note."""
    path = packed.path
    if packed.compression:
        raise DataError(f"{path} is a packed Parquet or Arrow file: unpack it first")
    parquet = packed.sample().startswith(b"PAR1")
    scanned = pl.scan_parquet(path) if parquet else pl.scan_ipc(path)
    schema = scanned.collect_schema()
    rows = int(scanned.select(pl.len()).collect().item())
    if rows * len(schema) > _MOST_CELLS:
        raise DataError(f"{path} holds {rows:,} rows of {len(schema):,} columns: more than can be read")
    columns, left_out, notes, empty = [], [], [], []
    for number, (name, dtype) in enumerate(schema.items()):
        yield Preparing(f"reading {path.name}", number, len(schema))
        if dtype == pl.Null:
            empty.append(name)
            continue
        if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Time):
            left_out.append(f"{name!r} ({dtype})")
            continue
        column, note = typed(name, scanned.select(pl.col(name)).collect().to_series(), name in options.as_text)
        columns.append(column)
        notes += note
    if empty:
        notes.append(f"Left out, being empty: {listed(empty)}.")
    if left_out:
        notes.append(f"Left out, holding no plain values: {listed(left_out)}.")
    if not columns or not rows:
        raise DataError(f"{path} holds no rows of plain values")
    reading = Reading("parquet" if parquet else "arrow")
    return Table(tuple(columns), reading, tuple(notes), np.arange(1, rows + 1, dtype=np.int64), tuple(empty))


def typed(name: str, cells: pl.Series, as_text: bool) -> tuple[Column, list[str]]:
    """Convert a column to the kind of its type; also return notes on the conversion."""
    missing, dtype = cells.is_null().to_numpy(), cells.dtype
    gaps = [f"Empty cells are missing values: {name!r} has {missing.sum():,}."] if missing.any() else []
    if dtype == pl.Boolean and not as_text:
        stored = cells.fill_null(False).cast(pl.Int8).to_numpy()
        return Column(name, "boolean", stored, missing, ("False", "True")), gaps
    if isinstance(dtype, pl.Date | pl.Datetime) and not as_text:
        return Column(name, "date", seconds(cells.cast(pl.Datetime("us"))), missing), gaps + _times(cells)
    if dtype.is_numeric() and not as_text and not _too_long(cells):
        return _number(name, cells, missing, gaps)
    if dtype == pl.Duration:
        gaps.append(f"Durations are read as seconds: {name!r}.")
        return _number(name, cells.dt.total_microseconds() / 1e6, missing, gaps)
    plain, breaks = without_breaks(cells.cast(pl.String))
    if breaks:
        gaps.append(f"{BREAKS}: {name!r}.")
    texts = stored_texts(plain)
    return Column(name, "text", texts, texts.missing), gaps


def _times(cells: pl.Series) -> list[str]:
    """Return notes on the conversion of times: time zones and fractions of a second are not kept."""
    if not isinstance(cells.dtype, pl.Datetime):
        return []
    zone, notes = cells.dtype.time_zone, []
    if zone not in (None, "UTC"):
        notes.append(f"Times of {zone} are read as UTC: {cells.name!r}.")
    if (cells.dt.nanosecond() > 0).any():
        notes.append(f"Fractions of a second are left out: {cells.name!r}.")
    return notes


def _too_long(cells: pl.Series) -> bool:
    """Whether whole numbers would lose digits."""
    if not cells.dtype.is_integer() or not len(cells.drop_nulls()):
        return False
    largest = max(abs(int(cells.min() or 0)), abs(int(cells.max() or 0)))  # type: ignore[arg-type]
    return largest > (2**53 if cells.null_count() else 2**63 - 1)


def _number(name: str, cells: pl.Series, missing: np.ndarray, said: list[str]) -> tuple[Column, list[str]]:
    if cells.dtype.is_integer() and not missing.any():
        return Column(name, "number", cells.cast(pl.Int64).to_numpy(), missing), said
    numbers = cells.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    odd = ~np.isfinite(numbers) & ~missing
    if odd.any():
        numbers[odd] = np.nan
        said.append(f"Read as missing: {odd.sum():,} cells of {name!r} that are infinite or not a number.")
    return Column(name, "number", numbers, missing | odd), said
