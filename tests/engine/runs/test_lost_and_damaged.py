"""What a store does when files of it are cut short, emptied, deleted, linked elsewhere or written by others."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import StoreError
from engine.events import Ended, EpochEnded, Status
from engine.runs import RunStore, RunSummary, database_url
from engine.runs.run_folder import RunFolder, State
from engine.system import checked_json
from tests.engine.fake_runs import EXPERIMENT, FakeRun, ended, recorded, weights_at


def run_until(store: RunStore, epoch: int) -> None:
    """Record a run and leave it interrupted after an epoch, as a killed process does."""
    from engine.runs.records import Interrupted

    stream = store.record(FakeRun(EXPERIMENT))
    for event in stream:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            with pytest.raises(StopIteration):
                stream.throw(Interrupted())


class TestDatabaseFile:
    def test_another_programs_database_is_not_altered(self, home: Path) -> None:
        home.mkdir()
        with closing(sqlite3.connect(home / "runs.db")) as connection, connection:
            connection.execute("CREATE TABLE theirs (id)")
        before = (home / "runs.db").read_bytes()
        with pytest.raises(StoreError, match="is not a run store"):
            RunStore()
        assert (home / "runs.db").read_bytes() == before
        assert [path.name for path in home.iterdir()] == ["runs.db"]

    def test_an_emptied_database_beside_models_is_no_new_store(self, home: Path) -> None:
        with closing(RunStore()) as store:
            recorded(store)
        (home / "runs.db").write_bytes(b"")
        with pytest.raises(StoreError, match=r"runs\.db is empty, and there are models in"):
            RunStore()
        assert (home / "runs.db").read_bytes() == b""

    def test_an_empty_file_without_models_becomes_a_store(self, home: Path) -> None:
        home.mkdir()
        (home / "runs.db").touch()
        with closing(RunStore()) as store:
            assert recorded(store) == "1"

    @pytest.mark.parametrize("size", [0, 1, 3, 7, 11])
    @pytest.mark.parametrize("how", ["zeroed", "cut"])
    def test_sound_runs_of_a_damaged_database_are_listed(self, home: Path, how: str, size: int) -> None:
        with closing(RunStore()) as store:
            for _ in range(12):
                recorded(store)
        path = home / "runs.db"
        sound = path.read_bytes()
        pages = len(sound) // 4096
        first = min(size, pages - 1) * 4096
        path.write_bytes(sound[:first] if how == "cut" else sound[:first] + bytes(4096) + sound[first + 4096 :])
        listed: list[RunSummary] = []
        with suppress(StoreError), closing(RunStore()) as store:
            listed = store.summaries()
        assert {int(run.id) for run in listed} <= set(range(1, 13))
        assert all(run.damaged or (run.name, run.epochs_done) == ("Fake", 5) for run in listed)
        assert not listed or not all(run.damaged for run in listed)

    @pytest.mark.parametrize("store_id", ["/var/outside", "../../outside", "0" * 31, "G" * 32, ""])
    def test_an_identifier_that_is_a_path_is_refused(self, home: Path, tmp_path: Path, store_id: str) -> None:
        with closing(RunStore()) as store:
            run = recorded(store)
            store.delete(run)
        outside = tmp_path / "outside" / run
        outside.mkdir(parents=True)
        with closing(sqlite3.connect(home / "runs.db")) as connection, connection:
            connection.execute("UPDATE schema SET store = ?", [store_id.replace("/var", str(tmp_path))])
        with pytest.raises(StoreError, match="damaged"):
            RunStore()
        assert outside.is_dir()

    def test_a_folder_that_leads_out_of_the_home_is_left_alone(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").touch()
        with closing(RunStore()) as store:
            run = recorded(store)
            store.delete(run)
            path = store.folder(run).path
            shutil.rmtree(path)
            path.symlink_to(outside)
            for ask in (store.weights, store.features, store.own, store.purge):
                with pytest.raises(StoreError, match="leads to"):
                    ask(run)
        assert (outside / "kept").exists()


class TestWriteAheadLog:
    """A process is killed; of the changes that stand in the log alone, the end is lost."""

    @pytest.fixture
    def killed(self, home: Path, tmp_path: Path) -> Callable[[RunStore], None]:
        """Take the home as it stands while a store is open, and cut the log to a part of it."""

        def cut(store: RunStore) -> None:
            shutil.copytree(home, tmp_path / "copy")
            store.close()
            shutil.rmtree(home)
            (tmp_path / "copy").rename(home)
            log = home / "runs.db-wal"
            log.write_bytes(log.read_bytes()[: 32 + 3 * 4120])

        return cut

    def test_lost_epochs_are_said(self, killed: Callable[[RunStore], None]) -> None:
        store = RunStore()
        run_until(store, 1)
        store._ledger.database.settle()
        store.close()
        store = RunStore()
        stream = store.resume("1", FakeRun(EXPERIMENT, resume=store.checkpoint("1")))
        for event in stream:
            if isinstance(event, EpochEnded) and event.epoch == 4:
                break
        killed(store)
        stream.close()
        with closing(RunStore()) as after:
            found = after.get("1")
            assert len(found.epochs) < 4
            assert "the database lost its epochs after epoch" in str(found.reason)
            with pytest.raises(StoreError, match="run 1 cannot be resumed: its epochs from 2 on were lost"):
                after.checkpoint("1")

    def test_a_lost_run_is_shown_and_its_number_not_given_again(self, home: Path) -> None:
        with closing(RunStore()) as store:
            recorded(store)
            before = (home / "runs.db").read_bytes()
            recorded(store)
        (home / "runs.db").write_bytes(before)
        with closing(RunStore()) as store:
            lost, known = store.summaries()
            assert (lost.id, lost.state, known.id, known.state) == ("2", "damaged", "1", "finished")
            assert "lost" in str(lost.error)
            assert recorded(store) == "3"


class TestDeletedWhileInUse:
    @pytest.mark.parametrize("what", ["home", "runs.db", "folder"])
    def test_the_run_fails_with_that_reason(self, home: Path, what: str) -> None:
        store = RunStore()
        for event in store.record(FakeRun(EXPERIMENT)):
            if isinstance(event, EpochEnded) and event.epoch == 2:
                match what:
                    case "home":
                        shutil.rmtree(home)
                    case "folder":
                        shutil.rmtree(store.folder("1").path)
                    case _:
                        (home / what).unlink()
        assert isinstance(event, Ended)
        assert event.status is Status.FAILED
        assert "was deleted while" in str(event.reason)
        assert home.exists() is (what != "home")
        if what == "folder":
            assert store.get("1").error == event.reason

    def test_a_store_that_was_replaced_is_not_written(self, home: Path) -> None:
        store = RunStore()
        recorded(store)
        (home / "runs.db").rename(home / "old.db")
        RunStore().close()
        with pytest.raises(StoreError, match="was replaced by another file"):
            store.summaries()


class TestFiles:
    def test_weights_that_are_no_numbers_are_not_saved(self, home: Path) -> None:
        folder = RunFolder(home / "1")
        with pytest.raises(StoreError, match=r"epoch-1\.npz: the network's weights .* not all finite"):
            folder.save(State(ended(7, 1), 1, (np.array([1.0, np.nan]),), ()))

    def test_weights_that_are_no_numbers_are_not_read(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = RunFolder(home / "1")
        with monkeypatch.context() as patch:
            patch.setattr("engine.runs.run_folder._check_numbers", lambda *_: None)
            folder.save(State(ended(7, 1), 1, (np.array([1.0, np.inf]),), ()))
        with pytest.raises(StoreError, match="not all finite"):
            folder.load(1)

    @pytest.mark.parametrize(
        "state",
        [
            State(replace(ended(7, 1), epoch=2), 1, (), ()),
            State(ended(7, 1), 0, (), ()),
            State(replace(ended(7, 1), logs={"loss": "low"}), 1, (), ()),  # type: ignore[dict-item]
            State(replace(ended(7, 1), seconds="long"), 1, (), ()),  # type: ignore[arg-type]
        ],
    )
    def test_a_file_whose_content_is_wrong_is_damaged(self, home: Path, state: State) -> None:
        folder = RunFolder(home / "1")
        folder.save(state)
        (home / "1" / f"epoch-{state.ended.epoch}.npz").rename(home / "1" / "epoch-1.npz")
        with pytest.raises(StoreError, match=r"epoch-1\.npz is damaged"):
            folder.load(1)

    def test_every_changed_byte_of_the_features_is_noticed(self) -> None:
        with closing(RunStore()) as store:
            run = recorded(store)
            path = store.folder(run).path / "features.json"
            sound, before = path.read_bytes(), store.folder(run).read_features()
            for position in range(len(sound)):
                path.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
                with suppress(StoreError):
                    assert store.folder(run).read_features() == before

    def test_features_of_an_earlier_version_are_read(self, home: Path) -> None:
        folder = RunFolder(home)
        home.mkdir()
        (home / "features.json").write_text('{"form": "columns"}')
        assert folder.read_features() == '{"form": "columns"}'
        assert checked_json.loads(checked_json.dumps([1, {"a": 0.1}])) == [1, {"a": 0.1}]

    @pytest.mark.parametrize("name", ["owner.lock", "stop", "progress.json", "features.json", "epoch-5.npz"])
    def test_a_folder_in_place_of_a_file_is_named(self, name: str) -> None:
        asked = {"features.json": RunStore.features, "epoch-5.npz": lambda store, run: store.weights(run, "last")}
        with closing(RunStore()) as store:
            run = recorded(store)
            path = store.folder(run).path / name
            path.unlink(missing_ok=True)
            path.mkdir()
            (path / "inside").touch()
            if name == "progress.json":
                assert store.folder(run).read_progress() is None
            with pytest.raises(StoreError, match=re.escape(str(path))):
                asked.get(name, RunStore.own)(store, run)

    def test_a_finished_run_keeps_no_optimizer_and_a_stopped_one_does(self) -> None:
        with closing(RunStore()) as store:
            finished = recorded(store)
            run_until(store, 4)
            assert all(store.folder(finished).load(epoch).optimizer == () for epoch in (3, 5))
            assert store.folder("2").load(4).optimizer


class TestServer:
    def test_one_that_does_not_answer_fails_with_a_word_while_it_waits(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("psycopg")
        monkeypatch.setattr(database_url, "ANSWER_SECONDS", 2)
        said: list[str] = []
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"postgresql+psycopg://me:secret@127.0.0.1:{silent.getsockname()[1]}/runs"
            with pytest.raises(StoreError, match="cannot use the run store postgresql") as caught:
                RunStore(url, waiting=said.append)
        assert len(said) == 1
        assert said[0].startswith("waiting for the run store postgresql")
        assert "secret" not in said[0] + str(caught.value)


@pytest.mark.parametrize("named", ["x" * 300, "a/" * 3000])
def test_a_home_that_cannot_be_is_a_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_HOME", named)
    with pytest.raises(StoreError):
        RunStore()
    assert not list(tmp_path.iterdir())


def test_a_home_that_is_not_utf8_is_one_like_any_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / os.fsdecode(b"\xff")))
    with closing(RunStore()) as store:
        run = recorded(store)
        with closing(RunStore(store.url)) as again:
            assert again.get(run).epochs_done == 5


def test_weights_survive_what_is_dropped() -> None:
    with closing(RunStore()) as store:
        run = recorded(store)
        np.testing.assert_array_equal(store.weights(run, "last")[0], weights_at(7, 5)[0])
