"""JSON tables: a record per line, or an array of records."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.datasets.readers.cell_types import MISSING, QUOTED
from engine.datasets.readers.encodings import spoken
from engine.datasets.readers.opening import Encoded
from engine.datasets.readers.table import MOST_COLUMNS, Options, Reading, Table, listed
from engine.datasets.readers.table_builder import table
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.system.counts import counted
from engine.system.suggest import shown

_RECORDS = 20_000
"""Number of records between two reports of progress."""

_MOST_CELLS = 200_000_000
"""Maximum number of cells of all records, including those that a record lacks."""

_LARGEST_ARRAY = 500_000_000
"""Maximum size in bytes of a file that is one array, which has to be read as a whole."""


_MOST_ORDERED = 1000
"""Maximum number of keys whose order follows the records; further keys come last."""


class _Number(str):
    """A number as written in the file, converted like those of other tables."""


class _RepeatedError(ValueError):
    """Raised if two values of an object have the same name."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; for two values with the same name, the json module would keep the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RepeatedError(f"two values are called {shown(twice)}: rename one of them")
    return found


_DECODER = json.JSONDecoder(
    parse_float=_Number, parse_int=_Number, parse_constant=_Number, object_pairs_hook=_object
)
_HALF = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[\s\ufeff]*")
_BETWEEN = re.compile(r"\s*([,\]])\s*")


def read(text: Encoded, options: Options) -> Preparation[Table]:
    """Read JSON lines or an array of objects; raises DataError with the line of an error."""
    path, columns = text.packed.path, _Columns()
    name, found = _records(text)
    for number, (record, line, done) in enumerate(found, 1):
        columns.add(path, record, line)
        if number % _RECORDS == 0:
            yield Preparing(f"reading {path.name}", done, path.stat().st_size)
    reading = Reading(name, encoding=spoken(text.encoding), compression=text.packed.compression)
    if not columns.count:
        raise DataError(f"{path} holds no records")
    return table(path, columns.series(), reading, options, np.array(columns.lines, np.int64), columns.notes())


class _Columns:
    """The values of records by key, as strings; regularly collected into polars series."""

    def __init__(self) -> None:
        self.count = 0
        self.lines = array("q")
        self._parts: dict[str, list[pl.Series]] = {}
        self._cells: dict[str, list[str]] = {}
        self._last = ""
        self._gathered = 0
        self._nested: set[str] = set()
        self._halved: dict[str, int] = {}
        self._names: dict[str, str] = {}

    def add(self, path: Path, record: Any, line: int) -> None:
        if not isinstance(record, dict):
            raise DataError(f'{path}, line {line}: not an object with names and values, as in {{"a": 1}}')
        before = ""
        for name, value in record.items():
            called = self._names.get(name) or self._called(name)
            if called not in self._cells:
                self._insert(called, before)
            cells, before = self._cells[called], called
            if len(cells) > self.count - self._gathered:
                raise DataError(f"{path}, line {line}: two values are called {shown(called)}: rename one of them")
            cells.extend([""] * (self.count - self._gathered - len(cells)))
            cells.append(self._whole(called, self._text(called, value)))
        self.count += 1
        if len(self._cells) > MOST_COLUMNS or len(self._cells) * self.count > _MOST_CELLS:
            names = f"{len(self._cells):,} different names"
            raise DataError(f"{path}, line {line}: {self.count:,} records with {names} are too many")
        self.lines.append(line)
        if self.count - self._gathered == _RECORDS:
            self._gather()

    def _called(self, name: str) -> str:
        """Return the column name for a new key."""
        called = _HALF.sub("\ufffd", name).strip() or "column without a name"
        self._names[name] = called
        return called

    def _whole(self, name: str, cell: str) -> str:
        """Return a cell as it can be stored; halves of surrogate pairs, which JSON can contain, are replaced."""
        if cell.isascii() or not _HALF.search(cell):
            return cell
        self._halved[name] = self._halved.get(name, 0) + 1
        return _HALF.sub("\ufffd", cell)

    def _insert(self, name: str, before: str) -> None:
        """Insert a key after its predecessor in the record, so that the last key of all records stays last."""
        ordered = before != self._last and len(self._cells) < _MOST_ORDERED
        names = list(self._cells) if ordered else []
        after = names[names.index(before) + 1 if before and names else 0 :]
        self._cells[name] = []
        self._last = self._last if after else name
        for other in after:
            self._cells[other] = self._cells.pop(other)

    def _text(self, name: str, value: Any) -> str:
        if isinstance(value, str):
            spared = value in MISSING and value and not isinstance(value, _Number)  # it was written as a text
            return QUOTED + value if spared else value
        if value is None or isinstance(value, bool):
            return "" if value is None else str(value).lower()
        self._nested.add(name)
        return _written(value)

    def _gather(self) -> None:
        size = self.count - self._gathered
        for name, cells in self._cells.items():
            parts = self._parts.setdefault(name, [pl.repeat("", self._gathered, dtype=pl.String, eager=True)])
            parts.append(pl.Series(cells + [""] * (size - len(cells)), dtype=pl.String))
            cells.clear()
        self._gathered = self.count

    def series(self) -> dict[str, pl.Series]:
        """Return all values of each key, "" if a record lacks it."""
        self._gather()
        return {name: pl.concat(self._parts[name]) for name in self._cells}

    def notes(self) -> list[str]:
        """Return notes on nested values and on changed texts."""
        names = [repr(name) for name in sorted(self._nested)]
        notes = [f"Lists and objects are kept as JSON text: {listed(names)}."] if names else []
        halved = [f"{name!r} ({counted(count, 'cell')})" for name, count in self._halved.items()]
        what = "Halves of surrogate pairs, as \\ud800, are not characters and are read as \ufffd"
        return notes + ([f"{what}: {listed(halved)}."] if halved else [])


