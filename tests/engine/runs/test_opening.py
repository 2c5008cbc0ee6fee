"""Opening a run store: one that an older version made, that is damaged, or whose disk takes nothing more."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError, StoreError
from engine.events import Status
from engine.runs import RunStore, database
from tests.engine.fake_runs import recorded, weights_at


class TestDiskThatTakesNothingMore:
    def test_what_is_stored_can_be_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with closing(RunStore()) as store:
            run = recorded(store)

        def full(connection: sqlite3.Connection) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(database, "_set_up", full)
        with closing(RunStore()) as store:
            assert [one.id for one in store.summaries()] == [run]
            assert len(store.get(run).epochs) == 5
            assert store.weights(run)
            with pytest.raises(StoreError, match="may only be read"):
                store.note(run, "a note")

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
        store.close()
        new = store.folder(run).path
        new.rename(home / "models" / run)
        with sqlite3.connect(home / "runs.db") as connection:
            connection.executescript(
                "drop index runs_by_revision; alter table runs drop column revision;"
                "update schema set version = 1; alter table schema drop column store;"
                "alter table schema drop column shared; alter table schema drop column revision"
            )
        connection.close()
        older = RunStore()
        assert older.get(run).revision == 0
        older.rename(run, "Newer")
        assert RunStore().get(run).revision == 1
        np.testing.assert_array_equal(older.weights(run)[0], weights_at(7, 3)[0])
        assert older.folder(run).path == home / "models" / run
        assert older.folder(recorded(older)).path.parent.parent == home / "models"

    def test_a_store_that_is_too_old_says_so(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        RunStore().close()
        monkeypatch.setattr(database, "SCHEMA", 9)
        with pytest.raises(StoreError, match=r"too old to read .store version 3"):
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

    @pytest.mark.parametrize("url", ["nonsense", "nosuch://x/y", "sqlite:////proc/nowhere/runs.db"])
    def test_a_url_that_leads_nowhere(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WORKBENCH_DB", url)
        with pytest.raises(EngineError):
            RunStore()
