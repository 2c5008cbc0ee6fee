"""Worker processes, each connected to this process by a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from engine.selection.workers.processors import environment, processors
from engine.selection.workers.reports import (
    IDLE_SECONDS,
    TRIES,
    Done,
    Idle,
    Lost,
    Report,
    Reports,
    Said,
    Team,
    Work,
)
from engine.selection.workers.work_folder import work_folder, write_work
from engine.system.paths import home

PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from engine.selection.workers.worker import main; main(int(sys.argv[2]), sys.argv[3])"
)
"""Code of a worker process: set the search path, call :func:`engine.selection.workers.worker.main`."""


@contextmanager
def processes(work: Work, jobs: int) -> Iterator[Team]:
    """Yield a team of up to ``jobs`` processes, each working on one task at a time; -1 means one per processor.

    The arrays of ``work`` are memory-mapped from a temporary file, not copied. An exception in a worker is raised
    here. Raises EngineError if the file cannot be written.
    """
    workers: list[_Worker] = []
    with work_folder() as folder:
        shared = write_work(work, folder)
        try:
            yield partial(_work, workers, shared, processors() if jobs == -1 else jobs)
        finally:
            for worker in workers:
                worker.close()


def _work(workers: list[_Worker], shared: Path, jobs: int, tasks: Sequence[Any]) -> Reports:
    """Work on the tasks; start more workers as long as there are fewer than jobs and tasks."""
    waiting, tries = deque(range(len(tasks))), [0] * len(tasks)
    jobs = min(jobs, len(tasks))
    workers += [_Worker(shared, jobs) for _ in range(jobs - len(workers))]
    while waiting or any(worker.busy for worker in workers):
        for worker in workers:
            if waiting and not worker.busy:
                worker.begin(number := waiting.popleft(), tasks[number])
        for report in _reports(workers, tries):
            if isinstance(report, Lost) and report.again:
                waiting.appendleft(report.task)
            yield report


def _reports(workers: Sequence[_Worker], tries: list[int]) -> list[Report]:
    """Wait until a worker has something to report."""
    busy = {worker.connection: worker for worker in workers if worker.busy}
    ready = wait(list(busy), IDLE_SECONDS)
    return [busy[connection].report(tries) for connection in busy if connection in ready] or [Idle()]


class _Worker:
    """A worker process, replaced when it dies, and its current task (None: idle)."""

    def __init__(self, shared: Path, jobs: int) -> None:
        self._shared, self._jobs = shared, jobs
        self._process: subprocess.Popen[bytes] | None = None
        self._task: int | None = None
        self.connection: Any = None

    @property
    def busy(self) -> bool:
        return self._task is not None

    def begin(self, number: int, task: Any) -> None:
        if self._process is None:
            self._start()
        self._task = number
        with suppress(OSError):  # the connection reports that a process which has died since is closed
            self.connection.send(task)

    def _start(self) -> None:
        self.connection, theirs = Pipe()
        command = [sys.executable, "-c", PROGRAM, json.dumps(sys.path), str(theirs.fileno()), str(self._shared)]
        with _log() as log:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=os.environ | environment(self._jobs),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C only reaches this process, which kills its workers
            )
        theirs.close()

    def report(self, tries: list[int]) -> Report:
        """Return the next report; call it once the connection is ready."""
        number = self._task
        assert number is not None
        try:
            kind, value = self.connection.recv()
        except (EOFError, OSError):
            self.close()
            tries[number] += 1
            return Lost(number, tries[number], tries[number] < TRIES)
        if kind == "said":
            return Said(number, value)
        self._task = None
        if kind == "raised":
            raise value
        return Done(number, value)

    def close(self) -> None:
        """Kill the process."""
        process, self._process, self._task = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()
            self.connection.close()


def _log() -> Any:
    """Return the log, for output of libraries in workers; a null device if it cannot be written."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        return (home() / "workbench.log").open("ab")
    except OSError:
        return Path(os.devnull).open("wb")
