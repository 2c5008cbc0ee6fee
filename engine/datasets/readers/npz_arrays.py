"""Plain NumPy arrays in an ``.npz`` file, read as the columns of a table."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.datasets.readers.opening import Packed
from engine.datasets.readers.parquet import typed
from engine.datasets.readers.table import PARTS, Column, Options, Reading, Table
from engine.errors import DataError
from engine.events import Preparation, Preparing

_LARGEST = 4_000_000_000
_MOST_PACKED = 200
"""Maximum ratio of unpacked to packed size of an archive beyond ``_UNSUSPICIOUS`` bytes."""

_UNSUSPICIOUS = 100_000_000
PART = "part"
"""Name of the column with each sample's part of the file's own split."""

_PARTS = "train|training|val|valid|validation|dev|test"
_OF_PART = re.compile(rf"(?P<what>.+)_(?P<part>{_PARTS})|(?P<part2>{_PARTS})_(?P<what2>.+)", re.I)
TARGETS = ("y", "target", "targets", "label", "labels", "class", "classes")
"""Names of arrays that contain the target."""


def read(packed: Packed, options: Options) -> Preparation[Table]:
    """Read arrays of equal length as columns, a 2-D array as one per column; the target comes last.

    Arrays of parts, such as x_train and x_test, are joined, with a column for each sample's part. Raises DataError
    with every array's shape and type if they do not form one table.
    """
    path = packed.path
    with zipfile.ZipFile(path) as archive:
        _check_size(path, archive)
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        arrays: dict[str, NDArray[Any]] = {}
        for number, name in enumerate(names):
            yield Preparing(f"reading {path.name}", number, len(names))
            with archive.open(name) as file:
                _check_plain(path, archive, name)
                arrays[name.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    _check_dimensions(path, arrays)
    arrays, parts = _joined(path, arrays)
    rows = _rows(path, arrays)
    _check_targets(path, arrays)
    ordered = sorted(arrays.items(), key=lambda item: (item[0].lower() in TARGETS, item[1].ndim == 1))
    columns: list[Column] = []
    notes: list[str] = []
    if parts is not None:
        columns.append(typed(PART, pl.Series(PART, parts), True)[0])
        sizes = ", ".join(f"{count:,} {part}" for part, count in Counter(parts).items())
        notes.append(f"The file's own split is kept ({sizes}), as its arrays are called.")
    for name, array in ordered:
        for column in _columns(name, array):
            found, said = typed(column.name, column, column.name in options.as_text)
            columns.append(found)
            notes += said
    column_names = [column.name for column in columns]
    if twice := [name for name in column_names if column_names.count(name) > 1]:
        raise DataError(f"{path}: two columns would be called {twice[0]!r}: rename an array")
    reading = Reading("npz", parts=None if parts is None else PART)
    return Table(tuple(columns), reading, tuple(notes), np.arange(1, rows + 1, dtype=np.int64))


def _joined(path: Path, arrays: dict[str, NDArray[Any]]) -> tuple[dict[str, NDArray[Any]], list[str] | None]:
    """Join arrays named after parts, such as x_train and x_test, and return each row's part, or None."""
    found: dict[str, dict[str, NDArray[Any]]] = {"train": {}, "validation": {}, "test": {}}
    for name, array in arrays.items():
        match = _OF_PART.fullmatch(name)
        if match is None:
            return arrays, None
        what, part = (match["what"] or match["what2"]), PARTS[(match["part"] or match["part2"]).lower()]
        found[part][what] = array
    there = {part: named for part, named in found.items() if named}
    if "train" not in there or len(there) < 2:
        return arrays, None
    lengths = {part: {len(array) for array in named.values()} for part, named in there.items()}
    if any(set(named) != set(found["train"]) or len(lengths[part]) > 1 for part, named in there.items()):
        raise DataError(f"{path}: each part needs the same arrays, all of one length: {_shapes(arrays)}")
    if any(len({named[what].shape[1:] for named in there.values()}) > 1 for what in found["train"]):
        raise DataError(f"{path}: the arrays of the parts differ in their columns: {_shapes(arrays)}")
    whole = {what: np.concatenate([named[what] for named in there.values()]) for what in found["train"]}
    return whole, [part for part in there for _ in range(*lengths[part])]


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    size = sum(item.file_size for item in archive.infolist())
    if size > _LARGEST or size > max(_UNSUSPICIOUS, _MOST_PACKED * path.stat().st_size):
        raise DataError(f"{path} unpacks to {size / 1e6:,.0f} MB, far more than its own size: save it unpacked")


def _check_plain(path: Path, archive: zipfile.ZipFile, name: str) -> None:
    """Refuse object arrays, which are pickles, and truncated arrays."""
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
    if dtype.hasobject or dtype.names:
        raise DataError(
            f"{path}: the array {name.removesuffix('.npy')} holds {dtype}, not plain numbers or texts: save it as "
            "such, texts by numpy.array(texts, dtype=str)"
        )
    if int(np.prod(shape, dtype=np.float64)) * dtype.itemsize > archive.getinfo(name).file_size:
        raise DataError(f"{path}: the array {name.removesuffix('.npy')} is shorter than it says")


def _is_plain(dtype: np.dtype[Any]) -> bool:
    """Whether values are texts, or numbers of at most 64 bits."""
    return dtype.kind in "US" or (dtype.kind in "iufb" and dtype.itemsize <= 8)


def _rows(path: Path, arrays: Mapping[str, NDArray[Any]]) -> int:
    lengths = {len(array) if array.ndim else 0 for array in arrays.values()}
    plain = all(array.ndim in (1, 2) and _is_plain(array.dtype) for array in arrays.values())
    if len(lengths) != 1 or not plain or not arrays:
        raise DataError(
            f"{path} holds no table, which is 1-D and 2-D arrays of one length, of numbers or texts: "
            f"{_shapes(arrays)}"
        )
    return lengths.pop()


def _shapes(arrays: Mapping[str, NDArray[Any]]) -> str:
    return "; ".join(f"{name} {array.shape} {array.dtype}" for name, array in arrays.items())


def _check_dimensions(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if array.ndim > 2:
            kind = "images" if array.dtype == np.uint8 or array.ndim > 3 else "sequences of several values"
            raise DataError(
                f"{path} holds no table: the array {name} has {array.ndim} dimensions, as {kind} have; features "
                f"are read from arrays of two: {_shapes(arrays)}"
            )


def _check_targets(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if name.lower() in TARGETS and array.ndim == 2 and array.shape[1] > 1:
            raise DataError(
                f"{path}: the array {name} has {array.shape[1]} columns, and several outputs are not predicted: "
                "save one column (numpy.argmax(y, axis=1) makes class numbers of ones and zeros)"
            )


def _columns(name: str, array: NDArray[Any]) -> list[pl.Series]:
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    parts = [array] if array.ndim == 1 else list(array.T)
    names = (
        [name]
        if array.ndim == 1 or (len(parts) == 1 and name.lower() in TARGETS)
        else [f"{name} {number}" for number in range(1, len(parts) + 1)]
    )
    return [
        pl.Series(each, part.tolist() if part.dtype.kind == "U" else np.ascontiguousarray(part))
        for each, part in zip(names, parts, strict=True)
    ]
