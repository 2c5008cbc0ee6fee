"""Reads delimited text as records: parts of a file as columns of strings with line numbers.

Blocks without quotes are split by polars; from the first quote on, Python's csv module reads record by record.
Both give the same records. A line whose number of fields differs from the heading's is refused with its number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.datasets.readers.block_scan import Scan, scan
from engine.datasets.readers.cell_types import MISSING, QUOTED
from engine.datasets.readers.dialect import LONGEST_CELL, Dialect
from engine.datasets.readers.opening import Encoded
from engine.errors import DataError

_RECORDS = 20_000
"""Number of records that the csv module reads between two reports of progress."""

_SPARED = re.compile("|".join(re.escape(text) for text in sorted(MISSING, key=len, reverse=True) if text))


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive records: columns of strings, each record's line (int64), and their end position in the file.

    ``block`` contains the same records as bytes if they are plain: without quotes, comments and blank lines.
    ``codes`` says whether there may be digits with leading zeros, which are codes rather than numbers.
    """

    frame: pl.DataFrame | None
    lines: NDArray[np.int64]
    done: int
    block: bytes | None = None
    codes: bool = False


def front(sample: str, dialect: Dialect, whole: bool) -> Iterator[tuple[list[str], int, int]]:
    """Yield the records at the front of a file with their first and last lines, up to one that cannot be read.

    ``sample`` is the text at the front; ``whole`` says whether it is the whole file.
    """
    lines = sample.split("\n")
    body = "\n".join(lines[dialect.skipped : None if whole else -1]) + "\n"
    source = _Lines(body.encode(), iter(()), dialect.skipped, 0, dialect)
    reader = dialect.reader(source)
    while True:
        source.start = 0
        try:
            record = next(reader)
        except (csv.Error, StopIteration):
            return
        yield record, source.start, source.number


