"""Delimited text files with any common separator, quotes, encoding, line end and number notation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from engine.datasets.readers import dialect as dialects
from engine.datasets.readers import heading as headings
from engine.datasets.readers.cell_types import CellForm
from engine.datasets.readers.dialect import Dialect
from engine.datasets.readers.encodings import others, spoken
from engine.datasets.readers.opening import Encoded
from engine.datasets.readers.records import Records, front
from engine.datasets.readers.table import MOST_COLUMNS, ROW_NAMES, Options, Reading, Table, listed
from engine.datasets.readers.table_builder import TableBuilder, forms_of
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.system.suggest import shown

_FRONT = 200
"""Number of records used to find the heading."""

_TIMES = 4
"""Maximum number of passes over a file, each deciding more columns; what does not fit then is text."""

_MOST_OTHERS = 2
"""Maximum number of alternatives named with the encoding that was chosen."""

SINGLE = "\x1e"
"""Separator of a file with one column; it separates nothing."""

_SPOKEN = {
    **{",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes", " ": "blanks"},
    **{"\x01": "the control code 1", "\x1f": "the control code 31, the unit separator"},
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The format of a file's records, the names of the columns, and the first line of records."""

    dialect: Dialect
    names: tuple[str, ...]
    first: int
    header: bool
    notes: tuple[str, ...] = ()


def read(text: Encoded, options: Options) -> Preparation[Table]:
    """Read a delimited file. Raises DataError with the file and, if applicable, the line."""
    return (yield from read_as(text, layout_of(text, options), options))


def read_as(text: Encoded, layout: Layout, options: Options, file_format: str = "delimited") -> Preparation[Table]:
    """Read all records; if the form of a column does not fit all its cells, decide it again with them."""
    path = text.packed.path
    records = Records(path, text, layout.dialect, len(layout.names), layout.header)
    evidence: dict[str, list[pl.Series]] = {}
    forms: dict[str, CellForm] = {}
    for time in range(_TIMES):
        builder = TableBuilder(layout.names, forms, options, layout.dialect)
        for part in records.parts(layout.first):
            builder.add(part, records)
            yield Preparing(f"reading {path.name}", part.done, path.stat().st_size)
        unfitting = builder.unfitting()
        if not unfitting:
            break
        for name, cells in unfitting.items():
            evidence.setdefault(name, []).extend(cells)
        last = time == _TIMES - 2
        undecided = {name: evidence[name] for name in unfitting if not (last and builder.tolerates(name))}
        forms = builder.forms | forms_of(undecided, layout.dialect, options, text=last)
        if all(forms[name] == builder.forms[name] and builder.tolerates(name) for name in unfitting):
            break
    _refuse_wrapped(path, records.wrapped)
    reading = Reading(
        file_format,
        separator=None if layout.dialect.separator == SINGLE else layout.dialect.separator,
        encoding=spoken(text.encoding),
        header=layout.header,
        decimal=layout.dialect.decimal or ".",
        comment=layout.dialect.comment,
        compression=text.packed.compression,
    )
    notes = tuple(_notes(text, layout.dialect, bool(options.charset))) if file_format == "delimited" else ()
    yield Preparing(f"converting {path.name}")
    return builder.finish(reading, path, (*notes, *layout.notes))


def _refuse_wrapped(path: Path, lines: Sequence[int]) -> None:
    if lines:
        raise DataError(
            f"{path}: the quoted text that begins in line {listed(lines)} takes in whole lines of the table: "
            "close the quote, or write quotes within quotes twice"
        )


def _doubt(text: Encoded) -> str:
    """Return a note on encodings that fit nearly as well."""
    found = others(text.packed.sample(), text.encoding)[:_MOST_OTHERS]
    if not found:
        return ""
    readings = " or ".join(f"{shown(word)} in {spoken(name)}" for name, _, word in found)
    return f" It is uncertain: {shown(found[0][1])} would be {readings}."


