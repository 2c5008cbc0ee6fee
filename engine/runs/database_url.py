"""The SQLAlchemy URL of the database that holds the runs. Imports SQLAlchemy: import this module lazily."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL

from engine.errors import StoreError
from engine.system.paths import expanded, home

ANSWER_SECONDS = 5
"""Seconds that a database server may take to accept a connection; a host name may resolve to two addresses."""


def database_url(named: str | None = None) -> URL:
    """Return the URL given by the caller or WORKBENCH_DB; by default SQLite's ``runs.db`` in the home folder.

    The path of a SQLite file is made absolute. Raises StoreError if the text is not a URL or names no file.
    """
    named = named or os.environ.get("WORKBENCH_DB")
    if not named:
        return _sqlite_url(home() / "runs.db")
    if "://" not in named and "/" in named:
        return _sqlite_url(expanded(named))
    try:
        url = sa.make_url(named)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            f"WORKBENCH_DB is not a database URL: {named!r} (for example sqlite:////home/me/runs.db)"
        ) from None
    return _file_of(url) if url.get_backend_name() == "sqlite" else url


def timeouts(url: URL) -> dict[str, Any]:
    """Return the driver arguments that limit the wait for a server, except those that the URL sets itself."""
    libpq = {"connect_timeout": ANSWER_SECONDS, "tcp_user_timeout": 1000 * ANSWER_SECONDS}
    known = {
        "psycopg": libpq,
        "psycopg2": libpq,
        "pg8000": {"timeout": ANSWER_SECONDS},
        "pymysql": {"connect_timeout": ANSWER_SECONDS},
        "mysqldb": {"connect_timeout": ANSWER_SECONDS},
        "mysqlconnector": {"connection_timeout": ANSWER_SECONDS},
    }
    return {name: value for name, value in known.get(_driver(url), {}).items() if name not in url.query}


def _driver(url: URL) -> str:
    try:
        return url.get_driver_name()
    except (sa.exc.SQLAlchemyError, ImportError):
        return ""


def _file_of(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError(f"WORKBENCH_DB names no file: {str(url)!r} (for example sqlite:////home/me/runs.db)")
    if url.query:
        raise StoreError(f"WORKBENCH_DB: a SQLite database takes no parameters, and {str(url)!r} has some")
    return _sqlite_url(Path(url.database))


def _sqlite_url(path: Path) -> URL:
    return URL.create("sqlite", database=os.path.abspath(path))
