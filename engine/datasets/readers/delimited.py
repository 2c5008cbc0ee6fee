"""Delimited text files, by content: any usual separator, quotes, encoding, line end and notation of numbers."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from engine.datasets.readers import dialect as dialects
from engine.datasets.readers import heading as headings
from engine.datasets.readers.cells import Form
from engine.datasets.readers.dialect import Dialect
from engine.datasets.readers.encodings import detect, spoken
from engine.datasets.readers.opening import Encoded, Packed, UndecodableError, encoded, in_encoding
from engine.datasets.readers.records import Part, Records, front
from engine.datasets.readers.table import Options, Reading, Table, listed
from engine.datasets.readers.table_builder import TableBuilder, forms_of
from engine.errors import DataError
from engine.events import Preparing

_FRONT = 200
"""Records by which the heading is found."""

_TIMES = 4
"""Readings of a file, in each of which more of its columns are known, before what still does not fit is text."""

SINGLE = "\x1f"
"""Separates nothing: the separator of a file of one column."""

_SPOKEN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes", " ": "blanks"}


def read(packed: Packed, options: Options) -> Generator[Preparing, None, Table]:
    """Read a delimited file. Raises DataError, which names the file and, where there is one, the line."""
    text = encoded(packed, options.charset)
    try:
        return (yield from _Reader(text, options).table())
    except UndecodableError as error:
        if options.charset:
            raise DataError(f"{packed.path} is not in the encoding {options.charset!r} (data.charset)") from error
        other = in_encoding(packed, detect(error.sample), packed.sample())
        return (yield from _Reader(other, options).table())


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of a file begin: their names, the first line of records, and notes."""

    names: tuple[str, ...]
    first: int
    header: bool
    notes: tuple[str, ...]


class _Reader:
    """Reads one file in one encoding."""

    def __init__(self, text: Encoded, options: Options) -> None:
        self.path, self.text, self.options = text.packed.path, text, options
        sample, self.whole = text.sample()
        found = dialects.find(sample, self.whole, options)
        self.dialect = found if found.fields > 1 or options.separator else replace(found, separator=SINGLE)
        self.layout = self._layout(sample)
        self.records = Records(self.path, text, self.dialect, len(self.layout.names))

    def table(self) -> Generator[Preparing, None, Table]:
        """All records; columns whose form did not fit all their cells are decided again, and all is read again."""
        evidence: dict[str, list[pl.Series]] = {}
        forms: dict[str, Form] = {}
        for time in range(_TIMES):
            builder = TableBuilder(self.layout.names, forms, self.options, self.dialect)
            for part in self.records.parts(self.layout.first):
                builder.add(part, self.records)
                yield Preparing(f"reading {self.path.name}", part.done, self.path.stat().st_size)
            unfitting = builder.unfitting()
            if not unfitting:
                break
            for name, cells in unfitting.items():
                evidence.setdefault(name, []).extend(cells)
            last = time == _TIMES - 2
            forms = builder.forms | forms_of(evidence, self.dialect, self.options, last)
        return self._finished(builder)

    def _finished(self, builder: TableBuilder) -> Table:
        if self.records.wrapped:
            raise DataError(
                f"{self.path}: the quoted text that begins in line {listed(self.records.wrapped)} takes in whole "
                "lines of the table: close the quote, or write quotes within quotes twice"
            )
        reading = Reading(
            "delimited",
            separator=None if self.dialect.separator == SINGLE else self.dialect.separator,
            encoding=spoken(self.text.encoding),
            header=self.layout.header,
            decimal=self.dialect.decimal or ".",
            comment=self.dialect.comment,
            compression=self.text.packed.compression,
        )
        return builder.finish(reading, self.path, [*self._notes(), *self.layout.notes])

    def _notes(self) -> Iterator[str]:
        dialect = self.dialect
        if dialect.separator not in (",", SINGLE):
            yield f"Fields are separated by {_SPOKEN.get(dialect.separator, repr(dialect.separator))}."
        if self.text.encoding not in ("utf-8", "utf-8-sig"):
            yield f"The encoding is {spoken(self.text.encoding)}; data.charset names another."
        if dialect.comment:
            yield f"Lines that begin with {dialect.comment!r} are comments."
        if dialect.skipped:
            yield f"The first {dialect.skipped} lines stand before the table and were left out."
        if dialect.quote is None:
            yield "Quotes are part of the texts: read as quotes, they are not closed."
        elif dialect.quote != '"':
            yield f"Texts are quoted by {dialect.quote}."

    def _layout(self, sample: str) -> _Layout:
        found = list(islice(front(sample, self.dialect, self.whole), _FRONT))
        if not found:
            raise DataError(f"{self.path} is empty: a table needs lines of values")
        records = [record for record, _, _ in found]
        _, line, end = found[0]
        heading = headings.find(self.path, line, records, self.options.header)
        if not heading.present:
            return _Layout(heading.names, line, False, heading.notes)
        names = self._fitted(heading.names, records, line)
        return _Layout(names, end + 1, True, heading.notes)

    def _fitted(self, names: tuple[str, ...], records: Sequence[Sequence[str]], line: int) -> tuple[str, ...]:
        """Names for all fields; raises DataError where the heading names more or fewer columns than there are."""
        rest = records[1:]
        fields = self.dialect.fields if rest else len(names)
        if len(names) == fields:
            return names
        extra = [f"column {number}" for number in range(len(names) + 1, fields + 1)]
        if extra and all(not cell.strip() for record in rest for cell in record[len(names) :]):
            return (*names, *extra)
        raise DataError(
            f"{self.path}: the heading in line {line} names {len(names)} columns, the lines have {fields} fields: "
            "give every column its name, or set data.header = false if the line is no heading"
        )