def _notes(text: Encoded, dialect: Dialect, asked: bool) -> Iterator[str]:
    if dialect.separator not in (",", SINGLE):
        yield f"Fields are separated by {_SPOKEN.get(dialect.separator, repr(dialect.separator))}."
    if text.encoding not in ("utf-8", "utf-8-sig"):
        yield f"The encoding is {spoken(text.encoding)}; data.charset names another.{_doubt(text) * (not asked)}"
    if dialect.comment:
        yield f"Lines that begin with {dialect.comment!r} are comments."
    if dialect.skipped:
        lines = "line is" if dialect.skipped == 1 else f"{dialect.skipped} lines are"
        yield f"The first {lines} before the table and {'was' if dialect.skipped == 1 else 'were'} left out."
    if dialect.backslashed:
        yield "Quotes within quotes have a backslash before them, which is removed."
    if dialect.quote is None:
        yield "Quotes are part of the texts: read as quotes, they are not closed."
    elif dialect.quote != '"':
        yield f"Texts are quoted by {dialect.quote}."


def layout_of(text: Encoded, options: Options) -> Layout:
    """Detect the layout of a file from its front; raises DataError for no records or an unfit heading."""
    if options.separator and (len(options.separator) > 1 or not options.separator.isascii()):
        raise DataError(
            f"{text.packed.path}: data.separator = {options.separator!r} is not read: a separator is one ASCII "
            "character"
        )
    sample, whole = text.sample()
    dialect = dialects.find(sample, whole, options)
    if dialect.fields == 1 and not options.separator:
        dialect = replace(dialect, separator=SINGLE)
    path = text.packed.path
    found = list(islice(front(sample, dialect, whole), _FRONT))
    if not found:
        raise DataError(f"{path} {'is empty' if whole else 'begins with no line'}: a table needs lines of values")
    records = [record for record, _, _ in found]
    if (width := max(map(len, records))) > MOST_COLUMNS:
        raise DataError(
            f"{path} has {width:,} columns: {MOST_COLUMNS:,} are the most of a table; save a wider matrix "
            "as .npz or in svmlight's format"
        )
    line = found[0][1]
    heading = headings.find(path, line, records, options.header)
    if not heading.present:
        return Layout(dialect, heading.names, line, False, heading.notes)
    rest, notes = records[heading.records :], heading.notes
    names = heading.names
    if _has_row_names(names, rest, dialect, sample.split("\n")[found[heading.records - 1][2] :]):
        names = (ROW_NAMES, *names)
        notes += (
            f"The heading in line {line} has no name for the first column, which names the rows, as R writes it.",
        )
    names = _fitted(path, names, rest, line, dialect.fields)
    return Layout(dialect, names, found[heading.records - 1][2] + 1, True, notes)


def _has_row_names(
    names: tuple[str, ...], rest: Sequence[Sequence[str]], dialect: Dialect, lines: Sequence[str]
) -> bool:
    """Whether each row starts with a unique name that the heading does not count.

    With commas between fields, the name has to be quoted, since a number with a decimal comma also adds a field.
    """
    firsts = [record[0].strip() for record in rest if record]
    if dialect.fields != len(names) + 1 or len(set(firsts)) < len(firsts) or not all(firsts):
        return False
    quoted = all(line.startswith('"') for line in lines[: len(rest)] if line.strip())
    numbered = firsts == [f"{number}" for number in range(1, len(firsts) + 1)]
    named = not any(first[0].isdigit() for first in firsts)
    return (numbered or named) and (quoted or dialect.separator != ",")


def _fitted(
    path: Path, names: tuple[str, ...], rest: Sequence[Sequence[str]], line: int, fields: int
) -> tuple[str, ...]:
    """Return names for all fields; raises DataError if their number differs from that in the heading."""
    if not rest or len(names) == fields:
        return names
    extra = [f"column {number}" for number in range(len(names) + 1, fields + 1)]
    if extra and all(not cell.strip() for record in rest for cell in record[len(names) :]):
        return (*names, *extra)
    raise DataError(
        f"{path}: the heading in line {line} names {len(names)} columns, the lines have {fields} fields: give "
        "every column its name, or set data.header = false if the line is not a heading"
    )
