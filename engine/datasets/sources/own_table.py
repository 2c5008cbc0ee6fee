"""A person's own table: a CSV or TSV file with a heading line, of columns of figures or of texts.

What a column is follows from its values and is said in the data set's notes: text that takes a few values is
a category and becomes a column for each of them; other text is the text to read. A target of text, or of at
most 20 different whole numbers, each in two rows or more on average, is a class.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import file_digest, tabular, text_index
from engine.datasets.dataset import Dataset, Task
from engine.datasets.text_index import Corpus
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data

if TYPE_CHECKING:
    import pandas

SEPARATORS = {".csv": ",", ".tsv": "\t"}
MOST_CLASSES = 20
"""Different whole numbers in a target beyond which they are figures, not classes."""

_LARGEST_WHOLE = 2**53
"""From here on a float64 does not tell neighbouring whole numbers apart."""

MOST_CATEGORIES = 50
"""Different values of a text column beyond which it is text, not a category."""

TARGETS = ("target", "label", "class", "y")
"""Names by which a target is found where none is given; else it is the last column."""


LONGEST_CATEGORY = 100
"""Characters of a category at most: what is longer is text."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a table's rows are to predict: class numbers (int64) with their labels, or figures (float32)."""

    name: str
    task: Task
    values: NDArray[Any]
    labels: tuple[str, ...]

    @property
    def note(self) -> str:
        """What the target was taken for."""
        kind = f"{len(self.labels)} classes" if self.labels else "figures"
        return f"The target is the column {self.name!r}, taken as {kind}."


def load(path: Path, data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    """Read a table; raises DataError with the column or row that is at fault."""
    digest = yield from file_digest.digest(path)
    yield Preparing(f"reading {path.name}")
    table = _read(path)
    target = _target(path, table, _target_name(path, table, data))
    rest = table.drop(columns=target.name)
    text = _text_name(path, rest, data)
    if text is None:
        return _of_columns(path, rest, target, digest, data, seed)
    return (yield from _of_text(path, rest[text], target, digest, data, seed))


def _read(path: Path) -> pandas.DataFrame:
    import pandas

    options: dict[str, Any] = {"sep": SEPARATORS[path.suffix.lower()], "skipinitialspace": True}
    try:
        heading = pandas.read_csv(path, header=None, nrows=1, dtype=str, **options)
        table = pandas.read_csv(path, **options)
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}): save it as CSV in UTF-8") from error
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error).strip().split("\n")[0]
        raise DataError(f"{path} is not a table with a heading line and commas (or tabs): {reason}") from error
    _check_heading(path, [str(name).strip() for name in heading.iloc[0].dropna()])
    if not isinstance(table.index, pandas.RangeIndex):  # what pandas makes of fields without a name
        raise DataError(f"{path} has rows with more fields than its heading has names: name every column")
    if str(table.columns[0]).startswith("Unnamed") and (table.iloc[:, 0] == np.arange(len(table))).all():
        table = table.iloc[:, 1:]  # the row numbers that pandas writes
    table.columns = [str(name).strip() for name in table.columns]
    if len(table) < 10 or len(table.columns) < 2:
        raise DataError(
            f"{path} has {len(table)} rows and {len(table.columns)} columns: 10 rows and 2 columns are the least"
        )
    return table


