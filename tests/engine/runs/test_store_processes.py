"""The run store among processes that are killed, starved of disk, and write at once."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest

from engine.events import Ended, EpochEnded, Progress, Recorded, Started, Status
from engine.runs import RunStore
from tests.engine import recorder
from tests.engine.fake_runs import FakeRun, ended, weights_at
from tests.fresh_process import printed


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the processes' store is: forked processes have the environment of the server, not of the test."""
    return f"sqlite:///{tmp_path}/runs.db"


@pytest.fixture(autouse=True)
def shared_home(home: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The home of this test, passed on to its processes."""
    monkeypatch.setattr(recorder, "HOME", str(home))


class TestKills:
    @pytest.mark.parametrize("kill", range(10))
    def test_no_ended_epoch_is_missing_and_resuming_ends_equal(self, url: str, kill: int) -> None:
        chance = random.Random(kill)
        process, connection = recorder.start(recorder.record, url, 200)
        run, epochs = connection.recv(), 0
        for _ in range(chance.randrange(12)):
            epochs = connection.recv()
        connection.poll(chance.random() / 100)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while connection.poll() and (told := _told(connection)) is not None:
            epochs = told

        store = RunStore(url)
        assert [one.id for one in store.interrupted()] == [run]
        record = store.get(run)
        assert (record.status, record.interrupted, record.resumable) == (Status.STOPPED, True, True)
        assert epochs <= len(record.epochs) <= epochs + 1
        assert record.epochs == tuple(ended(7, epoch + 1) for epoch in range(len(record.epochs)))
        assert store.check() == []
        self._resumes(store, run, len(record.epochs) + 3)

    def _resumes(self, store: RunStore, run: str, epochs: int) -> None:
        resume = store.checkpoint(run) if store.get(run).epochs else None
        again = FakeRun(recorder.experiment(epochs), resume=resume, size=recorder.SIZE)
        *_, last = store.resume(run, again)
        assert isinstance(last, Ended)
        assert last.status is Status.FINISHED
        assert recorder.left_behind() == []
        assert store.get(run).epochs == tuple(ended(7, epoch + 1) for epoch in range(epochs))
        np.testing.assert_array_equal(store.weights(run, "last")[0], weights_at(7, epochs, recorder.SIZE)[0])


class TestTogether:
    def test_processes_open_and_write_a_new_store_at_once(self, url: str) -> None:
        started = [recorder.start(recorder.record_many, url, 5, name) for name in ("one", "other")]
        for _, connection in started:
            connection.send("go")
        numbers = [connection.recv() for _, connection in started]
        for process, _ in started:
            process.join()
        assert sorted(int(run) for own in numbers for run in own) == list(range(1, 11))
        store = RunStore(url)
        for name, own in zip(("one", "other"), numbers, strict=True):
            for seed, run in enumerate(own):
                record = store.get(run)
                assert (record.name, record.seed, record.status) == (name, seed, Status.FINISHED)
                assert record.epochs == tuple(ended(seed, epoch) for epoch in range(1, 6))

    def test_a_run_is_followed_and_stopped_from_another_process(self, url: str) -> None:
        process, connection = recorder.start(recorder.record, url, 100_000)
        run = connection.recv()
        assert connection.recv() == 1
        store = RunStore(url)
        assert store.get(run).owned
        seen = []
        for event in store.follow(run):
            seen.append(event)
            if isinstance(event, EpochEnded) and event.epoch == 3:
                store.request_stop(run)
        process.join()
        assert seen[0] == Recorded(run)
        assert isinstance(seen[1], Started)
        epochs = [event for event in seen if isinstance(event, EpochEnded)]
        assert epochs == list(store.get(run).epochs)
        assert isinstance(seen[-1], Ended)
        assert (seen[-1].status, seen[-1].reason) == (Status.STOPPED, "stopped on request")
        while isinstance(last := connection.recv(), int):
            pass
        assert isinstance(last, Ended)

    def test_following_a_run_whose_process_is_gone(self, url: str) -> None:
        process, connection = recorder.start(recorder.record, url, 100_000)
        run = connection.recv()
        assert connection.recv() == 1
        store = RunStore(url)
        stream = store.follow(run)
        while not isinstance(next(stream), EpochEnded | Progress):
            pass
        process.kill()
        process.join()
        *_, last = stream
        assert isinstance(last, Ended)
        assert last.status is Status.STOPPED
        assert last.reason is not None
        assert "interrupted" in last.reason


class TestFullDisk:
    def test_the_run_fails_with_that_message_and_the_store_stays_whole(self, url: str) -> None:
        store = RunStore(url)
        first, *_ = store.record(FakeRun(recorder.experiment()))
        process, connection = recorder.start(recorder.record_on_a_full_disk, url, 2)
        last = connection.recv()
        process.join()
        assert isinstance(last, Ended)
        assert last.status is Status.FAILED
        assert last.reason is not None
        assert "epoch-3.npz: File too large" in last.reason
        record = store.get("2")
        assert not record.owned
        assert [one.epoch for one in record.epochs] == [1, 2]
        assert store.checkpoint("2").epoch == 2
        assert store.weights(first.run)
        assert store.check() == []
        assert recorder.left_behind() == []


def _told(connection: recorder.Connection) -> int | None:
    try:
        told = connection.recv()
    except EOFError:
        return None
    return told if isinstance(told, int) else None


def test_the_store_is_light_to_import() -> None:
    heavy = "('numpy', 'sqlalchemy', 'pydantic', 'scipy', 'tensorflow', 'keras')"
    code = f"import sys, engine.runs; print([name for name in {heavy} if name in sys.modules])"
    assert printed(code) == "[]\n"
