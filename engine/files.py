"""Files that are either whole or not there, and the folders the workbench keeps them in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import platformdirs

from engine.errors import EngineError


def home() -> Path:
    """The folder for runs, caches and the log: ``WORKBENCH_HOME``, or the platform's own place."""
    named = os.environ.get("WORKBENCH_HOME")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("workbench", appauthor=False))


def cache() -> Path:
    """The folder for what can be made again: indexed data."""
    return home() / "cache"


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only when complete.

    It is written to a temporary name beside ``path``, synced and renamed. Raises EngineError, with the
    path and the system's reason, where that fails; then nothing half-written is left behind.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` whole; see :func:`whole`."""
    with whole(path) as file:
        file.write(data)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