def _check_heading(path: Path, names: Sequence[str]) -> None:
    """Raise DataError where the first line is no heading, or names a column twice: pandas would rename it."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path} has two columns called {twice!r}: give one of them another name")
    if all(_is_figure(name) for name in names):
        raise DataError(f"{path} begins with figures, not with names: put a line with the columns' names on top")
    if len(names) == 1 and ";" in names[0]:
        raise DataError(f"{path} seems to be separated by semicolons: save it with commas")


def _is_figure(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _target_name(path: Path, table: pandas.DataFrame, data: Data) -> str:
    names = list(table.columns)
    if data.target is None:
        return str(next((name for name in names if name.lower() in TARGETS), names[-1]))
    return _known(path, data.target, names, "data.target")


def _known(path: Path, name: str, names: list[str], setting: str) -> str:
    if name in names:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(map(repr, names[:20]))}"
    raise DataError(f"{path} has no column {name!r} ({setting}): {hint}")


def _target(path: Path, table: pandas.DataFrame, name: str) -> Target:
    column = table[name]
    _refuse_empty(path, name, column)
    if column.dtype.kind not in "iufb":
        return _classes(path, name, column.astype(str).to_numpy(object))
    figures = column.to_numpy(np.float64)
    values = _float32(path, name, figures)
    different = len(np.unique(figures))
    whole = (figures == np.round(figures)).all() and np.abs(figures).max() < _LARGEST_WHOLE
    if whole and different <= min(MOST_CLASSES, len(figures) // 2):
        return _classes(path, name, figures.astype(np.int64))
    return Target(name, "regression", values, ())


def _float32(path: Path, name: str, figures: NDArray[Any]) -> NDArray[np.float32]:
    """Figures as networks read them; refuses those that are infinite then."""
    with np.errstate(over="ignore"):
        values = figures.astype(np.float32)
    if not np.isfinite(values).all():
        raise DataError(f"{path}: the column {name!r} holds a figure that is too large or infinite")
    return values


def _classes(path: Path, name: str, values: NDArray[Any]) -> Target:
    labels, numbers = np.unique(values, return_inverse=True)
    if len(labels) < 2:
        raise DataError(f"{path}: the target {name!r} is the same in every row: there is nothing to learn")
    if len(labels) > 1000 or len(labels) > len(values) // 2:
        raise DataError(
            f"{path}: the target {name!r} has {len(labels):,} different texts in {len(values):,} rows, too many "
            "for classes: name another with data.target"
        )
    names = tuple(str(label) for label in labels)
    return Target(name, "binary" if len(labels) == 2 else "classes", numbers.astype(np.int64), names)


def _refuse_empty(path: Path, name: str, column: Any) -> None:
    empty = np.flatnonzero(column.isna().to_numpy())
    if len(empty):
        raise DataError(
            f"{path}: the column {name!r} is empty in {len(empty):,} rows, the first in line {empty[0] + 2}: "
            "fill it or leave the rows out"
        )


def _text_name(path: Path, table: pandas.DataFrame, data: Data) -> str | None:
    """The column of texts: the one that is named, or the only one that is neither figures nor a category."""
    if data.text is not None:
        return _known(path, data.text, list(table.columns), "data.text")
    texts = [name for name in table.columns if _is_text(table[name])]
    if len(texts) == len(table.columns) == 1:
        return str(texts[0])
    if texts:
        raise DataError(
            f"{path}: the column {texts[0]!r} holds text: name it with data.text to read it, or leave it out"
        )
    return None


def _is_text(column: Any) -> bool:
    if column.dtype.kind in "iufb":
        return False
    longest = column.astype(str).str.len().max()
    return bool(longest > LONGEST_CATEGORY or column.nunique() > min(MOST_CATEGORIES, len(column) // 4))


def _of_columns(
    path: Path, table: pandas.DataFrame, target: Target, digest: str, data: Data, seed: int
) -> Dataset:
    names: list[str] = []
    parts: list[NDArray[np.float32]] = []
    for name in table.columns:
        column = table[name]
        _refuse_empty(path, name, column)
        if column.dtype.kind in "iufb":
            names.append(name)
            parts.append(_float32(path, name, column.to_numpy()))
            continue
        values = column.astype(str).to_numpy(object)
        for category in np.unique(values).tolist():
            names.append(f"{name}={category}")
            parts.append((values == category).astype(np.float32))
    return Dataset(
        name=data.dataset,
        title=path.name,
        kind="columns",
        task=target.task,
        rows=np.ascontiguousarray(np.stack(parts, axis=1)),
        targets=target.values,
        split=tabular.fifths(target.values, seed, data),
        source=path.name,
        digest=hashlib.sha256(f"{digest} {target.name}".encode()).hexdigest(),
        labels=target.labels,
        columns=tuple(names),
        target=target.name,
        notes=(target.note,),
    )


def _of_text(
    path: Path, texts: Any, target: Target, digest: str, data: Data, seed: int
) -> Generator[Preparing, None, Dataset]:
    _refuse_empty(path, texts.name, texts)
    if not target.labels:
        raise DataError(f"{path}: the target {target.name!r} is figures; texts are told apart by classes")
    key = hashlib.sha256("\0".join((digest, texts.name, target.name)).encode(errors="replace")).hexdigest()
    written = texts.astype(str).tolist()

    def build() -> text_index.Progress:
        corpus = Corpus(written, target.values, len(written), target.labels)
        return (yield from text_index.of_corpus(corpus, None))

    indexed = yield from text_index.cached(f"table {key}", build)
    note = f"The text is the column {texts.name!r}."
    split = tabular.fifths(indexed.targets, seed, data)
    return text_index.own(path, data, indexed, split, key, target.name, (target.note, note))
