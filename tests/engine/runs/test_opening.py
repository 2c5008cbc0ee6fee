"""Opening a run store: one that an older version made, that is damaged, or whose disk takes nothing more."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.engine import Connection

from engine.errors import EngineError, StoreError
from engine.events import Status
from engine.runs import RunStore, database, sqlite_file
from tests.engine.fake_runs import recorded, weights_at


class TestDiskThatTakesNothingMore:
    """SQLite keeps two files beside its own; on a full disk the one for readers cannot be made."""

    @pytest.fixture(autouse=True)
    def full(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        """Fill the disk, as far as SQLite can tell."""

        class Starved(sqlite3.Connection):
            exclusive = False

            def execute(self, statement: str, *rest: Any) -> sqlite3.Cursor:
                self.exclusive = self.exclusive or "EXCLUSIVE" in statement
                if "sqlite_master" in statement and not self.exclusive:
                    raise sqlite3.OperationalError("disk I/O error")
                return super().execute(statement, *rest)

        connect = partial(sqlite3.connect, factory=Starved)
        return lambda: monkeypatch.setattr(sqlite_file.sqlite3, "connect", connect)

    def test_what_is_stored_can_be_read(self, full: Callable[[], None]) -> None:
        with closing(RunStore()) as store:
            run = recorded(store)
        full()
        with closing(RunStore()) as store:
            assert [one.id for one in store.summaries()] == [run]
            assert len(store.get(run).epochs) == 5
            assert store.weights(run)
            with pytest.raises(StoreError, match="may only be read"):
                store.note(run, "a note")

    def test_changes_in_the_write_ahead_log_of_a_killed_process_are_read(
        self, full: Callable[[], None], home: Path, tmp_path: Path
    ) -> None:
        with closing(RunStore()) as store:
            run = recorded(store)
            store.rename(run, "Renamed last")  # stands in the log alone until the store is closed
            killed = shutil.copytree(home, tmp_path / "killed")
        (killed / "runs.db-shm").unlink()
        full()
        with closing(RunStore(f"sqlite:///{killed}/runs.db")) as store:
            assert store.get(run).name == "Renamed last"
            with pytest.raises(StoreError, match="may only be read"):
                store.note(run, "a note")

    def test_a_new_store_is_complete_before_it_is_renamed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another connection keeps SQLite from moving the log's content into the file at the end."""
        others = []

        def make_tables(connection: Connection) -> None:
            tables(connection)
            others.append(sqlite3.connect(tmp_path / "new.db"))
            others[0].execute("SELECT count(*) FROM sqlite_master")

        tables = database._make_tables
        monkeypatch.setattr(database, "_make_tables", make_tables)
        database._create(tmp_path / "new.db")
        (tmp_path / "runs.db").write_bytes((tmp_path / "new.db").read_bytes())
        others[0].close()
        with closing(RunStore(f"sqlite:///{tmp_path}/runs.db")) as store:
            assert recorded(store) == "1"

    def test_a_store_that_was_cut_short_is_no_empty_one(self, home: Path) -> None:
        with closing(RunStore()) as store:
            recorded(store)
        (home / "runs.db").write_bytes((home / "runs.db").read_bytes()[:2000])
        with pytest.raises(StoreError, match="damaged"):
            RunStore()

    def test_a_copy_of_the_databases_file_is_whole_after_a_run(self, home: Path, tmp_path: Path) -> None:
        with closing(RunStore()) as store:
            run = recorded(store)
            shutil.copy(home / "runs.db", tmp_path / "copy.db")
        with closing(RunStore(f"sqlite:///{tmp_path}/copy.db")) as copy:
            assert copy.get(run).status is Status.FINISHED


class TestVersions:
    def test_a_newer_store_is_refused(self, home: Path) -> None:
        RunStore().close()
        with sqlite3.connect(home / "runs.db") as connection:
            connection.execute("update schema set version = 99")
        connection.close()
        with pytest.raises(StoreError, match=r"written by a newer workbench .store version 99"):
            RunStore()

    def test_an_older_store_is_brought_up_to_date(self, home: Path) -> None:
        store = RunStore()
        run = recorded(store)
        store.count_test_read("digits", "d1")
        store.close()
        new = store.folder(run).path
        new.rename(home / "models" / run)
        with sqlite3.connect(home / "runs.db") as connection:
            connection.executescript(
                "drop index runs_by_revision; alter table runs drop column revision;"
                "alter table runs drop column checksum; alter table epochs drop column checksum;"
                "alter table looks drop column checksum;"
                "update schema set version = 1; alter table schema drop column store;"
                "alter table schema drop column shared; alter table schema drop column revision"
            )
        connection.close()
        older = RunStore()
        assert older.get(run).revision == 0
        assert older.check() == []
        older.rename(run, "Newer")
        assert RunStore().get(run).revision == 1
        np.testing.assert_array_equal(older.weights(run)[0], weights_at(7, 3)[0])
        assert older.folder(run).path == home / "models" / run
        assert older.folder(recorded(older)).path.parent.parent == home / "models"

    def test_a_store_that_is_too_old_says_so(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        RunStore().close()
        monkeypatch.setattr(database, "SCHEMA", 9)
        with pytest.raises(StoreError, match=r"too old to read .store version 5"):
            RunStore()

    def test_another_database_is_refused(self, home: Path) -> None:
        home.mkdir()
        with sqlite3.connect(home / "runs.db") as connection:
            connection.execute("create table runs (id integer)")
        connection.close()
        with pytest.raises(StoreError, match="is not a run store"):
            RunStore()

    def test_a_database_without_its_driver_names_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg2", None)
        with pytest.raises(StoreError, match=r"the Python package psycopg2, is not installed") as caught:
            RunStore("postgresql+psycopg2://me:secret@x/y")
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        "url",
        [
            "nonsense", "nosuch://x/y", "sqlite:////proc/nowhere/runs.db", "sqlite://", "sqlite:///:memory:",
            "sqlite:///file:x?mode=ro", "sqlite:////tmp/x.db?mode=ro", "postgresql://host:port/x", "://",
        ],
    )  # fmt: skip
    def test_a_url_that_leads_nowhere(self, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("WORKBENCH_DB", url)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(EngineError):
            RunStore()
        assert not list(tmp_path.iterdir())
