"""Detects the format of a file by its content, not its suffix, and selects the reader."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from engine.datasets.readers.encodings import detect
from engine.datasets.readers.opening import Packed, packed, read_text, reading
from engine.datasets.readers.table import Options, Table
from engine.errors import DataError
from engine.events import Preparation
from engine.system.suggest import shown

_OTHERS = {
    b"%PDF": "a PDF document: save its table as CSV",
    b"\x89PNG": "an image: tables, texts and arrays can be read",
    b"\xff\xd8\xff": "an image: tables, texts and arrays can be read",
    b"GIF8": "an image: tables, texts and arrays can be read",
    b"SQLite format 3\0": "an SQLite database: save the table as CSV or Parquet",
    b"\x89HDF": "an HDF5 file: save the table as CSV or Parquet",
    b"\x93NUMPY": "one NumPy array (.npy): save features and targets together with numpy.savez",
    b"\x80\x04": "a pickle, which can run any code: save the table as CSV or Parquet",
    b"\x80\x05": "a pickle, which can run any code: save the table as CSV or Parquet",
    **dict.fromkeys((b"RDX2\n", b"RDX3\n"), "an R data file: save the table as CSV"),
    b"Obj\x01": "an Avro file: save the table as CSV or Parquet",
    b"\xff\xff\xff\xff": "a stream of Arrow batches: save the table as an Arrow file, CSV or Parquet",
    b"<stata_dta>": "a Stata file: save the table as CSV",
    b"$FL2": "an SPSS file: save the table as CSV",
    b"\0" * 12 + b"\xc2\xea\x81\x60": "a SAS file: save the table as CSV",
    b"MATLAB 5.0": "a MATLAB file: save the table as CSV, or arrays with numpy.savez",
    **dict.fromkeys((b"\x1f\x8b", b"\xfd7zXZ\0"), "packed twice: unpack it first"),
    b"\x1f\x9d": "packed by compress (.Z): unpack it",
    b"\x04\x22M\x18": "compressed by LZ4: unpack it",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard: unpack it",
}
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")
_LFS = b"version https://git-lfs.github.com/spec/"
_ANNEX = re.compile(rb"[./]*(\.git/annex|annex)/objects/\S+\s*")
_WEB = re.compile(
    rb"\s*(<!doctype html|<html|<\?xml|<(head|body|table|div|script|meta)\b[^\n]*>[ \t\r]*(\n|$))", re.I
)
"""How a web page begins, or a part of one; in a table of such parts, other cells follow in the line."""

_PAIRS = r"(\s+qid:\d+)?(\s+-?\d+:[-+]?([\d.]+(e[-+]?\d+)?|nan|inf))*\s*(#.*)?"
_SVMLIGHT = re.compile(rf"[-+]?[\d.]+(e[-+]?\d+)?(,[-+]?[\d.]+)*{_PAIRS}", re.I)
_WORD_AND_PAIRS = re.compile(rf"[^\s,;:|]*{_PAIRS}", re.I)
_PAIR = re.compile(r"\s-?\d+:([-+.\d]|nan|inf)", re.I)

_READERS = {
    "delimited": "delimited",
    "json": "json_records",
    "arff": "arff",
    "parquet": "parquet",
    "arrow": "parquet",
    "excel": "excel",
    "npz": "npz_arrays",
}
"""The module of this package for each format, with a function ``read(packed, options)``."""

_TEXTS = ("delimited", "json", "arff")
"""The text formats, whose ``read`` takes an Encoded file instead of a Packed one."""


def read(path: Path, options: Options) -> Preparation[Table]:
    """Read a user's table in any format. Raises DataError with the file and advice."""
    with reading(path, "a table"):
        source = packed(path)
        name = format_of(source)
        if name == "svmlight":
            raise DataError(f"{path} is in svmlight's format: its sparse samples are not a table")
        reader: Callable[..., Preparation[Table]]
        reader = import_module(f"engine.datasets.readers.{_READERS[name]}").read
        if name in _TEXTS:
            return (yield from read_text(source, options.charset, partial(reader, options=options)))
        return (yield from reader(source, options))


