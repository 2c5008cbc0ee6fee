"""A run store whose rows hold what was never written into them, and the commands that meet such a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.runs import RunStore, schema
from tests.engine.fake_runs import EXPERIMENT, FakeRun, recorded

RUNS = [column.name for column in schema.runs.columns if column.name != "id"]
EPOCHS = [column.name for column in schema.epochs.columns if column.name not in ("run", "epoch")]

WRONG: dict[str, Any] = {
    "nothing": None,
    "text": "abc",
    "no text": "",
    "a blob": b"\xff\x00",
    "not UTF-8": "CAST(x'ff41' AS TEXT)",
    "a number": 7,
    "negative": -1,
    "huge": 2**62,
    "a fraction": 0.5,
    "infinite": float("inf"),
    "beyond dates": 1e300,
    "a wrong object": '{"a": [1, {"b": null}]}',
    "a wrong list": '[1, null, "x"]',
    "deep": "[" * 5000,
    "a path": "../../../etc/passwd",
    "control codes": "\x1b[2J\u202e[red]x[/red]",
    "long": "x" * 100_000,
}
"""Every kind of value that does not belong into a column of some other kind."""

SHOWING: tuple[tuple[str, ...], ...] = (
    ("show", "{}"),
    ("show", "{}", "--json"),
    ("compare", "1", "{}"),
    ("compare", "1", "{}", "--json"),
    ("export", "{}", "--to", "csv", "{out}"),
    ("tag", "{}", "one"),
    ("note", "{}", "text"),
    ("rename", "{}", "name"),
)
"""Commands that read a run; they can take a row that is sound as far as can be told."""

USING = (
    *SHOWING,
    ("resume", "{}"),
    ("retrain", "{}"),
    ("predict", "{}", "--text", "fine"),
    ("export", "{}", "--to", "keras", "{out}"),
    ("export", "{}", "--to", "python", "{out}"),
    ("stop", "{}"),
    ("follow", "{}"),
)
"""Commands that would train or predict with it, too."""


def loose(home: Path) -> Path:
    """The database of a store with one sound run, in tables that take any value, as a hostile store's may."""
    with closing(RunStore()) as store:
        recorded(store, FakeRun(EXPERIMENT, test=True))
    with closing(sqlite3.connect(home / "runs.db")) as connection, connection:
        for table in (schema.runs, schema.epochs, schema.schema, schema.test_evaluations):
            names = ", ".join(column.name for column in table.columns)
            declared = names.replace("id,", "id INTEGER PRIMARY KEY,", 1) if names.startswith("id,") else names
            connection.execute(f"ALTER TABLE {table.name} RENAME TO old")
            connection.execute(f"CREATE TABLE {table.name} ({declared})")
            connection.execute(f"INSERT INTO {table.name} SELECT {names} FROM old")
            connection.execute("DROP TABLE old")
    return home / "runs.db"


def spoil(
    database: Path, table: str, wrong: Iterable[tuple[str, Any]], sealed: bool
) -> dict[str, tuple[str, Any]]:
    """Add a copy of run 1 for each column and value, with this value in it; ``sealed`` with a checksum that fits.

    Returns them by the number of the run; a value that is as good as the one before is left out.
    """
    tables = {"runs": schema.runs, "epochs": schema.epochs}
    spoilt = {}
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        for column, value in wrong:
            run = _copied(connection)
            where = f"id = {run}" if table == "runs" else f"run = {run} AND epoch = 2"
            before = row_of(connection, table, where)
            raw, given = (value, ()) if str(value).startswith("CAST") else ("?", (value,))
            connection.execute(f"UPDATE {table} SET {column} = {raw} WHERE {where}", given)
            row = row_of(connection, table, where)
            if sealed and column != "checksum":
                checksum = schema.sealed(tables[table], row)["checksum"]
                connection.execute(f"UPDATE {table} SET checksum = {checksum} WHERE {where}")
            if repr(row[column]) != repr(before[column]):
                spoilt[str(run)] = (column, value)
    return spoilt


def row_of(connection: sqlite3.Connection, table: str, where: str) -> dict[str, Any]:
    """The one row of a table for which a condition holds."""
    return dict(connection.execute(f"SELECT * FROM {table} WHERE {where}").fetchone())


def _copied(connection: sqlite3.Connection) -> int:
    row = dict(connection.execute("SELECT * FROM runs WHERE id = 1").fetchone())
    row["id"] = connection.execute("SELECT max(id) + 1 FROM runs").fetchone()[0]
    row = schema.sealed(schema.runs, row)
    connection.execute(f"INSERT INTO runs VALUES ({','.join('?' * len(row))})", tuple(row.values()))
    for epoch in map(dict, connection.execute("SELECT * FROM epochs WHERE run = 1").fetchall()):
        epoch = schema.sealed(schema.epochs, epoch | {"run": row["id"]})
        connection.execute(f"INSERT INTO epochs VALUES ({','.join('?' * len(epoch))})", tuple(epoch.values()))
    return int(row["id"])
