"""Atomic writing of files."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import EngineError


def reason(error: OSError) -> str:
    """Describe briefly why a file operation failed, with one wording for all kinds of full disks."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    return error.strerror or str(error)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that only appears under its name when complete.

    It is written to a temporary name next to ``path``, synced and renamed. An existing file keeps its mode, and a
    link is followed. Raises EngineError with the path and the system's reason if that fails or if the path is not
    a regular file; no incomplete file remains.
    """
    temporary: str | None = None
    try:
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode(target)
        beside = str(target.with_name(f".{target.name}.{secrets.token_hex(4)}"))
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        temporary = beside
        with os.fdopen(handle, "wb") as file:
            if mode is not None:
                os.fchmod(handle, mode)
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(temporary, target)
        temporary = None
        sync_folder(target.parent)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {reason(error)}") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """Return the target of links."""
    try:
        return Path(os.path.realpath(path))
    except ValueError as error:
        raise EngineError(f"cannot write {str(path)!r}: {error}") from error


def _mode(path: Path) -> int | None:
    """Return the permissions of the existing file; None if there is none."""
    try:
        found = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found):
        raise EngineError(f"cannot write {path}: something is there that is not a file")
    return stat.S_IMODE(found)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically; see :func:`whole`."""
    with whole(path) as file:
        file.write(data)


def replace(source: Path, target: Path) -> None:
    """Sync a complete file written by another library, and rename it to ``target``. Raises OSError."""
    with source.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(source, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that the names of its entries survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
