"""Reads Keras's ``.npz`` files with an unpickler that only allows arrays.

Rows of different lengths are stored as object arrays, which NumPy can only store as pickles. They are read by an
unpickler that knows the three names required for such an array and refuses all others (as Keras 3 does itself).
"""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from array import array as integers
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.ragged import Ragged
from engine.datasets.text import MOST_WORDS
from engine.errors import DataError

_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}
_MAX_BYTES = 1_000_000_000
_MAX_PICKLE = 100_000_000
"""Maximum size of a pickled array in bytes; the largest published one has 18 million."""

_MAX_CONTAINERS = 1_000_000
"""Maximum number of bytes of each kind in a pickle that create a container of 50 to 200 bytes."""

_CONTAINERS = (b"]", b"}", b"(", b"\x8f")
_DAMAGES = (
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError,
    zipfile.BadZipFile, zlib.error, pickle.UnpicklingError, MemoryError, NotImplementedError, RecursionError,
)  # fmt: skip


class _RefusedError(Exception):
    """Raised if a pickle asks for a name that arrays do not need."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise _RefusedError(f"{module}.{name}")
        return np._core.multiarray._reconstruct if name == "_reconstruct" else getattr(np, name)  # type: ignore[attr-defined]


def ragged(path: Path, name: str) -> Ragged:
    """Read an array of lists of whole numbers; raises DataError with the file's name for anything else."""
    found = _read(path, name)
    if not isinstance(found, Ragged):
        raise DataError(f"{path}: {name} is not an array of lists: it is not the file that Keras publishes")
    return found


def flat(path: Path, name: str) -> NDArray[Any]:
    """Read an array of numbers; raises DataError with the file's name for anything else."""
    found = _read(path, name)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iuf":
        raise DataError(f"{path}: {name} is not an array of numbers: it is not the file that Keras publishes")
    return found


def classes(path: Path, names: Sequence[str], lengths: Sequence[int], number: int) -> NDArray[np.int64]:
    """Read and join arrays of class numbers below ``number``, of these lengths; raises DataError."""
    found = [flat(path, name) for name in names]
    for name, array, length in zip(names, found, lengths, strict=True):
        whole = array.dtype.kind in "iu" and array.shape == (length,)
        if not whole or (length and not 0 <= array.min() <= array.max() < number):
            raise DataError(f"{path}: {name} is not {length:,} class numbers below {number}")
    return np.concatenate(found).astype(np.int64)


def _read(path: Path, name: str) -> NDArray[Any] | Ragged:
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{name}.npy" not in archive.namelist():
                raise DataError(f"{path} has no array {name}: it is not the file that Keras publishes")
            return _member(archive, f"{name}.npy")
    except _RefusedError as refused:
        raise DataError(
            f"{path} was refused: it is a pickle that asks for {refused}, which no data needs"
        ) from None
    except _DAMAGES as error:
        reason = (str(error).split("\n")[0] or type(error).__name__)[:120]
        raise DataError(f"{path} is damaged or incomplete ({reason}): get it again") from error


def _member(archive: zipfile.ZipFile, name: str) -> NDArray[Any] | Ragged:
    size = archive.getinfo(name).file_size
    if size > _MAX_BYTES:
        raise ValueError(f"{name} is larger than any known data set")
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
        if dtype.hasobject:
            return _ragged(_unpickled(file, size), size)
    if int(np.prod(shape, dtype=np.float64)) * dtype.itemsize > size:
        raise ValueError(f"{name} is shorter than it says")
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _unpickled(file: IO[bytes], size: int) -> Any:
    """Unpickle an array and verify its checksum; refuses a pickle that could exhaust the memory."""
    if size > _MAX_PICKLE:
        raise ValueError("it is larger than any known data set")
    content = file.read()
    if any(content.count(opcode) > _MAX_CONTAINERS for opcode in _CONTAINERS):
        raise ValueError("it holds more lists than any known data set")
    return _Unpickler(io.BytesIO(content)).load()


def _ragged(array: Any, size: int) -> Ragged:
    """Flatten an unpickled array of lists; refuses more ids than bytes, as a pickle can repeat a list for free."""
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype != object:
        raise ValueError("not an array of lists")
    rows = array.tolist()
    if not all(isinstance(row, list | np.ndarray) for row in rows):
        raise ValueError("not an array of lists")
    if sum(map(len, rows)) > size:
        raise ValueError("it repeats its rows")
    values, offsets = integers("i"), integers("q", [0])
    for row in rows:
        values.extend(row if isinstance(row, list) else row.tolist())  # raises for anything but whole numbers
        offsets.append(len(values))
    ids = np.frombuffer(values, np.int32)
    if len(ids) and not 1 <= ids.min() <= ids.max() <= MOST_WORDS:
        raise ValueError(f"its ids are not between 1 and {MOST_WORDS:,}")
    return Ragged(ids, np.frombuffer(offsets, np.int64))
