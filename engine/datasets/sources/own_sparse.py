"""A user's sparse samples in svmlight's format, which are never made dense."""

from __future__ import annotations

import codecs
import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import array_cache, file_digest, tabular
from engine.datasets.array_cache import Arrays
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.datasets.readers.opening import packed, reading
from engine.errors import DataError, listed
from engine.events import Preparation, Preparing
from engine.experiment.model import Data
from engine.system.counts import counted
from engine.system.suggest import shown

MOST_COLUMNS = 1_000_000
"""Maximum number of columns, since a network has a row of weights for each."""

_SEVERAL = re.compile(rb"^([-+\d.]+(?:,[-+\d.]+)+)\s", re.M)
_LARGEST = float(np.finfo(np.float32).max)
_FEWEST = 10
_MOST_CLASSES = 20


def load(path: Path, data: Data, seed: int) -> Preparation[Dataset]:
    """Read lines of a target and ``index:value`` pairs; columns are named by their index.

    Indices count from 0 if the file contains index 0, else from 1, as in scikit-learn's reader. Whole-number
    targets with few values are classes, unless ``data.task`` says otherwise. Raises DataError.
    """
    digest = yield from file_digest.digest(path)
    file = array_cache.path("svmlight", "4", digest)
    found = array_cache.read(file)
    if found is None:
        yield Preparing(f"reading {path.name}")
        found = _read(path)
        array_cache.keep(file, found)
    samples = Ragged(found["columns"], found["offsets"], found["weights"])
    labels, targets = _targets(path, found["targets"], data)
    first, width = int(found["first"][0]), int(found["width"][0])
    return Dataset(
        name=data.dataset,
        title=path.name,
        kind="columns",
        task="regression" if not labels else "binary" if len(labels) == 2 else "classes",
        samples=samples,
        targets=targets,
        split=tabular.fifths(targets, seed, data),
        source=path.name,
        digest=digest,
        labels=labels,
        columns=tuple(str(number) for number in range(first, first + width)),
        target="target",
        notes=(
            f"{len(samples):,} sparse samples of {counted(width, 'column')}, counted from {first}; the target is "
            "the first number of each line.",
            *_indistinct_note(found["indistinct"] + first),
            *["Query numbers (qid) are not read: samples are not ranked within them."] * bool(found["queries"][0]),
        ),
    )


def matrix_of(path: Path) -> tuple[Any, NDArray[np.float64], bool]:
    """Return the file's sparse matrix, whose first column has index 0, its targets, and whether it has qids.

    Raises DataError.
    """
    from sklearn.datasets import load_svmlight_file

    with reading(path, "svmlight data"):
        several = _SEVERAL.search(packed(path).sample())
    if several:
        raise DataError(
            f"{path} holds several labels at once ({several[1].decode()}): multi-label targets are not predicted"
        )
    with reading(path, "svmlight data"), _opened(path) as file:
        try:
            matrix, targets, queries = load_svmlight_file(file, dtype=np.float64, zero_based=True, query_id=True)
        except (ValueError, OverflowError) as error:
            raise _refusal(path) or error from error
    matrix.sort_indices()
    return matrix, targets, len(queries) > 0


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of lines, after its byte order mark if there is one."""
    with packed(path).opened() as (file, _):
        assert isinstance(file, io.BufferedReader)
        if file.peek(3)[:3] == codecs.BOM_UTF8:
            file.read(3)
        yield file


def _refusal(path: Path) -> DataError | None:
    """Return the error of the first line that cannot be read; None if all can."""
    with reading(path, "svmlight data"), _opened(path) as file:
        for number, raw in enumerate(file, 1):
            if wrong := _wrong(raw.split(b"#")[0].decode(errors="replace").split()):
                return DataError(f"{path}, line {number}: {wrong}")
    return None


def _wrong(cells: Sequence[str]) -> str | None:
    """Describe what is wrong in the cells of a line; None if nothing is."""
    if cells and not _is_finite(cells[0], sys.float_info.max):
        return f"the target {shown(cells[0])} is not a finite number"
    before = -1
    for cell in cells[1:]:
        index, _, value = cell.partition(":")
        if index == "qid":
            continue
        if not re.fullmatch("[0-9]{1,10}", index) or not _is_finite(value):
            return f"{shown(cell)} is not an index from 0 on with a finite number, as in 3:0.5"
        if int(index) > MOST_COLUMNS:
            return f"the index {int(index):,} is too large: the largest allowed is {MOST_COLUMNS:,}"
        if int(index) <= before:
            return f"the index {index} comes after {before}: the indices of a line have to rise"
        before = int(index)
    return None


def _is_finite(text: str, most: float = _LARGEST) -> bool:
    try:
        return abs(float(text)) <= most
    except ValueError:
        return False


def _read(path: Path) -> Arrays:
    matrix, targets, queries = matrix_of(path)
    first = 0 if (matrix.indices == 0).any() else 1
    matrix = matrix[:, first:]
    with np.errstate(over="ignore"):
        weights = matrix.data.astype(np.float32)
    if not (np.isfinite(targets).all() and np.isfinite(weights).all()):
        raise _refusal(path) or DataError(f"{path} holds a number that is infinite, too large or missing")
    if matrix.shape[0] < _FEWEST:
        raise DataError(f"{path} has {matrix.shape[0]} samples: at least {_FEWEST} are needed")
    if not 0 < matrix.shape[1] <= MOST_COLUMNS:
        raise DataError(f"{path} has the index {matrix.shape[1]:,}: the largest allowed is {MOST_COLUMNS:,}")
    return {
        "columns": matrix.indices.astype(np.int32),
        "offsets": matrix.indptr.astype(np.int64),
        "weights": weights,
        "targets": targets,
        "width": np.array([matrix.shape[1]]),
        "first": np.array([first]),
        "queries": np.array([queries]),
        "indistinct": _indistinct(matrix),
    }


def _indistinct(matrix: Any) -> NDArray[np.int64]:
    """Return the columns whose values float32 hardly distinguishes: under a thousand steps over their range."""
    columns = matrix.tocsc()
    used = np.flatnonzero(np.diff(columns.indptr))
    starts = columns.indptr[used]
    lowest, highest = (one.reduceat(columns.data, starts) for one in (np.minimum, np.maximum))
    spread, largest = highest - lowest, np.maximum(np.abs(lowest), np.abs(highest))
    return used[(spread > 0) & (spread < 1000 * largest * 2.0**-24)]


def _indistinct_note(columns: NDArray[np.int64]) -> list[str]:
    if not len(columns):
        return []
    return [
        f"The values of columns differ by little where they are large ({', '.join(listed(columns.tolist()))}): "
        "float32, in which networks compute, hardly distinguishes them. Subtract a constant from them in the file."
    ]


def _targets(path: Path, values: NDArray[Any], data: Data) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Return the labels (empty for regression) and the targets."""
    different = np.unique(values)
    if len(different) < 2:
        raise DataError(f"{path}: the target is the same in every line: there is nothing to learn")
    few = len(different) <= min(_MOST_CLASSES, len(values) // 2) and bool((different == np.floor(different)).all())
    if data.task == "regression" or (data.task is None and not few):
        return (), values.astype(np.float64)
    return tuple(f"{value:g}" for value in different.tolist()), np.searchsorted(different, values).astype(np.int64)
