"""Processes that record made-up runs, to be killed, starved and set against each other; none of TensorFlow."""

from __future__ import annotations

import multiprocessing
import os
import resource
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
