"""The folder through which worker processes share the arrays of their work."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.selection.workers.reports import Work
from engine.system.paths import cache


@contextmanager
def work_folder() -> Iterator[Path]:
    """Create a folder in the cache for the block, and remove those of killed processes.

    Each folder is locked by its process (``flock``); the kernel releases the lock however the process ends, also
    across containers. Raises EngineError if the cache cannot be written.
    """
    parent = cache() / "work"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with (parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _sweep(parent)
            folder = Path(tempfile.mkdtemp(dir=parent))
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        raise EngineError(f"cannot write to {parent}: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _sweep(parent: Path) -> None:
    """Remove the folders that no process has locked."""
    for left in parent.iterdir():
        if left.is_dir():
            handle = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            except BlockingIOError:
                continue
            finally:
                os.close(handle)


def write_work(work: Work, folder: Path) -> Path:
    """Write the work for other processes; return its path. Raises EngineError if that fails."""
    import joblib

    try:
        joblib.dump(work, path := folder / "work")
    except OSError as error:
        raise EngineError(f"cannot write the data to {folder}: {error.strerror or error}") from error
    return path


def read_work(path: Path) -> Work:
    """Read the work with its arrays memory-mapped from the file."""
    import joblib

    work: Any = joblib.load(path, mmap_mode="r")
    return work  # type: ignore[no-any-return]
