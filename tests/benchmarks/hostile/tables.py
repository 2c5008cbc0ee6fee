"""Tables of text: every dialect, encoding and kind of cell, sound and damaged, checked against the csv module."""

from __future__ import annotations

import codecs
import csv
import io
import re
from contextlib import suppress
from random import Random
from typing import Any

from engine.datasets.readers import read
from engine.datasets.readers.cell_types import MISSING
from engine.datasets.readers.table import Column, Options, Table
from engine.errors import DataError
from engine.system.drain import drain
from tests.benchmarks.hostile.cases import Case, damaged

SEPARATORS = ",,,;\t|"
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "cp1251")
NAMES = ("height", "width", "label", "price (EUR)", "name", "Größe", "数", "id", "a.b", "nan", "1", "col,umn")
WORDS = (
    "red", "blue", "leaf", "stem", "NA", "n/a", "?", "", " ", "None", "true", "False", "yes", "no", "café", "0",
    "01", "1e3", "=1+1", "[bold]x[/]", "a,b", 'say "so"', "two\nlines", "-", "#N/A", "x" * 300, "日本", "\x1b[2J",
)  # fmt: skip
TEXTS = ("a fine film, and a long one", "bad; very bad", 'they said "no"', "so so", "<br />again", "12 monkeys")


def campaign(case: Case) -> None:
    """Reads one table, compares it with what the csv module reads, and shows it as a data set."""
    content, encoding = _table(case.random)
    sound = case.random.random() < 0.6
    for _ in range(0 if sound else case.random.choice((1, 1, 4))):
        content = damaged(content, case.random)
    file = case.folder / case.random.choice(
        ("hostile.csv", "hostile.csv", "hostile.tsv", "hostile.txt", "hostile")
    )
    file.write_bytes(content)
    try:
        table = drain(read(file, Options()))
    except DataError:
        table = None
    except BaseException as error:
        case.tracebacks.append(f"reading: {type(error).__name__}: {error}"[:400])
        return
    if table is not None:
        case.accepted += 1
        _compare(case, table, content, encoding)
    case.call("data", "show", str(file), "--json")


def _table(chance: Random) -> tuple[bytes, str]:
    encoding, newline = chance.choice(ENCODINGS), chance.choice(("\n", "\n", "\r\n", "\r"))
    names = chance.sample(NAMES, chance.randrange(1, 6))
    makers = [chance.choice((_whole, _real, _word, _code, _date, _text, _flag)) for _ in names]
    rows = [[make(chance) for make in makers] for _ in range(chance.choice((3, 12, 30, 120)))]
    text = io.StringIO()
    quoting = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    writer = csv.writer(text, delimiter=chance.choice(SEPARATORS), lineterminator=newline, quoting=quoting)
    writer.writerows([*([names] if chance.random() < 0.85 else []), *rows])
    return text.getvalue().encode(encoding, "replace"), encoding


def _whole(chance: Random) -> str:
    return str(
        chance.choice((chance.randrange(10), chance.randrange(-(10**6), 10**6), 2**53 + chance.randrange(9)))
    )


def _real(chance: Random) -> str:
    value = chance.uniform(-1000, 1000)
    styles = (
        f"{value:.3f}",
        f"{value:.3f}",
        f"{value!r}",
        f"{value:e}",
        f"{value:,.2f}",
        f"{value:.2f}".replace(".", ","),
    )
    return chance.choice((*styles, "", "inf", "NaN")) if chance.random() < 0.1 else styles[0]


def _word(chance: Random) -> str:
    return chance.choice(WORDS)


def _code(chance: Random) -> str:
    return f"{chance.randrange(20):0{chance.choice((1, 2, 3))}}"


def _date(chance: Random) -> str:
    year, month, day = chance.randrange(1900, 2100), chance.randrange(1, 13), chance.randrange(1, 29)
    return chance.choice((f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{month}/{day}/{year}"))


def _text(chance: Random) -> str:
    return " ".join(chance.sample(TEXTS, 2))


def _flag(chance: Random) -> str:
    return chance.choice(("True", "False"))


def _compare(case: Case, table: Table, content: bytes, encoding: str) -> None:
    """Compares every cell with the csv module's, in the dialect that the reader says it took."""
    reading, said = table.reading, " ".join(table.notes)
    if reading.format != "delimited" or reading.comment:
        return
    for codec in dict.fromkeys((encoding, *_codecs(reading.encoding))):
        with suppress(UnicodeError, LookupError):
            rows = _csv(content.decode(codec), table)
            problem = _difference(table, rows, said)
            if problem is None:
                return
    case.changed(f"{reading}: {problem}; notes: {said[:200]}")


def _codecs(spoken: str | None) -> list[str]:
    found = []
    for name in (spoken or "", (spoken or "").replace(" ", "-"), "cp1252", "latin-1", "utf-8", "utf-8-sig"):
        with suppress(LookupError):
            found.append(codecs.lookup(name).name)
    return found


def _csv(text: str, table: Table) -> list[tuple[int, list[str]]]:
    """The records that the csv module reads, without wholly blank ones, each with the line on which it begins."""
    quoted = not any("Quotes are part" in note for note in table.notes)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    options: dict[str, Any] = {"quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.reading.separator or "\x1e", **options)
    rows, line = [], 1
    for row in reader:
        rows.append((line, row))
        line = reader.line_num + 1
    kept = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    heading = table.reading.header and kept and kept[0][0] < min(table.lines.tolist(), default=line)
    return kept[1:] if heading else kept


def _difference(table: Table, rows: list[tuple[int, list[str]]], said: str) -> str | None:
    """The first difference that no note tells of; None where there is none."""
    by_line = dict(rows)
    lines = table.lines.tolist()
    if set(by_line) - set(lines) and not re.search(r"left out|before the table|empty|blank", said):
        return f"{len(rows)} records in the file, {len(lines)} rows in the table"
    for line in lines:
        if line not in by_line:
            return f"the row of line {line} is no record that begins there"
    for position, column in enumerate(table.columns):
        told = f"{column.name!r}" in said or column.name in said
        for index, line in enumerate(lines):
            row = by_line[line]
            cell = row[position] if position < len(row) else ""
            if not told and len(row) == len(table.columns) and not _same(column, index, cell):
                return f"line {line}, {column.name!r} ({column.kind}): {cell!r} is {column.values[index]!r}"
    return None


def _same(column: Column, index: int, cell: str) -> bool:
    """Whether a cell's value is what is written, in one of the notations of numbers."""
    bare, value = cell.strip(), column.values[index]
    if column.missing[index]:
        return bare in MISSING
    if column.kind == "text":
        return bool(value == cell or str(value).strip() == bare)
    if column.kind == "number":
        return any(found == value for found in _numbers(bare))
    if column.kind == "boolean":
        return column.texts()[index] == bare
    return sorted(re.findall(r"[1-9]\d*", str(value)[:10])) == sorted(re.findall(r"[1-9]\d*", bare)[:3])


def _numbers(bare: str) -> list[float]:
    digits = re.sub(r"[^\d.,eE+-]", "", bare)
    spellings = (digits, digits.replace(",", ""), digits.replace(".", "").replace(",", "."))
    found: list[float] = []
    for text in spellings:
        with suppress(ValueError):
            found += [float(text), float(text) / 100]
        with suppress(ValueError):
            found.append(int(text))
    return found
