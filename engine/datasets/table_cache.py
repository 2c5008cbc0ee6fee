"""Caches tables read from users' files, keyed by the file's content and the reading options."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import array_cache, file_digest
from engine.datasets.array_cache import Arrays
from engine.datasets.readers.table import Column, Options, Reading, Table, none_missing
from engine.datasets.readers.texts import Texts
from engine.events import Preparation

_VERSION = "25"
"""Incremented whenever a reader's result for the same file changes, so that older tables are not found."""


def load(path: Path, options: Options) -> Preparation[tuple[Table, str]]:
    """Return a table, from the cache if possible, and the SHA-256 of its file; raises DataError."""
    digest = yield from file_digest.digest(path)
    file = array_cache.path("table", _VERSION, digest, path.suffix, json.dumps(asdict(options)))
    found = array_cache.read(file)
    if found is not None:
        return _table(found), digest
    from engine.datasets.readers.formats import read

    table = yield from read(path, options)
    array_cache.keep(file, _arrays(table))
    kept = array_cache.read(file)  # memory-mapped, so that the table just read need not stay in memory
    return table if kept is None else _table(kept), digest


def _arrays(table: Table) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"lines": table.lines}
    described = []
    for number, column in enumerate(table.columns):
        stored = column.stored
        if column.missing.any():
            arrays[f"{number} missing"] = column.missing
        if isinstance(stored, Texts):
            arrays |= {f"{number} {part}": getattr(stored, part) for part in ("blob", "offsets", "codes")}
            described.append((column.name, column.kind, column.spellings, stored.repeated, stored.known))
        else:  # dates as whole numbers, since datetime64 does not support the buffer protocol
            arrays[f"{number} values"] = stored.view(np.int64) if column.kind == "date" else stored
            described.append((column.name, column.kind, column.spellings, False, None))
    meta = {"columns": described, "reading": asdict(table.reading), "notes": table.notes, "empty": table.empty}
    return arrays | {"meta": np.frombuffer(json.dumps(meta).encode(), np.uint8)}


def _table(arrays: Arrays) -> Table:
    meta = json.loads(arrays["meta"].tobytes())
    columns = []
    for number, (name, kind, spellings, repeated, known) in enumerate(meta["columns"]):
        stored: NDArray[Any] | Texts
        if kind == "text":
            blob, offsets, codes = (arrays[f"{number} {part}"] for part in ("blob", "offsets", "codes"))
            stored = Texts(blob, offsets, codes, repeated, known)
        else:
            stored = arrays[f"{number} values"]
            stored = stored.view("datetime64[s]") if kind == "date" else stored
        missing = arrays.get(f"{number} missing", none_missing(len(arrays["lines"])))
        columns.append(Column(name, kind, stored, missing, tuple(spellings)))
    notes, empty = tuple(meta["notes"]), tuple(meta["empty"])
    return Table(tuple(columns), Reading(**meta["reading"]), notes, arrays["lines"], empty)