class Records:
    """The records of a text file in one dialect; each must have ``fields`` fields."""

    def __init__(self, path: Path, text: Encoded, dialect: Dialect, fields: int, header: bool) -> None:
        self.path, self.text, self.dialect, self.fields, self.header = path, text, dialect, fields, header
        self.wrapped: list[int] = []
        """First lines of records with a cell of several lines, one of which looks like a whole record."""
        self._names = [f"{number}" for number in range(fields)]
        self._separator = dialect.separator.encode()
        self._done = 0

    def parts(self, first: int) -> Iterator[Part]:
        """Yield all records from line ``first`` on. Raises DataError and UndecodableError."""
        blocks = self._whole_lines()
        number = 1
        quote = (self.dialect.quote or "").encode()
        for block in blocks:
            if quote and quote in block:
                yield from self._quoted(_Lines(block, blocks, number - 1, first, self.dialect))
                return
            if number < first:
                skipped = min(first - number, block.count(b"\n"))
                block = block.split(b"\n", skipped)[-1]
                number += skipped
            if block:
                scanned = scan(block, self._separator, self.dialect.comment)
                yield self._plain(block, number, scanned)
                number += scanned.lines

    def _whole_lines(self) -> Iterator[bytes]:
        """Yield blocks that end with a line end."""
        rest = b""
        for block, done in self.text.blocks():
            self._done = done
            end = block.rfind(b"\n") + 1
            if not end:
                rest += block
                if len(rest) > LONGEST_CELL:
                    raise DataError(f"{self.path} has a line of more than {LONGEST_CELL:,} characters")
                continue
            yield b"".join((rest, memoryview(block)[:end]))
            rest = block[end:]
        if rest:
            yield rest + b"\n"

    def _plain(self, block: bytes, number: int, scanned: Scan) -> Part:
        """Split a block without quotes into records; ``number`` is its first line."""
        lines = np.arange(number, number + scanned.lines, dtype=np.int64)
        if scanned.odd:
            block, lines = self._records_alone(block, lines)
        if self.dialect.separator == " ":
            block = re.sub(rb"[ \t]+", b" ", block).replace(b" \n", b"\n").replace(b"\n ", b"\n").lstrip(b" ")
        if not len(lines):
            return Part(self._frame([]), lines, self._done)
        if scanned.odd or self.dialect.separator == " ":
            scanned = scan(block, self._separator, None)
        if scanned.separators != (self.fields - 1) * len(lines):
            for line, text in zip(lines.tolist(), block.split(b"\n"), strict=False):
                self._check_width(text.count(self._separator) + 1, line)
        return Part(None, lines, self._done, block, scanned.zeros)

    def _records_alone(self, block: bytes, lines: NDArray[np.int64]) -> tuple[bytes, NDArray[np.int64]]:
        """Remove blank and comment lines from a block; also return the numbers of the remaining lines."""
        records = block.split(b"\n")
        kept = np.array([self._is_record(line) for line in records[:-1]], bool)
        return b"".join(records[index] + b"\n" for index in np.flatnonzero(kept).tolist()), lines[kept]

    def _is_record(self, line: bytes) -> bool:
        comment = self.dialect.comment
        return bool(line.strip(b" \t") or b"\t" in line.strip(b" ")) and not (
            comment and line.startswith(comment.encode())
        )

    def _check_width(self, fields: int, line: int) -> None:
        if fields != self.fields:
            noun = "field" if fields == 1 else "fields"
            others = f"the heading names {self.fields}" if self.header else f"the other lines have {self.fields}"
            raise DataError(
                f"{self.path}: line {line} has {fields} {noun}, {others}: put a text that holds the separator in "
                "quotes, or correct the line"
            )

    def split(self, block: bytes) -> pl.DataFrame:
        """Split a plain block into columns of strings."""
        try:
            frame = pl.read_csv(
                block,
                has_header=False,
                infer_schema=False,
                separator=self.dialect.separator,
                quote_char=None,
                empty_string_is_null=False,
            )
        except pl.exceptions.PolarsError:
            return self._frame([line.decode().split(self.dialect.separator) for line in block.split(b"\n")[:-1]])
        frame.columns = self._names
        return frame

    def _frame(self, records: Sequence[Sequence[str]]) -> pl.DataFrame:
        columns = zip(*records, strict=True) if records else [[]] * self.fields
        return pl.DataFrame(
            [pl.Series(name, column, pl.String) for name, column in zip(self._names, columns, strict=True)]
        )

    def _quoted(self, lines: _Lines) -> Iterator[Part]:
        """Yield the records of lines that may be quoted, read by the csv module."""
        reader = self.dialect.reader(lines)
        while True:
            records: list[list[str]] = []
            starts: list[int] = []
            for record, start in islice(self._checked(reader, lines), _RECORDS):
                records.append(record)
                starts.append(start)
            if records:
                yield Part(self._frame(records), np.array(starts, np.int64), self._done)
            elif lines.ended:
                return

    def _checked(self, reader: Iterator[list[str]], lines: _Lines) -> Iterator[tuple[list[str], int]]:
        """Yield records with their first lines, skipping blank ones. Raises DataError."""
        while True:
            lines.start = 0
            try:
                record = next(reader, None)
            except csv.Error as error:
                raise DataError(self._quotes_wrong(error, lines)) from error
            if record is None:
                lines.ended = True
                return
            if not record or (len(record) == 1 and not record[0].strip() and self.fields > 1):
                continue
            self._check_width(len(record), lines.start)
            if lines.number > lines.start and self.fields > 1:
                mark = self.dialect.separator
                inner = [line for cell in record if "\n" in cell for line in cell.split("\n")[1:-1]]
                if any(line.count(mark) == self.fields - 1 for line in inner):
                    self.wrapped.append(lines.start)
            yield record, lines.start

    def _quotes_wrong(self, error: csv.Error, lines: _Lines) -> str:
        if "expected after" in str(error):
            what = f"line {lines.number}: text follows a closing quote; write a quote within quotes twice"
        elif "field larger" in str(error) or "unexpected end" in str(error):
            what = f"the quote that is opened in line {lines.start} is never closed"
        else:
            what = f"line {lines.number}: {error}"
        return f"{self.path}: {what}"


class _Lines:
    """Numbered lines from ``first`` on for the csv module; comments between records are left out.

    ``start`` is the line in which the current record starts, 0 before it has started.
    """

    def __init__(self, block: bytes, blocks: Iterator[bytes], number: int, first: int, dialect: Dialect) -> None:
        self._block, self._blocks, self._first, self._dialect = block, blocks, first, dialect
        self.number = number
        self._ready: Iterator[str] = iter(())
        self._waiting = True
        self.start, self.ended = 0, False
        quote, mark = dialect.quote or '"', re.escape(dialect.separator)
        self._spare = re.compile(rf"(?<![^{mark}\n]){quote}(?=({_SPARED.pattern}){quote}(?![^{mark}\n]))")
        self._spared = f"{quote}{QUOTED}"

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while True:
            line = next(self._ready, None)
            if line is None:
                self._refill()
                continue
            self.number += 1
            if self.number < self._first:
                continue
            if not self.start:
                comment = self._dialect.comment
                if not line.strip() or (comment and line.startswith(comment)):
                    continue
                self.start = self.number
                if self._dialect.separator == " ":
                    line = line.strip(" \t\n").replace("\t", " ") + "\n"
            return self._spare.sub(self._spared, line)

    def _refill(self) -> None:
        block = self._block if self._waiting else next(self._blocks, None)
        self._waiting = False
        if block is None:
            raise StopIteration
        self._ready = (f"{line}\n" for line in block.decode(errors="replace").split("\n")[:-1])
