"""Processes that record made-up runs, to be killed, starved and set against each other; none of TensorFlow."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from engine.events import EpochEnded, Recorded
from engine.experiment.model import Experiment, Training
from engine.runs import RunStore, database
from tests.engine.fake_runs import FakeRun

SIZE = 5000
"""Rows of a recorded network's weights: some 40 kB."""

HOME = ""
"""The home of the test that starts processes; the server they are forked from has an older environment."""

assert database.SCHEMA


def experiment(epochs: int = 5, seed: int = 7, name: str = "Fake") -> Experiment:
    """What the made-up runs are runs of."""
    return Experiment(name=name, seed=seed, training=Training(epochs=epochs))


def start(target: Any, *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Start ``target(connection, *arguments)`` in a new process, forked from a server that imports this alone."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.engine.recorder"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_at_home, args=(HOME, target, theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _at_home(home: str, target: Any, *arguments: Any) -> None:
    os.environ["WORKBENCH_HOME"] = home
    target(*arguments)


def left_behind() -> list[str]:
    """Files half-written in the home folder."""
    return [str(path) for path in Path(HOME).rglob(".*") if path.is_file()]


def record(connection: Connection, url: str, epochs: int) -> None:
    """Record a run; tells its number, then each epoch that was passed on, then how the run ended."""
    run = FakeRun(experiment(epochs), size=SIZE)
    for event in RunStore(url).record(run):
        if isinstance(event, Recorded):
            connection.send(event.run)
        if isinstance(event, EpochEnded):
            connection.send(event.epoch)
    connection.send(event)


def record_many(connection: Connection, url: str, runs: int, name: str) -> None:
    """Record runs one after another, in a store that another process writes too; tells their numbers."""
    connection.recv()
    store = RunStore(url)
    numbers = []
    for seed in range(runs):
        first, *_ = store.record(FakeRun(experiment(seed=seed, name=name)))
        numbers.append(first.run)
    connection.send(numbers)


def record_on_a_full_disk(connection: Connection, url: str, after: int) -> None:
    """Record a run; after this epoch no file may grow beyond a few kB. Tells the last event."""
    for event in RunStore(url).record(FakeRun(experiment(), size=SIZE)):
        if isinstance(event, EpochEnded) and event.epoch == after:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    connection.send(event)


def obey(connection: Connection, url: str | None) -> None:
    """Do what is asked, with a store opened and closed each time, as a command does; answers each time.

    "begin" starts a run that goes on through later commands, "on" takes it some epochs further.
    """
    stream: Generator[Any, None, None] | None = None
    session: RunStore | None = None
    while True:
        asked = connection.recv()
        if asked == "begin":
            session = RunStore(url)
            stream = session.record(FakeRun(experiment(1000)))
            connection.send(next(stream).run)
        elif asked == "on":
            assert stream is not None
            told = [event.epoch for event in stream_until(stream, 3)]
            connection.send(told[-1])
        else:
            with closing(RunStore(url)) as store:
                connection.send(_COMMANDS[asked](store))


def stream_until(stream: Generator[Any, None, None], epochs: int) -> Iterator[EpochEnded]:
    """The next ended epochs of a run."""
    return islice((event for event in stream if isinstance(event, EpochEnded)), epochs)


def _train(store: RunStore) -> str:
    first, *_ = store.record(FakeRun(experiment(2, name="Second")))
    return str(first.run)


def _descriptors(store: RunStore) -> list[str]:
    """The descriptors of the database that anything but SQLite opens while two stores are used."""
    opened: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and "runs.db" in str(arguments[0]):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    with closing(RunStore()) as second:
        run = _train(store)
        second.tag(run, ["one"])
        second.check()
        second.delete(run)
        second.purge(run)
    return opened


_COMMANDS: dict[str, Callable[[RunStore], Any]] = {
    "list": lambda store: [run.id for run in store.summaries()],
    "tag": lambda store: store.tag(store.summaries()[-1].id, ["tagged"]),
    "delete": lambda store: [store.delete(run.id) for run in store.summaries() if not run.owned],
    "train": _train,
    "descriptors": _descriptors,
}
