"""A user's table as a data set: target, roles of columns, split, and notes on all decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets import table_cache, text_index
from engine.datasets.dataset import Dataset, LeftOut, TableFacts
from engine.datasets.readers.table import Options, Table
from engine.datasets.roles import LAST, USUAL_TARGETS, ColumnRole, bare, roles_of
from engine.datasets.table_joining import joined
from engine.datasets.table_splits import division_of
from engine.datasets.table_targets import Target, target_of
from engine.datasets.text_index import Corpus
from engine.errors import DataError, listed
from engine.events import Preparation, Preparing
from engine.experiment.model import Data
from engine.system.counts import counted
from engine.system.paths import expanded

FEWEST = 10
"""Minimum number of samples in a data set."""

LARGEST = float(np.finfo(np.float32).max)
"""The largest number in float32, in which networks compute."""

INPUTS = ("number", "category", "text", "date")
"""Roles of the columns that a network reads."""


def load(path: Path, data: Data, seed: int) -> Preparation[Dataset]:
    """Read a table; raises DataError with the column or line of the error."""
    paths = [path, *(expanded(name) for name in (data.validation_file, data.test_file) if name)]
    table, sizes, digests = yield from _read(paths, data)
    title = path.name
    data = _with_own_split(table, data)
    roles = roles_of(table, data, title)
    predicted = next(one.name for one in roles if one.role == "target")
    table, sizes, left_out = _with_target(table, sizes, predicted, title)
    _check_size(table, left_out, title)
    _check_finite(table, roles, title)
    target = target_of(table.column(predicted), data, title)
    division = division_of(table, target.values, data, seed, title, sizes)
    roles, notes = _inputs(roles, data, title)
    dataset = Dataset(
        name=data.dataset,
        title=title,
        kind="columns",
        task=target.task,
        samples=table.select(one.name for one in roles if one.role in INPUTS),
        targets=target.values,
        split=division.split,
        source=title,
        digest=_digest(*digests, target.name),
        labels=target.labels,
        columns=tuple(one.name for one in roles if one.role in INPUTS),
        target=target.name,
        notes=(*table.notes, *target.notes, *[f"Left out: {left_out.why}."] * bool(left_out.samples), *notes),
        table=TableFacts(table, roles, left_out),
        groups=division.groups,
        times=division.times,
    )
    if [one.role for one in roles if one.role in INPUTS] == ["text"]:
        return (yield from _of_text(dataset, target, data))
    return dataset


def _with_own_split(table: Table, data: Data) -> Data:
    """Add the settings that keep a file's own split, unless the user splits otherwise."""
    asked = (data.split_group, data.split_time, data.split_column, data.validation_file, data.test_file)
    if table.reading.parts is None or any(asked):
        return data
    return data.model_copy(update={"split_column": table.reading.parts})


def options_of(data: Data, texts: Sequence[str] = ()) -> Options:
    """Return the settings for reading a file; ``texts`` are further columns to read as text."""
    as_text = [name for name, settings in data.columns.items() if settings.role in ("category", "text")]
    as_text += [data.target] if data.task == "classes" and data.target else []
    as_text += [data.text] if data.text else []
    return Options(
        header=data.header,
        separator=data.separator,
        charset=data.charset,
        decimal=data.decimal,
        missing=data.missing,
        as_text=(*as_text, *texts),
        as_number=tuple(name for name, settings in data.columns.items() if settings.role == "number"),
        sheet=data.sheet,
    )


def _read(paths: Sequence[Path], data: Data) -> Preparation[tuple[Table, tuple[int, ...], tuple[str, ...]]]:
    """Read the rows of all files, one file after another; also return their numbers of rows and their hashes."""
    options = options_of(data)
    tables, digests = yield from _tables(paths, options)
    kinds = [{column.name: column.kind for column in table.columns} for table in tables]
    differing = [name for name, kind in kinds[0].items() if any(one.get(name, kind) != kind for one in kinds)]
    if differing:  # numbers in one file and text in another: read both as written
        tables, digests = yield from _tables(paths, replace(options, as_text=(*options.as_text, *differing)))
    return joined(tables, [path.name for path in paths]), tuple(map(len, tables)), digests


def _tables(paths: Sequence[Path], options: Options) -> Preparation[tuple[list[Table], tuple[str, ...]]]:
    found = []
    for path in paths:
        loaded = yield from table_cache.load(path, options)
        found.append(loaded)
        dates = ((one.name, one.spellings[0]) for one in loaded[0].columns if one.kind == "date" and one.spellings)
        numbers = (one.name for one in loaded[0].columns if one.kind == "number")
        options = replace(options, dates=options.dates or tuple(dates), as_number=(*options.as_number, *numbers))
    return [table for table, _ in found], tuple(digest for _, digest in found)


