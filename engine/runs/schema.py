"""The run store's tables. Importing this module imports SQLAlchemy: import it lazily."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

SCHEMA = 5
"""Version of the tables below; each store records the version that it was written with."""

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
    3: (
        "ALTER TABLE runs ADD COLUMN checksum BIGINT",
        "ALTER TABLE epochs ADD COLUMN checksum BIGINT",
    ),
    4: ("ALTER TABLE looks ADD COLUMN checksum BIGINT",),
}
"""The statements that upgrade each version of the tables to the next one."""


def json_text(value: Any) -> Any:
    """Serialise a mapping or a list as JSON; return anything else, JSON text included, unchanged."""
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value


class Json(sa.TypeDecorator[Any]):
    """A mapping or a list stored as JSON text; it is parsed and validated when rows are read."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the text to write."""
        return json_text(value)


class Flag(sa.TypeDecorator[Any]):
    """A bool; other values are read unchanged, so that validation finds them."""

    impl = sa.Boolean
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any]:
        """Return a function that reads 1 and 0 as bool, whatever the driver returns."""
        return lambda value: int(value) if isinstance(value, bool) else value


metadata = sa.MetaData()

schema = sa.Table(
    "schema",
    metadata,
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("store", sa.Text, nullable=False, server_default=""),  # random; identifies the store
    sa.Column("shared", sa.Integer, nullable=False, server_default="0"),  # last run without a store id
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),  # of the latest change to any run
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("experiment", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("options", Json, nullable=False),
    sa.Column("seed", sa.Integer, nullable=False),
    sa.Column("parent", sa.Integer),
    sa.Column("repeat", sa.Text, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("machine", Json, nullable=False),
    sa.Column("versions", Json, nullable=False),
    sa.Column("data", Json),
    sa.Column("parameters", sa.Integer),
    sa.Column("baselines", Json, nullable=False, server_default="{}"),
    sa.Column("epochs", sa.Integer, nullable=False, server_default="0"),
    sa.Column("best_epoch", sa.Integer),
    sa.Column("best", Json),
    sa.Column("test", Json),
    sa.Column("seconds_prepare", sa.Double, nullable=False, server_default="0"),
    sa.Column("seconds_train", sa.Double, nullable=False, server_default="0"),
    sa.Column("tags", Json, nullable=False, server_default="[]"),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted", sa.Double),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("checksum", sa.BigInteger),
    sa.Index("runs_by_revision", "revision"),
    sqlite_autoincrement=True,  # the number of a purged run is never assigned again
)

epochs = sa.Table(
    "epochs",
    metadata,
    sa.Column("run", sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("logs", Json, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("best", Flag, nullable=False),
    sa.Column("learning_rate", sa.Double, nullable=False),
    sa.Column("checksum", sa.BigInteger),
)

test_evaluations = sa.Table(
    "looks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.Integer, nullable=False),  # no foreign key: it outlives its run
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("checksum", sa.BigInteger),
    sa.Index("looks_by_data", "dataset", "digest"),
)


_ENCODER = json.JSONEncoder(default=repr)


def checksum(stored: Sequence[Any]) -> int:
    """Compute the CRC-32 of a stored row: of all columns in order, except the checksum itself."""
    return zlib.crc32(_ENCODER.encode(stored).encode())


def sealed(table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a complete row with its checksum."""
    stored = [json_text(values[column.name]) for column in table.columns if column.name != "checksum"]
    return {**values, "checksum": checksum(stored)}


SEALED: Mapping[int, tuple[sa.Table, ...]] = {4: (runs, epochs), 5: (test_evaluations,)}
"""The tables whose rows get a checksum in a version of the tables."""


def seal_rows(connection: Connection, version: int) -> None:
    """Add the checksums that are introduced in this version of the tables."""
    for table in SEALED.get(version, ()):
        keys = list(table.primary_key.columns)
        for row in connection.execute(table.select()).all():
            found = row._asdict()
            here = sa.and_(*(key == found[key.name] for key in keys))
            connection.execute(table.update().where(here).values(checksum=checksum(list(row)[:-1])))
