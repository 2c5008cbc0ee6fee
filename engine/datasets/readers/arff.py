"""ARFF, the format of Weka and OpenML: attributes with their types, then records separated by commas."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from engine.datasets.readers.delimited import Layout, read_as
from engine.datasets.readers.dialect import Dialect
from engine.datasets.readers.opening import Encoded
from engine.datasets.readers.table import Options, Table
from engine.errors import DataError
from engine.events import Preparation

_ATTRIBUTE = re.compile(r"""@attribute\s+('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s'"{]+)\s*(.+)""", re.I)
_NUMERIC = ("numeric", "real", "integer")
_TEXTS = ("string", "date")


def read(text: Encoded, options: Options) -> Preparation[Table]:
    """Read an ARFF file; ``?`` is a missing value. Raises DataError with the line that cannot be read."""
    path, (sample, _) = text.packed.path, text.sample()
    names: list[str] = []
    texts: list[str] = []
    for number, raw in enumerate(sample.split("\n"), 1):
        line = raw.strip()
        if line.lower() == "@data":
            break
        if line.lower().startswith("@attribute"):
            name, kind = _attribute(path, line, number)
            names.append(name)
            if kind == "text":
                texts.append(name)
    else:
        raise DataError(f"{path} is ARFF without a line @data")
    rest = sample.split("\n")[number:]
    if any(line.lstrip().startswith("{") for line in rest[:100]):
        raise DataError(f"{path} is sparse ARFF, which is not read: save it as dense ARFF or as CSV")
    if len(set(names)) < len(names) or not names:
        raise DataError(f"{path} needs attributes, each with a unique name")
    quote = '"' if sum(line.count('"') for line in rest) > sum(line.count("'") for line in rest) else "'"
    dialect = Dialect(",", quote, len(names), "%", number, blanks=True, decimal=".", escape="\\")
    layout = Layout(dialect, tuple(names), number + 1, True)
    missing = options.missing if options.missing is not None else ("?",)
    known = replace(options, missing=missing, as_text=(*options.as_text, *texts))
    return (yield from read_as(text, layout, known, "arff"))


def _attribute(path: Path, line: str, number: int) -> tuple[str, str]:
    """Parse an attribute's name and its kind: "numeric", or "text" if it is kept as written."""
    found = _ATTRIBUTE.fullmatch(line)
    kind = found[2].split("{")[0].strip().lower() if found else ""
    if not found or kind.startswith("relational"):
        raise DataError(f"{path}, line {number}: not an attribute with a name and a type that can be read")
    name = re.sub(r"\\(.)", r"\1", found[1][1:-1]) if found[1][0] in "'\"" else found[1]
    if kind in _NUMERIC:
        return name, "numeric"
    if kind and not kind.startswith(_TEXTS):
        raise DataError(f"{path}, line {number}: the type {kind!r} is not an ARFF type")
    return name, "date" if kind.startswith("date") else "text"
