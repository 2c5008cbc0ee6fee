"""Archives and binary files: pickles, bombs, lies about shapes, packed tables, Parquet, Excel and ARFF."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl

from engine.datasets.readers import read
from engine.datasets.readers.table import Options
from engine.errors import DataError
from engine.system.drain import drain
from tests.benchmarks.hostile.cases import Case, damaged

ROWS = 40
TABLE = "height,label\n" + "".join(f"{row / 4},{('leaf', 'stem')[row % 2]}\n" for row in range(ROWS))


class Exploit:
    """Pickled, it makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def campaign(case: Case) -> None:
    """Reads one archive, as a person's data or as the published file of a data set."""
    kind = case.random.choice(sorted(MAKERS))
    content = MAKERS[kind](case.random, case.folder / "owned")
    harmless = kind in SOUND
    if case.random.random() < (0.75 if harmless else 0.3):
        content, harmless = damaged(content, case.random), False
    home = case.folder / "data"
    home.mkdir()
    os.environ["WORKBENCH_DATA"] = str(home)
    if kind in PUBLISHED:
        (home / PUBLISHED[kind]).write_bytes(content)
        case.call("data", "show", PUBLISHED[kind].partition(".")[0].partition("_")[0].replace("aclImdb", "imdb"))
    else:
        file = home / f"own.{case.random.choice((kind.partition(' ')[0], 'csv', 'npz', 'bin'))}"
        file.write_bytes(content)
        _read(case, file, harmless)
        case.call("data", "show", str(file))
    if (case.folder / "owned").exists():
        case.tracebacks.append("a pickle was executed")


def _read(case: Case, file: Path, harmless: bool) -> None:
    try:
        table = drain(read(file, Options()))
    except DataError as error:
        if harmless:
            case.changed(f"a sound file is refused: {error}")
        return
    except BaseException as error:
        case.tracebacks.append(f"reading: {type(error).__name__}: {error}"[:400])
        return
    case.accepted += 1
    if harmless and (len(table) != ROWS or table.columns[0].values.tolist() != [row / 4 for row in range(ROWS)]):
        case.changed(f"a sound file is read as {len(table)} rows: {table.reading}")


def _arrays() -> dict[str, Any]:
    heights = np.arange(ROWS, dtype=np.float64)[:, None] / 4
    return {"x": heights, "y": np.array([("leaf", "stem")[row % 2] for row in range(ROWS)])}


def _npz(chance: Random, owned: Path) -> bytes:
    file = io.BytesIO()
    chance.choice((np.savez, np.savez_compressed))(file, **_arrays())
    return file.getvalue()


def _pickled(chance: Random, owned: Path) -> bytes:
    """Object arrays, of which most run code where they are trusted."""
    hostile = np.array([Exploit(owned), [1, 2]], dtype=object)
    file = io.BytesIO()
    np.savez(file, **{name: chance.choice((hostile, hostile, value)) for name, value in _published().items()})
    return file.getvalue()


def _lying(chance: Random, owned: Path) -> bytes:
    """An npz whose header promises another shape or dtype than there are bytes."""
    shape = chance.choice(("(10000000000,)", "(-1,)", "(40, 99999999)", "(0, 0)", "(3,)", "'x'", "(1,) * 9", "()"))
    kind = chance.choice(("<f8", "|O", "<U999999999", "<M8[s]", "V8", "nonsense", "<c16", "|S0"))
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    array = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + bytes(64)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("x_train.npy", "x.npy", "y.npy"):
            archive.writestr(name, array)
    return file.getvalue()


def _bomb(chance: Random, owned: Path) -> bytes:
    """Hundreds of megabytes of nothing, packed into less than one."""
    return _bombs(chance.choice(("gzip", "npz", "line")))


@cache
def _bombs(kind: str) -> bytes:
    if kind != "npz":
        return gzip.compress((b"\0" if kind == "gzip" else b"x") * 400_000_000, 1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(400_000_000))
    return file.getvalue()


def _zip(chance: Random, owned: Path) -> bytes:
    file = io.BytesIO()
    names = chance.choice((["t.csv"], ["t.csv"], ["a.csv", "b.csv"], ["../../t.csv"], ["/etc/t.csv"], []))
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, TABLE)
    return file.getvalue()


