"""The run store's tables, and the database they lie in. Importing this module imports SQLAlchemy: do it late."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from engine.errors import StoreError
from engine.system.paths import expanded, home

SCHEMA = 3
"""The version of the tables below; a store says which it was written with."""

UPGRADES: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX runs_by_revision ON runs (revision)",
    ),
    2: (
        "ALTER TABLE schema ADD COLUMN store TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE schema ADD COLUMN shared INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE schema ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",
        "UPDATE schema SET shared = (SELECT coalesce(max(id), 0) FROM runs)",
        "UPDATE schema SET revision = (SELECT coalesce(max(revision), 0) FROM runs)",
    ),
}
"""The statements that lead from a version of the tables to the next one."""

BUSY_SECONDS = 30
"""How long one process waits for another that is writing."""

metadata = sa.MetaData()

schema = sa.Table(
    "schema",
    metadata,
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("store", sa.Text, nullable=False, server_default=""),  # random: tells stores of one home apart
    sa.Column("shared", sa.Integer, nullable=False, server_default="0"),  # the last run older than that
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),  # of the latest change to any run
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("experiment", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("seed", sa.Integer, nullable=False),
    sa.Column("parent", sa.Integer),
    sa.Column("repeat", sa.Text, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("versions", sa.Text, nullable=False),
    sa.Column("data", sa.Text),
    sa.Column("parameters", sa.Integer),
    sa.Column("baselines", sa.Text, nullable=False, server_default="{}"),
    sa.Column("epochs", sa.Integer, nullable=False, server_default="0"),
    sa.Column("best_epoch", sa.Integer),
    sa.Column("best", sa.Text),
    sa.Column("test", sa.Text),
    sa.Column("seconds_prepare", sa.Double, nullable=False, server_default="0"),
    sa.Column("seconds_train", sa.Double, nullable=False, server_default="0"),
    sa.Column("tags", sa.Text, nullable=False, server_default="[]"),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted", sa.Double),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Index("runs_by_revision", "revision"),
    sqlite_autoincrement=True,  # a purged run's number is never given again
)

epochs = sa.Table(
    "epochs",
    metadata,
    sa.Column("run", sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("logs", sa.Text, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("best", sa.Boolean, nullable=False),
    sa.Column("learning_rate", sa.Double, nullable=False),
)

looks = sa.Table(
    "looks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.Integer, nullable=False),  # no foreign key: a look is not undone by deleting the run
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("looks_by_data", "dataset", "digest"),
)


class Database:
    """A database with the store's tables in it, of this version; what goes wrong is a StoreError that names it."""

    def __init__(self, url: str | None = None) -> None:
        self.url = _url(url)
        self.place = self.url.database or str(self.url) if self._sqlite else self.url.render_as_string()
        with self._named():
            self._engine = self._open()
            self._store, self._shared = self._prepare()

    def models(self, run: int) -> Path:
        """The folder of a run's files: no other store's, but for runs from before stores were told apart."""
        models = home() / "models"
        return (models if run <= self._shared else models / self._store) / str(run)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which everything read is of one moment."""
        with self._named(), self._engine.connect().execution_options(workbench_reads=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: when it is left without an error, all of it is on the disk."""
        with self._named(), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def settle(self) -> None:
        """Bring what was written into the database's one file, so that a copy of that is whole."""
        if self._sqlite:
            with self._named(), self._engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def check(self) -> str | None:
        """What is wrong with the database's file, as far as SQLite can tell; None for nothing."""
        if not self._sqlite:
            return None
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        return None if found == "ok" else str(found)

    @property
    def _sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def _open(self) -> Engine:
        if not self._sqlite:
            return self._served()
        if self.url.database and os.path.dirname(self.url.database):
            os.makedirs(os.path.dirname(self.url.database), exist_ok=True)
        engine = sa.create_engine(self.url, creator=lambda: _connected(self.place))
        sa.event.listen(engine, "begin", _begun)
        return engine

    def _served(self) -> Engine:
        try:
            return sa.create_engine(self.url)
        except ModuleNotFoundError as error:
            missing = f"its driver, the Python package {error.name}, is not installed"
            raise StoreError(f"cannot use the run store {self.place}: {missing}") from error

    def _prepare(self) -> tuple[str, int]:
        """Make the tables in an empty database, bring older ones up to date; returns whose store it is.

        A store of this version is only read: on a disk that is full or not to be written, what is there is shown.
        """
        with self.reading() as connection:
            there = {"schema", "runs"} <= set(sa.inspect(connection).get_table_names())
            if there and connection.execute(sa.select(schema.c.version)).scalar_one() == SCHEMA:
                known = connection.execute(sa.select(schema.c.store, schema.c.shared)).one()
                if known.store:
                    return known.store, known.shared
        with self.writing() as connection:
            names = set(sa.inspect(connection).get_table_names())
            if not names and self._sqlite and _cut_short(self.place):
                raise StoreError(self._explained(ValueError("malformed: cut short")))
            if not names:
                metadata.create_all(connection)
                connection.execute(schema.insert().values(version=SCHEMA))
            elif "schema" not in names or "runs" not in names:
                raise StoreError(f"{self.place} is not a run store: name another in WORKBENCH_DB")
            else:
                self._upgrade(connection, int(connection.execute(sa.select(schema.c.version)).scalar_one()))
            unnamed = schema.c.store == ""
            connection.execute(schema.update().where(unnamed).values(store=uuid.uuid4().hex))
            row = connection.execute(sa.select(schema.c.store, schema.c.shared)).one()
            return row.store, row.shared

    def _upgrade(self, connection: Connection, version: int) -> None:
        if version > SCHEMA:
            raise StoreError(
                f"{self.place} was written by a newer workbench (store version {version}, this one reads up to "
                f"{SCHEMA}): update training-workbench"
            )
        for older in range(version, SCHEMA):
            if older not in UPGRADES:
                raise StoreError(
                    f"{self.place} was written by a workbench too old to read (store version {older}): "
                    "export its runs with that version"
                )
            for statement in UPGRADES[older]:
                connection.exec_driver_sql(statement)
            connection.execute(schema.update().values(version=older + 1))

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StoreError(self._explained(error.orig or error)) from error
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(f"cannot use the run store {self.place}: {error}") from error
        except OSError as error:
            raise StoreError(f"cannot use the run store {self.place}: {error.strerror or error}") from error

    def _explained(self, error: BaseException) -> str:
        text = str(error)
        if "malformed" in text or "not a database" in text:
            return f"the run store {self.place} is damaged ({text}): move it away to start a new one"
        if "full" in text:
            return f"cannot write the run store {self.place}: the disk is full"
        if "readonly" in text:
            return f"cannot write the run store {self.place}: its disk is full, or its folder may only be read"
        return f"cannot use the run store {self.place}: {text}"


