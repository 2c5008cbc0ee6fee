"""Access to the database that holds the run store's tables. Imports SQLAlchemy: import this module lazily."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from engine.errors import StoreError
from engine.runs.database_url import database_url, timeouts
from engine.runs.schema import SCHEMA, UPGRADES, metadata, schema, seal_rows
from engine.runs.sqlite_file import SqliteFile
from engine.system.atomic_write import reason
from engine.system.paths import home


class DamagedDatabaseError(StoreError):
    """Raised when a part of the database cannot be read."""


SLOW_SECONDS = 1.0
"""Seconds that opening a store may take before the user is told that the program is waiting for it."""

_STORE_ID = re.compile(r"[0-9a-f]{32}")


class Database:
    """A database that contains the store's tables in their current version.

    Errors of every driver are raised as StoreError with the store's name. Connections are closed by :meth:`close`
    or when the object is garbage-collected. If opening takes long, as with a server that does not answer,
    ``waiting`` is called with a message from another thread.
    """

    def __init__(self, url: str | None = None, waiting: Callable[[str], object] | None = None) -> None:
        self.url = database_url(url)
        sqlite = self.url.get_backend_name() == "sqlite"
        self._file = SqliteFile(Path(self.url.database or ""), _create) if sqlite else None
        self.name = self.url.database or "" if sqlite else self.url.render_as_string()
        with self._translated(), _announcing(waiting, f"waiting for the run store {self.name}"):
            self._engine = self._open()
            self._disposal = weakref.finalize(self, self._engine.dispose)
            try:
                self._store, self._shared = self._prepare()
            except BaseException:
                self.close()
                raise

    def models(self, run: int) -> Path:
        """Return the folder of a run's files.

        Each store has its own subfolder; runs from before stores had identifiers share ``models``. Raises
        StoreError if a link redirects the path.
        """
        models = (home() / "models").resolve()
        path = self._models(models, run) / str(run)
        if path.resolve() != path:
            raise StoreError(f"the folder of run {run}, {path}, leads to {path.resolve()}: remove that link")
        return path

    def numbers_in_use(self, connection: Connection) -> int:
        """Return the highest run number that has a folder but is unknown to the database; 0 if there is none.

        Such a folder exists if the database lost its latest changes; its number must not be assigned again.
        """
        if self._file is None:
            return 0
        try:
            names = os.listdir(self._models(home() / "models", sys.maxsize))
        except FileNotFoundError:
            return 0
        highest = max((int(name) for name in names if name.isdigit() and len(name) < 16), default=0)
        return highest if highest > self.last_number(connection) else 0

    def last_number(self, connection: Connection) -> int:
        """Return the highest run number that SQLite has assigned, as far as it can be read."""
        found = [connection.exec_driver_sql("SELECT max(id) FROM runs").scalar()]
        if connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
            query = "SELECT seq FROM sqlite_sequence WHERE name = 'runs'"
            found.append(connection.exec_driver_sql(query).scalar())
        return max((number for number in found if isinstance(number, int)), default=0)

    def _models(self, models: Path, run: int) -> Path:
        return models if run <= self._shared else models / self._store

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection whose reads all see the same snapshot of the database."""
        with self._translated(), self._connection("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction; leaving the block without an error commits it durably to disk."""
        # A transaction that reads first and writes later cannot wait for another writer, so lock it now.
        with self._translated(), self._connection("BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._disposal()

    def settle(self) -> None:
        """Checkpoint the write-ahead log, so that a copy of the database file alone is complete."""
        if self._file:
            with self._translated(), self._connection("") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def check(self) -> str | None:
        """Return what SQLite's integrity check finds wrong with the database file, or None."""
        if self._file is None:
            return None
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        return None if found == "ok" else str(found)

    @property
    def address(self) -> str:
        """The path or URL that opens this database again; a path may contain bytes that a URL cannot."""
        return self.name if self._file else self.url.render_as_string(hide_password=False)

    def _connection(self, begin: str) -> Connection:
        """Open a connection; with SQLite, its transactions start with the statement ``begin``."""
        if self._file is not None:
            self._file.check_present()
        return self._engine.connect().execution_options(workbench_begin=begin)

    def _open(self) -> Engine:
        if self._file is None:
            return self._served()
        self._file.open()
        return _sqlite_engine(self._file.connect)

    def _served(self) -> Engine:
        try:
            return sa.create_engine(self.url, connect_args=timeouts(self.url), pool_pre_ping=True)
        except ModuleNotFoundError as error:
            missing = f"its driver, the Python package {error.name}, is not installed"
            raise StoreError(f"cannot use the run store {self.name}: {missing}") from error

    def _prepare(self) -> tuple[str, int]:
        """Create or upgrade the tables as needed; return the identifier of the store and its last shared run.

        A store of the current version is only read, so that it can be shown on a full or read-only disk. A
        database of another program is refused before it is changed.
        """
        with self.reading() as connection:
            names = set(sa.inspect(connection).get_table_names())
            if names and not {"schema", "runs"} <= names:
                raise StoreError(f"{self.name} is not a run store: name another in WORKBENCH_DB")
            if names and self._version(connection) == SCHEMA:
                return self._identity(connection)
        if not names and self._file is not None and self._file.cut_short:
            raise self._damaged("it is cut short")
        with self.writing() as connection:
            if not sa.inspect(connection).get_table_names():
                _make_tables(connection)
            else:
                self._upgrade(connection)
            return self._identity(connection)

    def _version(self, connection: Connection) -> int:
        version = connection.execute(sa.select(schema.c.version)).scalar()
        if not isinstance(version, int):
            raise self._damaged(f"its version is {version!r}")
        return version

    def _identity(self, connection: Connection) -> tuple[str, int]:
        """Return the store's identifier, which names its model folder, and the last run from before it had one."""
        store, shared, revision = connection.execute(
            sa.select(schema.c.store, schema.c.shared, schema.c.revision)
        ).one()
        if not isinstance(store, str) or not _STORE_ID.fullmatch(store):
            raise self._damaged(f"its identifier is {store!r}, not 32 hexadecimal digits")
        if not isinstance(shared, int) or not isinstance(revision, int):
            raise self._damaged(f"its last shared run is {shared!r}, its revision {revision!r}")
        return store, shared

    def _damaged(self, problem: str) -> DamagedDatabaseError:
        return DamagedDatabaseError(
            f"the run store {self.name} is damaged ({problem}): move it away to start a new one"
        )

    def _upgrade(self, connection: Connection) -> None:
        version = self._version(connection)
        if version > SCHEMA:
            raise StoreError(
                f"{self.name} was written by a newer workbench (store version {version}, this one reads up to "
                f"{SCHEMA}): update training-workbench"
            )
        for older in range(version, SCHEMA):
            if older not in UPGRADES:
                raise StoreError(
                    f"{self.name} was written by a workbench too old to read (store version {older}): "
                    "export its runs with that version"
                )
            for statement in UPGRADES[older]:
                connection.exec_driver_sql(statement)
            connection.execute(schema.update().values(version=older + 1))
            seal_rows(connection, older + 1)
        connection.execute(schema.update().where(schema.c.store == "").values(store=uuid.uuid4().hex))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self._explained(error.orig or error) from error
        except sqlite3.Error as error:
            raise self._explained(error) from error
        except (sa.exc.SQLAlchemyError, OverflowError, UnicodeError) as error:
            raise StoreError(f"cannot use the run store {self.name}: {error}") from error
        except OSError as error:
            raise StoreError(f"cannot use the run store {self.name}: {reason(error)}") from error

    def _explained(self, error: BaseException) -> StoreError:
        text = str(error).strip().partition("\n")[0]
        if "malformed" in text or "not a database" in text:
            return self._damaged(text)
        if "full" in text:
            return StoreError(f"cannot write the run store {self.name}: the disk is full")
        if "readonly" in text:
            return StoreError(
                f"cannot write the run store {self.name}: its disk is full, or its folder may only be read"
            )
        return StoreError(f"cannot use the run store {self.name}: {text}")


@contextmanager
def _announcing(waiting: Callable[[str], object] | None, message: str) -> Iterator[None]:
    timer = threading.Timer(SLOW_SECONDS, waiting or str, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _create(path: Path) -> None:
    """Create a new, empty SQLite store."""
    engine = _sqlite_engine(lambda: sqlite3.connect(path, isolation_level=None))
    try:
        with engine.begin() as connection:
            _make_tables(connection)
        # Only now: the content of a write-ahead log would be missing from the file that is renamed.
        with engine.connect().execution_options(workbench_begin="") as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    finally:
        engine.dispose()


def _make_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(schema.insert().values(version=SCHEMA, store=uuid.uuid4().hex))


def _sqlite_engine(connect: Callable[[], sqlite3.Connection]) -> Engine:
    engine = sa.create_engine("sqlite:///", creator=connect, poolclass=sa.pool.QueuePool)
    sa.event.listen(engine, "begin", _begun)
    return engine


def _begun(connection: Connection) -> None:
    begin = connection.get_execution_options().get("workbench_begin", "BEGIN IMMEDIATE")
    if begin:
        connection.exec_driver_sql(begin)