def _parquet(chance: Random, owned: Path) -> bytes:
    file = io.BytesIO()
    pl.read_csv(TABLE.encode()).write_parquet(file)
    return file.getvalue()


@cache
def _workbook() -> bytes:
    import openpyxl

    book, file = openpyxl.Workbook(), io.BytesIO()
    for line in TABLE.splitlines():
        number, _, word = line.partition(",")
        book.worksheets[0].append([number if number == "height" else float(number), word])
    book.save(file)
    return file.getvalue()


def _arff(chance: Random, owned: Path) -> bytes:
    rows = TABLE.partition("\n")[2]
    return f"@relation t\n@attribute height numeric\n@attribute label {{leaf,stem}}\n@data\n{rows}".encode()


def _tar(chance: Random, owned: Path) -> bytes:
    """The published archive of reviews, in small, with members that lead out of it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for part in ("train", "test"):
            for label in ("pos", "neg"):
                for number in range(chance.choice((0, 3, 12))):
                    name = f"aclImdb/{part}/{label}/{number}_7.txt"
                    name = chance.choice((*[name] * 20, "../../owned", "/tmp/owned", "aclImdb/train/pos/x.txt"))
                    member = tarfile.TarInfo(name)
                    member.type = chance.choice((*[tarfile.REGTYPE] * 20, tarfile.SYMTYPE, tarfile.DIRTYPE))
                    text = b"a film " * chance.choice((1, 30)) + chance.choice((b"", b"\xff\x00"))
                    member.size, member.linkname = len(text), "/etc/passwd"
                    archive.addfile(member, io.BytesIO(text))
    return file.getvalue()


def _published() -> dict[str, Any]:
    """Word ids and labels as Keras publishes them."""
    reviews = np.empty(30, dtype=object)
    reviews[:] = [[1, *range(4, 5 + row)] for row in range(30)]
    labels = np.arange(30) % 2
    return {"x_train": reviews, "y_train": labels, "x_test": reviews, "y_test": labels, "x": reviews, "y": labels}


def _keras(chance: Random, owned: Path) -> bytes:
    file, arrays = io.BytesIO(), _published()
    if chance.random() < 0.5:
        name = chance.choice(list(arrays))
        odd = (np.arange(3.0), np.array([[1, -5, 2**62]], object), np.array("x"), np.array([None] * 30, object))
        arrays[name] = chance.choice(odd)
    np.savez(file, **arrays)
    return file.getvalue()


def _boston(chance: Random, owned: Path) -> bytes:
    file = io.BytesIO()
    columns = chance.choice((13, 13, 12, 0))
    np.savez(file, x=np.ones((506, columns)) * chance.choice((1, np.nan, np.inf, 1e300)), y=np.arange(506.0))
    return file.getvalue()


def _raw_pickle(chance: Random, owned: Path) -> bytes:
    return pickle.dumps(Exploit(owned))


MAKERS: dict[str, Callable[[Random, Path], bytes]] = {
    "npz": _npz,
    "npz pickled": _pickled,
    "npz lying": _lying,
    "npz bomb": _bomb,
    "zip": _zip,
    "csv.gz": lambda *_: gzip.compress(TABLE.encode()),
    "csv.bz2": lambda *_: bz2.compress(TABLE.encode()),
    "csv.xz": lambda *_: lzma.compress(TABLE.encode()),
    "parquet": _parquet,
    "xlsx": lambda *_: _workbook(),
    "arff": _arff,
    "npz raw pickle": _raw_pickle,
    "tar imdb": _tar,
    "imdb": _keras,
    "imdb pickled": _pickled,
    "imdb lying": _lying,
    "reuters": _keras,
    "boston": _boston,
}
SOUND = ("npz", "csv.gz", "csv.bz2", "csv.xz", "parquet", "xlsx", "arff")
PUBLISHED = {
    "tar imdb": "aclImdb_v1.tar.gz",
    "imdb": "imdb.npz",
    "imdb pickled": "imdb.npz",
    "imdb lying": "imdb.npz",
    "reuters": "reuters.npz",
    "boston": "boston_housing.npz",
}