def file_format(path: Path) -> str:
    """Detect the format of a file from its content; raises DataError for unsupported formats."""
    with reading(path, "a table"):
        return format_of(packed(path))


def format_of(source: Packed) -> str:
    """Detect the format of a file; raises DataError with the kind of file if it cannot be read."""
    path, sample = source.path, source.sample()
    if not sample:
        raise DataError(f"{path} is empty: a table needs lines of values")
    if sample.startswith(_LFS):
        raise DataError(f"{path} is a Git LFS pointer, not the file itself: `git lfs pull` fetches it")
    if _ANNEX.fullmatch(sample):
        raise DataError(f"{path} is a git-annex pointer, not the file itself: `git annex get` fetches it")
    if other := next((words for magic, words in _OTHERS.items() if sample.startswith(magic)), None):
        raise DataError(f"{path} is {other}")
    if sample.startswith(b"ORC") and _CONTROL.search(sample):  # a table may begin with the name ORCID
        raise DataError(f"{path} is an ORC file: save the table as CSV or Parquet")
    if sample[257:262] == b"ustar":
        raise DataError(f"{path} is a tar archive: unpack it, and name the file that is the table")
    if _WEB.match(sample):
        if sample.lstrip()[:5] == b"<?xml" and b"<html" not in sample[:10_000].lower():
            raise DataError(f"{path} is XML, not a table: save it as CSV")
        raise DataError(f"{path} is a web page, not a table: download the file itself")
    return _binary_format(source, sample) or _text_format(path, sample)


def _binary_format(source: Packed, sample: bytes) -> str | None:
    if sample.startswith(b"PAR1"):
        return "parquet"
    if sample.startswith(b"ARROW1"):
        return "arrow"
    if sample.startswith(b"\xd0\xcf\x11\xe0"):
        return "excel"
    if not sample.startswith(b"PK\x03\x04"):
        return None
    with zipfile.ZipFile(source.path) as archive:
        return "npz" if any(name.endswith(".npy") for name in archive.namelist()) else "excel"


def _text_format(path: Path, sample: bytes) -> str:
    try:
        text = sample.decode(detect(sample), errors="replace")
    except ValueError as error:
        raise DataError(f"{path} cannot be read as a table: {error}") from error
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()[:1000] if line.strip()]
    bare = [line for line in lines if not line.startswith(("%", "#"))]
    if bare and bare[0].lower().startswith("@relation"):
        return "arff"
    if refused := _no_table(bare[:20]):
        raise DataError(f"{path} {refused}")
    if lines and re.match(r'\{\s*("|\}|$)|\[\s*(\{|\[|\]|$)', lines[0]):
        return "json"
    return "svmlight" if _is_svmlight(bare[:20]) else "delimited"


def _no_table(front: Sequence[str]) -> str | None:
    """Describe lines that are close to a supported format, with advice; None for others."""
    if not front:
        return None
    if all(map(_is_list, front)):
        return 'holds a list on each line, without names: write objects, as in {"a": 1}, or CSV'
    if all(re.match(r"\[?\{'[^']*'\s*:", line) for line in front):
        return "holds dictionaries as Python prints them: write them as JSON, with json.dumps"
    if all(line.startswith("__label__") for line in front):
        return "is in fastText's format, with labels before the texts: save labels and texts as two columns"
    paired = sum(len(_PAIR.findall(line)) > 1 for line in front)  # a single pair may be a time
    if not _is_svmlight(front) and paired > len(front) / 2 and all(map(_WORD_AND_PAIRS.fullmatch, front)):
        return f"is in svmlight's format with {shown(front[0].split()[0])} for a target: targets are numbers there"
    return None


def _is_svmlight(front: Sequence[str]) -> bool:
    return any(map(_PAIR.search, front)) and all(map(_SVMLIGHT.fullmatch, front))


def _is_list(line: str) -> bool:
    """Whether a line is a JSON list whose values are not records."""
    try:
        found = json.loads(line.rstrip(",")) if line.startswith("[") else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and bool(found) and not any(isinstance(one, (dict, list)) for one in found)
