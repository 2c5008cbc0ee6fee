"""Detects the dialect of a delimited text file: separator, quotes, decimal mark, comments and heading.

Every candidate is applied to the front of the file and scored by how consistent the number of fields is and by how
many cells are of a known kind (after van den Burg, Nazábal and Sutton 2019, "Wrangling messy CSV files by
detecting row and type patterns").
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.datasets.readers.table import Options

SEPARATORS = (",", ";", "\t", "|", " ")
_CONTROLS = ("\x01", "\x1f")
"""Separators of exports by databases such as Hive; only tried if they occur."""

LONGEST_CELL = 10_000_000
"""Maximum number of characters in a cell; an unclosed quote would otherwise include the rest of the file."""

_LINES = 400
_PREAMBLE = 20
_COMMENTS = ("#", "%", "//")
_NUMBER = re.compile(r"[+-]?[$€£¥]?[+-]?(\d[\d.,'’\u00a0\u202f]*|\.\d+)([eE][+-]?\d+)?\s?[%€$£¥]?")
_KNOWN = re.compile(r"|true|false|\?|-|NA|N/A|nan|null|none|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T][\d:.Z+]+)?", re.I)
_SEVERAL = re.compile(r"[-+.\d?]+(\s{2,}[-+.\d?]+){2,}")
_TIGHT = re.compile(r"[,;\t|](?=\S)")
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{1,3}(\.\d{3})+,\d+)\s?[%€]?")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.(\d{1,2}|\d{4,})|[+-]?0\.\d+|[+-]?\d{4,}\.\d+")
_BLANK_WEIGHT = 0.3
_SINGLE_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Dialect:
    """The separator (" " for runs of blanks), the quote character or None, and more on a file's format.

    ``fields`` is the usual number of fields, ``comment`` the prefix of comment lines, ``skipped`` the number of
    lines before the table, ``blanks`` whether a blank follows each separator, ``decimal`` the decimal mark if the
    cells reveal it, ``escape`` the character before any literal character, and ``backslashed`` whether a quote
    within quotes is written ``\\"`` rather than doubled.
    """

    separator: str
    quote: str | None
    fields: int
    comment: str | None = None
    skipped: int = 0
    blanks: bool = False
    decimal: str | None = None
    escape: str | None = None
    backslashed: bool = False

    def reader(self, lines: Iterator[str]) -> Any:
        """Return a csv.reader of records; it raises csv.Error for quotes closed too early or not at all."""
        csv.field_size_limit(LONGEST_CELL)
        if self.backslashed:
            lines = (line.replace('\\"', '""') for line in lines)
        return csv.reader(
            lines,
            delimiter=self.separator,
            quotechar=self.quote or '"',
            quoting=csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL,
            escapechar=self.escape,
            skipinitialspace=self.blanks or self.separator == " ",
            strict=True,
        )


def find(sample: str, whole: bool, options: Options) -> Dialect:
    """Detect the dialect of a file from ``sample``, its front; ``whole`` says whether that is the whole file."""
    lines = sample.split("\n")
    if not whole:
        lines = lines[:-1] or lines
    skipped, asked = _directive(lines)
    separator = options.separator or asked
    comment = _comment(lines)
    body = [line for line in lines[skipped:] if _is_content(line, comment)]
    found = _best(body[:_LINES], whole and len(body) <= _LINES, separator)
    skipped += _preamble(lines[skipped:], found, comment)
    return _decided(found, comment, skipped, body[:_LINES], options)


def _directive(lines: Sequence[str]) -> tuple[int, str | None]:
    """Parse Excel's own first line, ``sep=;``."""
    found = re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\ufeff ")) if lines else None
    return (1, found[1]) if found else (0, None)


def _best(lines: Sequence[str], whole: bool, separator: str | None) -> Dialect:
    there = (mark for mark in _CONTROLS if any(mark in line for line in lines[:20]))
    separators = (separator,) if separator else (*SEPARATORS, *there)
    slashed = (False, True) if any('\\"' in line for line in lines) else (False,)
    candidates = [
        Dialect(mark, quote, 1, backslashed=way)
        for way in slashed
        for mark in separators
        for quote in _quotes(lines)
        if quote == '"' or not way
    ]
    found = [(_score(*_records(lines, candidate, whole), candidate), candidate) for candidate in candidates]
    (_, fields), best = max(found, key=lambda item: item[0][0])
    return replace(best, fields=fields)


def _quotes(lines: Sequence[str]) -> tuple[str | None, ...]:
    single = sum(bool(re.search(r"(^|[,;\t|])\s?'[^']*'\s*([,;\t|]|$)", line)) for line in lines[:200])
    quotes = ('"', "'") if single > min(len(lines), 200) / 2 else ('"',)
    return (*quotes, None) if any(quote in line for quote in quotes for line in lines) else ('"',)


