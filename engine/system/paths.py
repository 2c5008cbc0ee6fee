"""Files that are either whole or not there, and the folders the workbench keeps them in."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import platformdirs

from engine.errors import EngineError


def home() -> Path:
    """The folder for runs, caches and the log: ``WORKBENCH_HOME``, or the platform's own place."""
    named = os.environ.get("WORKBENCH_HOME")
    return expanded(named) if named else Path(platformdirs.user_data_dir("workbench", appauthor=False))


def cache() -> Path:
    """The folder for what can be made again: indexed data."""
    return home() / "cache"


def expanded(name: str | Path) -> Path:
    """The path that a person named, ``~`` as their home folder; as it stands where no user is called so."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def exists(path: Path) -> bool:
    """Whether something is there; a name that is too long, or holds a null character, is nobody's."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only when complete.

    It is written to a temporary name beside ``path``, synced and renamed. A file that is there keeps its mode,
    and a link goes on leading to it. Raises EngineError, with the path and the system's reason, where that
    fails, and where something else than a file is there; then nothing half-written is left behind.
    """
    temporary: str | None = None
    try:
        place = _place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode(place)
        beside = str(place.with_name(f".{place.name}.{secrets.token_hex(4)}"))
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        temporary = beside
        with os.fdopen(handle, "wb") as file:
            if mode is not None:
                os.fchmod(handle, mode)
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(temporary, place)
        temporary = None
        _sync_folder(place.parent)
    except OSError as error:
        raise EngineError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _place(path: Path) -> Path:
    """Where links lead."""
    try:
        return Path(os.path.realpath(path))
    except ValueError as error:
        raise EngineError(f"cannot write {str(path)!r}: {error}") from error


def _mode(path: Path) -> int | None:
    """The permissions of the file that is there; None where there is none yet."""
    try:
        found = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found):
        raise EngineError(f"cannot write {path}: something is there that is not a file")
    return stat.S_IMODE(found)


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
