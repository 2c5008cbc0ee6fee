"""Run stores pass their contract in each kind of database; their files are checked when they are read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from engine.errors import StoreError
from engine.events import Ended, Status
from engine.experiment.model import Experiment, Training
from engine.runs import RunStore, schema
from engine.runs.run_folder import RunFolder, State
from tests.engine.fake_runs import EXPERIMENT, FACTS, FakeRun, ended, recorded, weights_at
from tests.engine.runs.store_contract import StoreContract

SERVER = os.environ.get("TEST_DATABASE")


class TestDefaultStore(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[RunStore]:
        """A store in its default folder."""
        yield from opened(None)


class TestStoreOfAUrl(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[RunStore]:
        """A store in a database file that a URL names."""
        yield from opened(f"sqlite:///{tmp_path}/elsewhere/own.db")


@pytest.mark.skipif(
    not SERVER, reason="TEST_DATABASE names no database, such as postgresql+psycopg://me@localhost/empty"
)
class TestStoreOnAServer(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[RunStore]:
        """A store on the server that TEST_DATABASE names, emptied."""
        server = sa.create_engine(str(SERVER))
        schema.metadata.drop_all(server)
        server.dispose()
        yield from opened(SERVER)


def opened(url: str | None) -> Iterator[RunStore]:
    """A store that is closed after the test."""
    with closing(RunStore(url)) as store:
        yield store


class TestStoresOfOneHome:
    def test_keep_their_models_apart(self, tmp_path: Path) -> None:
        stores = [RunStore(), RunStore(f"sqlite:///{tmp_path}/other.db")]
        for seed, store in enumerate(stores):
            assert recorded(store, FakeRun(Experiment(seed=seed, training=Training(epochs=3)))) == "1"
        for seed, store in enumerate(stores):
            np.testing.assert_array_equal(store.weights("1")[0], weights_at(seed, 3)[0])

    def test_a_new_store_knows_nothing_of_one_moved_away(self, home: Path) -> None:
        old = RunStore()
        recorded(old)
        old.close()
        (home / "runs.db").rename(home / "damaged.db")
        new = RunStore()
        stream = new.record(FakeRun(EXPERIMENT))
        next(stream)
        stream.close()
        assert new.again("1").resume is None
        *_, last = new.resume("1", FakeRun(EXPERIMENT))
        assert isinstance(last, Ended)
        assert last.status is Status.FINISHED
        assert RunStore(f"sqlite:///{home}/damaged.db").weights("1")


class TestLeaving:
    def test_an_interrupted_run_left_is_stopped_and_can_be_resumed(self, home: Path) -> None:
        store = RunStore()
        run, handle = store.reserve(FakeRun(EXPERIMENT))
        store.leave(run)
        os.close(handle)
        assert [one.id for one in store.interrupted()] == [run]
        store.leave(run)
        assert store.interrupted() == []
        left = store.get(run)
        assert (left.status, left.resumable) == (Status.STOPPED, True)
        assert "interrupted" in str(left.reason)


class TestDamage:
    def test_every_flipped_byte_is_noticed_or_harmless(self, home: Path) -> None:
        folder = RunFolder(home / "1")
        state = State(ended(7, 1), 1, weights_at(7, 1), (np.arange(3.0),))
        folder.save(state)
        path = folder.path / "epoch-1.npz"
        sound = path.read_bytes()
        noticed = 0
        for index in range(len(sound)):
            path.write_bytes(sound[:index] + bytes([sound[index] ^ 0xFF]) + sound[index + 1 :])
            try:
                read = folder.load(1)
            except StoreError:
                noticed += 1
            else:
                assert read.ended == state.ended
                for one, other in zip(read.weights + read.optimizer, state.weights + state.optimizer, strict=True):
                    np.testing.assert_array_equal(one, other)
        assert noticed > len(sound) / 2

    def test_every_truncation_is_noticed(self, home: Path) -> None:
        folder = RunFolder(home / "1")
        folder.save(State(ended(7, 1), 1, weights_at(7, 1), ()))
        path = folder.path / "epoch-1.npz"
        sound = path.read_bytes()
        for length in range(0, len(sound), 7):
            path.write_bytes(sound[:length])
            with pytest.raises(StoreError, match=r"epoch-1.npz is damaged"):
                folder.load(1)

    def test_a_damaged_database_is_named(self, home: Path) -> None:
        home.mkdir()
        (home / "runs.db").write_bytes(b"not a database at all, " * 100)
        with pytest.raises(StoreError, match=rf"{home}/runs.db is damaged"):
            RunStore()

    def test_a_damaged_row_leaves_the_rest_usable(self, home: Path) -> None:
        store = RunStore()
        first, second = recorded(store), recorded(store)
        with sqlite3.connect(home / "runs.db") as connection:
            connection.execute("update runs set data = '{\"data' where id = 1")
        connection.close()
        assert store.get(second).data == FACTS
        listed = store.summaries()
        assert [run.id for run in listed] == [second, first]
        assert "damaged" in str(listed[1].reason)
        with pytest.raises(StoreError, match=r"runs\.db is damaged"):
            store.get(first)