def _records(lines: Sequence[str], dialect: Dialect, whole: bool) -> tuple[list[list[str]], bool]:
    """Return the records of some lines up to an invalid quote, and whether there was none."""
    records: list[list[str]] = []
    spaced = replace(dialect, blanks=True)
    try:
        bare = (line.strip(" ") for line in lines)
        blanks = dialect.separator == " "
        records.extend(spaced.reader((line.replace("\t", " ") if blanks else line) + "\n" for line in bare))
    except csv.Error as error:
        return records, not whole and "unexpected end" in str(error)
    return records, True


def _score(records: Sequence[Sequence[str]], sound: bool, dialect: Dialect) -> tuple[float, int]:
    """Return how well a dialect explains the records, and their usual number of fields.

    A dialect without quotes is only considered if all lines then have the same number of fields; otherwise a quote
    is wrong, which has to be reported.
    """
    widths = Counter(len(record) for record in records)
    if not widths:
        return 0.0, 1
    fields, usual = max(widths.items(), key=lambda item: (item[1], item[0]))
    cells = [cell for record in records[:200] if len(record) == fields for cell in record]
    score = (usual / len(records)) ** 2 * sum(map(_known, cells)) / max(len(cells), 1)
    score *= _SINGLE_WEIGHT if fields == 1 else (fields - 1) / fields
    if abs(len(records[0]) - fields) > 1 or (fields > 1 and len(records[0]) == 1):
        score *= 0.5
    if dialect.separator == " ":
        score *= _BLANK_WEIGHT
    if dialect.quote is None:
        score *= 0.9 if len(widths) == 1 else 0.1
    return score * (1 if sound else 0.5), fields


def _known(cell: str) -> float:
    text = cell.strip()
    if _SEVERAL.fullmatch(text):
        return 0.05
    if _NUMBER.fullmatch(text) or _KNOWN.fullmatch(text):
        return 1
    if _TIGHT.search(text) or text.startswith(('"', "'")):
        return 0.4
    return 0.9


def _comment(lines: Sequence[str]) -> str | None:
    """Return the prefix of comments: that of the first lines, unless a single one is the heading of a table."""
    first = next((line for line in lines if line.strip()), "")
    mark = next((mark for mark in _COMMENTS if first.startswith(mark)), None)
    if mark is None:
        return None
    marked = [line for line in lines[:_LINES] if line.startswith(mark)]
    others = [line for line in lines[:_LINES] if line.strip() and not line.startswith(mark)]
    if len(marked) == 1 and others:
        for separator in SEPARATORS[:-1]:
            if (count := first.count(separator)) and count == others[0].count(separator):
                return None
    return mark if others else None


def _preamble(lines: Sequence[str], dialect: Dialect, comment: str | None) -> int:
    """Return the number of lines before the table: titles and the like, which lack the separators of records."""
    if dialect.fields < 2:
        return 0
    for number, line in enumerate(lines[: _PREAMBLE + 1]):
        if not _is_content(line, comment):
            continue
        records, _ = _records([line], dialect, False)
        filled = sum(bool(cell.strip()) for cell in records[0]) if records else dialect.fields
        if filled > 1 or dialect.separator == " ":
            titled = any(_is_content(above, comment) for above in lines[:number])
            return number + _padded(lines[number : _PREAMBLE + 1], dialect) if titled else 0
    return 0


def _padded(lines: Sequence[str], dialect: Dialect) -> int:
    """Return the number of further title lines, whose last cells are empty, before a complete heading."""
    for number, line in enumerate(lines):
        records, _ = _records([line], dialect, False)
        cells = [cell.strip() for record in records for cell in record] or [""]
        if len(cells) == dialect.fields and all(cells):
            return 0 if any(map(_NUMBER.fullmatch, cells)) else number
        if cells[-1] or sum(_known(cell) < 1 for cell in cells) > dialect.fields / 2:  # unnamed last column
            return 0
    return 0


def _is_content(line: str, comment: str | None) -> bool:
    """Whether a line contains anything but blanks or a comment."""
    return bool(line.strip()) and not (comment and line.startswith(comment))


def _decided(found: Dialect, comment: str | None, skipped: int, lines: Sequence[str], options: Options) -> Dialect:
    records, _ = _records(lines, found, False)
    after = [cell for line in lines[:200] for cell in line.split(found.separator)[1:]]
    spaced = sum(cell.startswith(" ") for cell in after) > 0.9 * len(after) if after else False
    decimal = options.decimal
    if decimal is None and found.separator != ",":
        cells = [cell.strip() for record in records for cell in record]
        commas = sum(bool(_DECIMAL_COMMA.fullmatch(cell)) for cell in cells)
        points = sum(bool(_DECIMAL_POINT.fullmatch(cell)) for cell in cells)
        decimal = "," if commas > points else None
    return replace(found, comment=comment, skipped=skipped, blanks=spaced, decimal=decimal)
