"""A cache of named arrays in files that are written atomically, checksummed, and memory-mapped when read.

A file consists of a magic line, the length of its header and the header's CRC-32 (8 bytes each, little-endian), a
JSON header with each array's dtype, shape, offset and CRC-32, and the arrays, each aligned to 64 bytes.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import secrets
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.system import paths
from engine.system.atomic_write import whole

_MAGIC = b"workbench arrays 2\n"
_FRONT = len(_MAGIC) + 16
_ALIGNMENT = 64
_VERSION = "4"
"""Incremented whenever the content for an unchanged key changes, so that older files are not found."""

KEPT_BYTES = 2_000_000_000
"""Maximum size of the folder of cached arrays in bytes; the least recently used files are removed first."""

Arrays = Mapping[str, NDArray[Any]]


def path(*parts: str) -> Path:
    """Return the path of the cached arrays with this key, a hash of the parts."""
    import hashlib

    name = hashlib.sha256("\0".join((_VERSION, *parts)).encode()).hexdigest()[:32]
    return paths.cache() / f"{name}.arrays"


def write(cached: Path, arrays: Arrays) -> None:
    """Write arrays to a file atomically; raises EngineError."""
    with whole(cached) as file:
        file.writelines(_parts(arrays))


def _parts(arrays: Arrays) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a file of arrays, in order."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    described: dict[str, tuple[str, tuple[int, ...], int, int]] = {}
    end = 0
    for name, array in contiguous.items():
        described[name] = (array.dtype.str, array.shape, end, _checksum(array))
        end += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    header = json.dumps(described).encode()
    header += b" " * (-(_FRONT + len(header)) % _ALIGNMENT)
    yield _MAGIC + len(header).to_bytes(8, "little") + zlib.crc32(header).to_bytes(8, "little") + header
    for array in contiguous.values():
        yield array.data if array.size else b""
        yield bytes(-array.nbytes % _ALIGNMENT)


def keep(cached: Path, arrays: Arrays) -> None:
    """Write arrays that can be computed again; a full disk costs the cache, not the run.

    The file is not synced to disk, which would take as long as reading a table: a file left incomplete by a crash
    fails its checksum and is rebuilt.
    """
    beside = cached.with_name(f".{cached.name}.{secrets.token_hex(4)}")
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:
            file.writelines(_parts(arrays))
        os.replace(beside, cached)
        _tidy(cached.parent)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def room(size: int, dtype: type[np.generic]) -> NDArray[Any]:
    """Allocate an array of shape (size,) in an unnamed file of the cache, or in memory if the disk is full.

    The disk space is reserved at once, since a mapped file that outgrows its disk would crash the process.
    """
    size_in_bytes = size * np.dtype(dtype).itemsize
    try:
        paths.cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=paths.cache()) as file:
            os.posix_fallocate(file.fileno(), 0, size_in_bytes)
            return np.frombuffer(mmap.mmap(file.fileno(), size_in_bytes), dtype)
    except (OSError, ValueError, AttributeError):  # full or read-only disk, size 0, or a system without fallocate
        return np.empty(size, dtype)


def read(cached: Path) -> Arrays | None:
    """Return the arrays of a file, memory-mapped and read-only; None if it is missing or damaged."""
    try:
        with cached.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrays = _arrays(mapped)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    with suppress(OSError):
        os.utime(cached)
    return arrays


def release(*arrays: NDArray[Any]) -> None:
    """Return the memory of mapped arrays to the system, which reads their files again when needed."""
    for base in {id(found): found for array in arrays if (found := _mapping(array))}.values():
        base.madvise(mmap.MADV_DONTNEED)


def _mapping(array: Any) -> mmap.mmap | None:
    """Return the mapped file behind an array; None for an array in memory or a system without such calls."""
    while isinstance(array, np.ndarray):
        array = array.base
    found = array.obj if isinstance(array, memoryview) else None
    return found if isinstance(found, mmap.mmap) and hasattr(found, "madvise") else None


def _arrays(mapped: mmap.mmap) -> Arrays:
    if mapped[: len(_MAGIC)] != _MAGIC:
        raise ValueError("not a file of arrays")
    end = _FRONT + int.from_bytes(mapped[len(_MAGIC) : len(_MAGIC) + 8], "little")
    header = mapped[_FRONT:end]
    if zlib.crc32(header) != int.from_bytes(mapped[len(_MAGIC) + 8 : _FRONT], "little"):
        raise ValueError("damaged")
    return {name: _array(mapped, end, *described) for name, described in json.loads(header).items()}


def _array(mapped: mmap.mmap, base: int, dtype: str, shape: list[int], offset: int, checksum: int) -> NDArray[Any]:
    array = np.frombuffer(mapped, np.dtype(dtype), math.prod(shape), base + offset).reshape(shape)
    if _checksum(array) != checksum:
        raise ValueError("damaged")
    release(array)
    return array


def _checksum(array: NDArray[Any]) -> int:
    return zlib.crc32(array.reshape(-1).view(np.uint8).data) if array.size else 0


def _tidy(folder: Path) -> None:
    """Remove the least recently used files beyond KEPT_BYTES; the newest are kept, whatever their size."""
    try:
        known = [(found.stat(), found) for found in folder.glob("*.arrays")]
        known.sort(key=lambda item: item[0].st_mtime, reverse=True)
        total = 0
        for index, (status, found) in enumerate(known):
            total += status.st_size
            if index and total > KEPT_BYTES:
                found.unlink(missing_ok=True)
    except OSError:
        return
