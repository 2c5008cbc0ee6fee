"""The file of a SQLite store: created atomically, and opened by SQLite alone.

SQLite uses POSIX record locks, which a process loses as soon as it closes any descriptor of the file. So nothing
else may open the file, not even to read its first bytes; ``stat`` gives what has to be known before.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from engine.errors import StoreError
from engine.system.atomic_write import sync_folder

BUSY_SECONDS = 30
"""Seconds that a process waits for another that is writing."""


class SqliteFile:
    """The file of a store; :meth:`open` calls ``create`` with a path if the file does not exist."""

    def __init__(self, path: Path, create: Callable[[Path], None]) -> None:
        self.path = path
        self._create = create
        self._identity: tuple[int, int] | None = None

    def open(self) -> None:
        """Create the file if it is missing and remember its identity; raises StoreError if a store was emptied."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(self.path):
            self._appear()
        found = os.stat(self.path)
        self._identity = (found.st_dev, found.st_ino)
        models = self.path.parent / "models"
        if not found.st_size and models.is_dir() and any(models.iterdir()):
            raise StoreError(
                f"the run store {self.path} is empty, and there are models in {models}: its content was lost. Put "
                "back a copy of it, or move it away to start a new one"
            )

    def check_present(self) -> None:
        """Raise StoreError if the file was deleted or replaced since it was opened."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            raise StoreError(f"the run store {self.path} was deleted while it was in use") from None
        if self._identity not in (None, (found.st_dev, found.st_ino)):
            raise StoreError(f"the run store {self.path} was replaced by another file while it was in use")

    def connect(self) -> sqlite3.Connection:
        """Open a connection, read-only if the disk is full or read-only."""
        connection = self._plain()
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError as error:
            connection.close()
            if not self.path.exists() or "locked" in str(error):
                raise
            return self._read_only()
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def cut_short(self) -> bool:
        """Whether a file without tables is a truncated store: its size is no multiple of the page size."""
        with closing(self._plain()) as connection:
            (page,) = connection.execute("PRAGMA page_size").fetchone()
        return os.stat(self.path).st_size % int(page) > 0

    def _appear(self) -> None:
        """Create the file under a temporary name and link it, so that no process sees an unfinished store."""
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            self._create(beside)
            with suppress(FileExistsError):  # another process was faster; its store is equivalent
                _move_to_free_name(beside, self.path)
                sync_folder(self.path.parent)
        finally:
            for left in self.path.parent.glob(f"{beside.name}*"):
                left.unlink(missing_ok=True)

    def _read_only(self) -> sqlite3.Connection:
        """Open a connection on a disk without room for the files that SQLite keeps beside its own.

        If the write-ahead log holds changes, it is read into memory in exclusive mode, which needs no such files;
        otherwise an older state would be shown.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        if not log.exists() or not log.stat().st_size:
            return self._plain(f"file:{quote(os.fsencode(self.path))}?immutable=1")
        with closing(self._plain()) as exclusive:
            exclusive.execute("PRAGMA locking_mode = EXCLUSIVE")
            memory = sqlite3.connect(":memory:", check_same_thread=False)
            try:
                exclusive.backup(memory)
                memory.execute("PRAGMA query_only = ON")
            except BaseException:
                memory.close()
                raise
        return _set_up(memory)

    def _plain(self, uri: str | None = None) -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri or self.path, timeout=BUSY_SECONDS, check_same_thread=False, uri=uri is not None
        )
        return _set_up(connection)


def _set_up(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.isolation_level = None  # the engine starts transactions, not the driver
    # Text that is not UTF-8 must only cost its row; the driver would fail the whole query.
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    return connection


def _move_to_free_name(source: Path, target: Path) -> None:
    """Rename a file; raises FileExistsError if the new name is taken."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # the file system does not support links
        if target.exists():
            raise FileExistsError from None
        source.rename(target)