def _url(named: str | None) -> URL:
    named = named or os.environ.get("WORKBENCH_DB")
    if not named:
        return URL.create("sqlite", database=str(home() / "runs.db"))
    if "://" not in named and "/" in named:
        return URL.create("sqlite", database=str(expanded(named)))
    try:
        return sa.make_url(named)
    except sa.exc.ArgumentError:
        raise StoreError(
            f"WORKBENCH_DB is not a database URL: {named!r} (for example sqlite:////home/me/runs.db)"
        ) from None


def _connected(place: str) -> sqlite3.Connection:
    """A connection to SQLite's file; one that only reads where the disk takes nothing more.

    SQLite keeps a few files beside its own, for which a full disk has no room. What they held of a store that
    nobody settled is then not seen.
    """
    connection = sqlite3.connect(place, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        _set_up(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if not os.path.exists(place) or "locked" in str(error):
            raise
        connection = sqlite3.connect(f"file:{quote(place)}?immutable=1", uri=True, check_same_thread=False)
        connection.isolation_level = None
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("SELECT count(*) FROM sqlite_master")


def _cut_short(place: str) -> bool:
    """Whether a file without tables is no whole number of SQLite's pages: then it has been a database."""
    with open(place, "rb") as file:
        page = int.from_bytes(file.read(18)[16:], "big")
    size = os.path.getsize(place)
    return size > 0 and (page < 2 or size % (65_536 if page == 1 else page) > 0)


def _begun(connection: Connection) -> None:
    reads = connection.get_execution_options().get("workbench_reads")
    # A transaction that reads first and writes later cannot wait for another writer: take the lock at once.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
