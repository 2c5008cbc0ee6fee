"""Where data is looked for on this machine, and the hash of what is found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError, EngineError
from engine.events import Preparing
from engine.system import paths

_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a data set may be: ``name`` as runs record it, ``available`` whether it is there."""

    name: str
    place: str
    available: bool
    note: str = ""


def keras_cache() -> Path:
    """Keras's folder of data sets: ``KERAS_HOME``, else ``~/.keras``, and ``datasets`` within."""
    named = os.environ.get("KERAS_HOME")
    return (Path(named) if named else Path.home() / ".keras") / "datasets"


def folders() -> Iterator[tuple[str, Path]]:
    """The folders to look in, the first first, with the name that a source found there has; raises DataError."""
    named = os.environ.get("WORKBENCH_DATA")
    if named:
        folder = paths.expanded(named)
        if not folder.is_dir():
            raise DataError(
                f"WORKBENCH_DATA names {named}, which is no folder: name the folder with the data, or unset it"
            )
        yield "WORKBENCH_DATA", folder
    yield "Keras cache", keras_cache()


def find(file: str) -> Path | None:
    """The first folder's file of this name, None where no folder has it."""
    return next((folder / file for _, folder in folders() if (folder / file).is_file()), None)


def digest(path: Path) -> Generator[Preparing, None, str]:
    """The SHA-256 of a file's content, remembered by its path, size and time of change."""
    try:
        status = path.stat()
        stamp = f"{status.st_size} {status.st_mtime_ns}"
        known = remembered(path, stamp)
        if known is None:
            known = yield from _hash(path, status.st_size)
            remember(path, stamp, known)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return known


def _hash(path: Path, size: int) -> Generator[Preparing, None, str]:
    sha, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
            done += len(chunk)
            yield Preparing(f"checking {path.name}", done, size)
    return sha.hexdigest()


def remembered(path: Path, stamp: str) -> str | None:
    """The hash that was remembered for what stands at ``path``, if its stamp has not changed since."""
    try:
        known = json.loads(_memory(path).read_bytes())
        return str(known["digest"]) if known["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(path: Path, stamp: str, found: str) -> None:
    """Remember a hash, where the disk allows it."""
    try:
        paths.write_bytes(_memory(path), json.dumps({"stamp": stamp, "digest": found}).encode())
    except EngineError:
        return


def _memory(path: Path) -> Path:
    return paths.cache() / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]}.digest"