def _written(value: Any) -> str:
    """Serialise a nested value as JSON, with numbers as written in the file."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_written(name)}: {_written(one)}' for name, one in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


_Found = Iterator[tuple[Any, int, int]]


def _records(text: Encoded) -> tuple[str, _Found]:
    """Return the format's name, and the records with their lines and positions in the file."""
    sample, whole = text.sample()
    first = next((line for line in sample.split("\n") if line.strip()), "").strip()
    try:
        record, end = json.JSONDecoder(parse_int=str).raw_decode(first)
        nested = any(isinstance(value, list) for value in record.values())
        nested |= all(isinstance(value, dict) for value in record.values())
        alone = whole and sample.strip() == first and nested
        if end == len(first) and not alone:
            return "json lines", _of_lines(text)
    except (ValueError, AttributeError):
        pass  # an array, or an object over several lines
    return "json", _of_array(text)


def _of_lines(text: Encoded) -> _Found:
    number, rest, done = 0, b"", 0
    for block, done in text.blocks():
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            number += 1
            if line.strip():
                yield _parsed(text.packed.path, line.decode().lstrip("\ufeff"), number), number, done
    if rest.strip():
        yield _parsed(text.packed.path, rest.decode(), number + 1), number + 1, done


def _parsed(path: Path, line: str, number: int) -> Any:
    try:
        return _DECODER.decode(line)
    except ValueError as error:
        raise _wrong(path, number, error, ": each line holds one record") from error


def _wrong(path: Path, line: int, error: ValueError, hint: str = "") -> DataError:
    what = str(error) if isinstance(error, _RepeatedError) else f"not JSON ({error}){hint}"
    return DataError(f"{path}, line {line}: {what}")


def _of_array(text: Encoded) -> _Found:
    path = text.packed.path
    content, done = _content(text), path.stat().st_size
    start = _start(path, content)
    line, counted = 1, 0
    while start < len(content) and content[start] != "]":
        line, counted = line + content.count("\n", counted, start), start
        try:
            record, end = _DECODER.raw_decode(content, start)
            between = _BETWEEN.match(content, end)
            if not between:
                raise ValueError("a comma or ] is missing after the record")
        except ValueError as error:
            raise _wrong(path, line, error) from error
        yield record, line, done
        if between[1] == "]":
            return
        start = between.end()
    if start >= len(content):
        raise DataError(f"{path} ends in the middle of its array of records")


def _content(text: Encoded) -> str:
    parts, size = [], 0
    for block, _ in text.blocks():
        parts.append(block)
        size += len(block)
        if size > _LARGEST_ARRAY:
            limit = f"{_LARGEST_ARRAY // 10**6} MB"
            raise DataError(f"{text.packed.path} is one array of more than {limit}: write a record on each line")
    return b"".join(parts).decode()


def _start(path: Path, content: str) -> int:
    """Return the position of the first record: in an array, or in the only array within an object."""
    space = _SPACE.match(content)
    start = space.end() if space else 0
    if content.startswith("{", start):
        arrays = list(re.finditer(r'"[^"]*"\s*:\s*\[\s*(?=\{)', content[start : start + 100_000]))
        if len(arrays) != 1:
            raise DataError(
                f"{path} is one JSON object: a table is an array of objects, or an object on each line "
                "(of pandas, to_json with orient='records')"
            )
        return start + arrays[0].end()
    found = re.compile(r"\[\s*").match(content, start)
    if not found:
        raise DataError(f"{path} is JSON, but neither an array of objects nor an object on each line")
    return found.end()
