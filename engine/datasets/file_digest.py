"""SHA-256 digests of files, by which caches and runs identify data."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from engine.errors import DataError, EngineError
from engine.events import Preparation, Preparing
from engine.system import paths
from engine.system.atomic_write import write_bytes

_CHUNK = 1 << 22
_SETTLED_NS = 2_000_000_000
"""Age in nanoseconds of the last change from which a file's timestamps reveal any further change."""


def digest(path: Path) -> Preparation[str]:
    """Compute the SHA-256 of a file's whole content; raises DataError."""
    sha, done = hashlib.sha256(), 0
    try:
        refuse_special(path)
        size = path.stat().st_size
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                sha.update(chunk)
                done += len(chunk)
                yield Preparing(f"checking {path.name}", done, size)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return sha.hexdigest()


def refuse_special(path: Path) -> None:
    """Raise DataError for a pipe or a device: data is read more than once, and a pipe may never be written to."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DataError(f"{path} is a pipe or a device, not a file: save its content to a file and name that")


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what identifies a version of a file, including the inode change time, which cannot be set back."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def settled(changed_ns: int) -> bool:
    """Whether another change of a file last changed at that time would be visible in its timestamps."""
    return time.time_ns() - changed_ns > _SETTLED_NS


def remembered(path: Path, stamp: str) -> tuple[str, dict[str, int]] | None:
    """Return the remembered digest and counts of the folder at ``path`` if its stamp is unchanged."""
    try:
        known = json.loads(_memory(path).read_bytes())
        return (str(known["digest"]), dict(known["counts"])) if known["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(path: Path, stamp: str, found: str, counts: Mapping[str, int]) -> None:
    """Remember a folder's digest and counts; a failed write is ignored."""
    try:
        write_bytes(_memory(path), json.dumps({"stamp": stamp, "digest": found, "counts": dict(counts)}).encode())
    except EngineError:
        return


def _memory(path: Path) -> Path:
    return paths.cache() / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]}.digest"