def _with_target(
    table: Table, sizes: tuple[int, ...], name: str, title: str
) -> tuple[Table, tuple[int, ...], LeftOut]:
    """Return the rows that have a value in the target column ``name``."""
    missing = table.column(name).missing
    gone = int(missing.sum())
    if not gone:
        return table, sizes, LeftOut()
    if gone == len(table):
        raise DataError(f"{title}: the target {name!r} is empty: name another column with data.target")
    parts = np.repeat(np.arange(len(sizes)), sizes)[~missing]
    first = int(table.lines[int(missing.argmax())])
    why = f"{counted(gone, 'sample')} without a target ({name!r}), the first in line {first}"
    kept = table.take(np.flatnonzero(~missing))
    return kept, tuple(np.bincount(parts, minlength=len(sizes)).tolist()), LeftOut(gone, why)


def _check_size(table: Table, left_out: LeftOut, title: str) -> None:
    if len(table) >= FEWEST and len(table.columns) >= 2:
        return
    why = [note for note in table.notes if note.startswith("Left out")]
    why += [f"Left out: {left_out.why}; data.target names another column."] * bool(left_out.samples)
    if len(table.columns) == 1 and table.reading.format == "delimited":
        why.append("If another character separates its columns, name it with data.separator.")
    rows, columns = counted(len(table), "row"), counted(len(table.columns), "column")
    least = f"at least {FEWEST} rows and 2 columns are needed{'.' * bool(why)}"
    raise DataError(f"{title} has {rows} and {columns}: {' '.join([least, *why])}")


def _check_finite(table: Table, roles: Sequence[ColumnRole], title: str) -> None:
    """Raise DataError if a number is infinite in float32."""
    for one in roles:
        column = table.column(one.name)
        if one.role not in ("number", "target") or column.kind != "number":
            continue
        values = np.asarray(column.stored)
        if values.dtype.kind == "f" and max(np.fmax.reduce(values), -np.fmin.reduce(values)) > LARGEST:
            line = int(table.lines[int((np.abs(values) > LARGEST).argmax())])
            raise DataError(
                f"{title}: the column {one.name!r} holds a number that is too large, in line {line}: beyond "
                "3.4e38 it is infinite in float32"
            )


def _inputs(roles: tuple[ColumnRole, ...], data: Data, title: str) -> tuple[tuple[ColumnRole, ...], list[str]]:
    """Return the roles of the columns that are read, and notes on the others; raises DataError without any."""
    texts = [one.name for one in roles if one.role == "text"]
    if len(texts) > 1 and data.encoding == "sequence":
        raise DataError(
            f"{title}: several texts ({', '.join(map(repr, texts))}) are read as bags of words only: set "
            "data.encoding to multi-hot, count or tf-idf, or give only one the role of a text"
        )
    beside = [one for one in roles if one.role in INPUTS and one.role != "text"]
    if texts and beside and data.encoding == "sequence":
        if any(one.stated for one in beside):
            raise DataError(
                f"{title}: text with other columns can only be read as a bag of words: set data.encoding to "
                "multi-hot, count or tf-idf, or ignore the other columns"
            )
        why = "a text read as a sequence cannot be combined with columns"
        roles = tuple(ColumnRole(one.name, "ignored", why) if one in beside else one for one in roles)
    if not any(one.role in INPUTS for one in roles):
        ignored = listed([f"{one.name!r} ({one.reason})" for one in roles if one.role == "ignored"])
        raise DataError(f"{title}: no column is left to learn from: {', '.join(ignored)}")
    notes = [
        f"The column {one.name!r} is left out: {one.reason}."
        for one in roles
        if one.role == "ignored" and not one.stated
    ]
    if len(texts) > 1:
        notes.append(f"The texts are the columns {' and '.join(map(repr, texts))}, read as one text.")
    elif texts:
        notes.append(f"The text is the column {texts[0]!r}.")
    target = next(one for one in roles if one.role == "target")
    if target.doubtful:
        notes.append(f"The target {target.name!r} is {target.reason}: data.target names another.")
    elif target.reason == LAST:
        usual = [repr(one.name) for one in roles if one.role in INPUTS and bare(one.name) in USUAL_TARGETS]
        notes += [f"The target is the last column; data.target = {name} predicts that one." for name in usual[:1]]
    return roles, notes


def _of_text(dataset: Dataset, target: Target, data: Data) -> Preparation[Dataset]:
    """Build the data set of a single text column, indexed once and cached."""
    assert isinstance(dataset.samples, Table)
    column = dataset.samples.columns[0]
    numbers = target.values if target.labels else np.zeros(len(target.values), np.int64)
    settings = {"header", "separator", "charset", "decimal", "missing", "columns"}
    settings |= {"sheet"} if data.sheet is not None else set()  # newer than runs that recorded the hash without it
    key = _digest(dataset.digest, column.name, data.model_dump_json(include=settings))

    def build() -> Preparation[Any]:
        yield Preparing("indexing words", 0, len(numbers))
        corpus = Corpus(column.texts(), numbers, len(numbers), target.labels)
        return (yield from text_index.of_corpus(corpus, None))

    indexed = yield from text_index.cached(f"table {key}", build)
    empty = int(column.missing.sum())
    notes = dataset.notes + ((f"{empty:,} empty texts are read as texts without a word.",) if empty else ())
    return replace(
        dataset,
        kind="text",
        samples=indexed.samples,
        digest=key,
        columns=(),
        vocabulary=indexed.vocabulary,
        original=indexed.original,
        notes=notes,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
