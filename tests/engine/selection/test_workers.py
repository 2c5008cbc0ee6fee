"""Work gives the same outcomes wherever it is done, and a worker that dies costs one task one more try."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.errors import EngineError
from engine.selection.workers.cluster import cluster
from engine.selection.workers.in_process import in_process
from engine.selection.workers.processes import processes
from engine.selection.workers.reports import TRIES, Done, Idle, Lost, Report, Said

Runner = Callable[..., Iterator[Report]]


@dataclass
class Adding:
    """Adds up an array, saying each step; dies at the tasks that it is told, once each, or always."""

    numbers: np.ndarray
    folder: Path
    dies: tuple[int, ...] = ()
    always: bool = False

    def __call__(self, task: int) -> Generator[str, None, tuple[int, bool]]:
        for index in range(3):
            yield f"task {task} step {index}"
            if task in self.dies and index == 1 and (self.always or not self._marked(f"died-{task}")):
                os.kill(os.getpid(), signal.SIGKILL)
        return int(self.numbers.sum()) + task, isinstance(self.numbers, np.memmap)

    def _marked(self, name: str) -> bool:
        path = self.folder / name
        was = path.exists()
        path.touch()
        return was


@dataclass
class Forever:
    """Notes its process and goes on until it is stopped."""

    folder: Path

    def __call__(self, task: int) -> Generator[int, None, None]:
        try:
            while True:
                yield os.getpid()
        finally:
            (self.folder / f"stopped-{task}").touch()


@dataclass
class Failing:
    """Has a bug."""

    def __call__(self, task: int) -> Generator[str, None, None]:
        yield "on the way"
        raise ZeroDivisionError(f"task {task}")


def outcomes(reports: Iterator[Report]) -> dict[int, Any]:
    return {report.task: report.outcome for report in reports if isinstance(report, Done)}


def leave_rows_and_die() -> Path:
    """Begin to share rows in a process that is killed then, and say where they are."""
    program = "import os; from engine.selection.workers import work_folder; work = work_folder.work_folder()"
    program += "; path = work_folder.write_work(print, work.__enter__()); print(path, flush=True)"
    program += "; os.kill(os.getpid(), 9)"
    found = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    assert found.returncode == -signal.SIGKILL
    return Path(found.stdout.strip())


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """A real scheduler with two worker processes on loopback."""
    distributed = pytest.importorskip("distributed")
    running = distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, dashboard_address=":0", host="127.0.0.1", silence_logs=50
    )
    yield running
    running.close()


def test_here_every_message_comes_before_its_outcome(tmp_path: Path) -> None:
    reports = list(in_process(Adding(np.arange(4), tmp_path), [10, 20]))
    assert reports[:4] == [*(Said(0, f"task 10 step {index}") for index in range(3)), Done(0, (16, False))]
    assert outcomes(iter(reports)) == {0: (16, False), 1: (26, False)}


def test_here_closing_stops_the_work(tmp_path: Path) -> None:
    with closing(in_process(Forever(tmp_path), [5])) as reports:
        next(reports)
    assert (tmp_path / "stopped-5").exists()


def test_processes_map_the_arrays_and_lose_no_message(tmp_path: Path) -> None:
    reports = list(processes(Adding(np.arange(1000), tmp_path), [1, 2, 3], jobs=2))
    assert outcomes(iter(reports)) == {0: (499501, True), 1: (499502, True), 2: (499503, True)}
    for number, task in enumerate([1, 2, 3]):
        mine = [report for report in reports if not isinstance(report, Idle) and report.task == number]
        assert mine[:3] == [Said(number, f"task {task} step {index}") for index in range(3)]
        assert isinstance(mine[3], Done)


def test_a_killed_process_costs_its_task_a_retry_and_no_other(tmp_path: Path) -> None:
    reports = list(processes(Adding(np.arange(4), tmp_path, dies=(1,)), [0, 1, 2], jobs=2))
    assert sorted(outcomes(iter(reports))) == [0, 1, 2]
    assert [report for report in reports if isinstance(report, Lost)] == [Lost(1, 1, True)]
    assert sum(isinstance(report, Said) and report.task != 1 for report in reports) == 6


def test_a_task_that_kills_every_process_is_given_up(tmp_path: Path) -> None:
    reports = list(processes(Adding(np.arange(4), tmp_path, dies=(1,), always=True), [0, 1, 2], jobs=1))
    assert sorted(outcomes(iter(reports))) == [0, 2]
    assert [report for report in reports if isinstance(report, Lost)] == [
        Lost(1, tries, tries < TRIES) for tries in range(1, TRIES + 1)
    ]


def test_closing_kills_the_processes_and_removes_the_rows_they_shared(tmp_path: Path, home: Path) -> None:
    killed, again = leave_rows_and_die(), leave_rows_and_die()
    assert (killed.exists(), again.exists()) == (False, True)
    with closing(processes(Forever(tmp_path), [1, 2], jobs=2)) as reports:
        pids = set()
        while len(pids) < 2:
            report = next(reports)
            if isinstance(report, Said):
                pids.add(report.message)
        (mine,) = (home / "cache" / "work").glob("*/work")
        assert not again.exists()
        leave_rows_and_die()
        assert mine.exists()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not mine.parent.exists()


def test_a_bug_in_a_process_comes_through() -> None:
    with pytest.raises(ZeroDivisionError, match="task 7"):
        list(processes(Failing(), [7], jobs=1))


@dataclass
class Unpicklable:
    """Has a bug whose exception cannot be pickled."""

    def __call__(self, task: int) -> Generator[str, None, None]:
        class LocalError(Exception):
            pass

        yield "on the way"
        raise LocalError("only here")


def test_a_bug_that_cannot_be_pickled_comes_through_in_words() -> None:
    with pytest.raises(RuntimeError, match="LocalError: only here"):
        list(processes(Unpicklable(), [7], jobs=1))


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from engine.selection.workers.processes import processes;"
        "from tests.engine.selection.test_workers import Forever, Said\n"
        "for report in processes(Forever(pathlib.Path(sys.argv[1])), [1], 1):\n"
        "    if isinstance(report, Said): print(report.message, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert psutil.wait_procs([worker], 20)[1] == []


def test_a_cluster_gives_the_same(tmp_path: Path, scheduler: Any) -> None:
    reports = list(cluster(Adding(np.arange(1000), tmp_path), [1, 2, 3], scheduler.scheduler_address))
    assert outcomes(iter(reports)) == {0: (499501, False), 1: (499502, False), 2: (499503, False)}
    assert {report.message for report in reports if isinstance(report, Said)} <= {
        f"task {task} step {index}" for task in (1, 2, 3) for index in range(3)
    }


def test_a_killed_dask_worker_costs_its_task_a_retry(tmp_path: Path, scheduler: Any) -> None:
    reports = list(cluster(Adding(np.arange(4), tmp_path, dies=(1,)), [0, 1, 2], scheduler.scheduler_address))
    assert outcomes(iter(reports)) == {0: (6, False), 1: (7, False), 2: (8, False)}


def test_closing_stops_the_clusters_work(tmp_path: Path, scheduler: Any) -> None:
    with closing(cluster(Forever(tmp_path), [1], scheduler.scheduler_address)) as reports:
        while isinstance(next(reports), Idle):
            pass
    deadline = time.monotonic() + 20
    while not (tmp_path / "stopped-1").exists():
        assert time.monotonic() < deadline


def test_a_lost_scheduler_is_told(tmp_path: Path) -> None:
    dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
    settings = {"distributed.comm.timeouts.connect": "1s", "distributed.client.scheduler-info-interval": "1s"}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1", silence_logs=50
        ) as running,
    ):
        reports = cluster(Forever(tmp_path), [1], running.scheduler_address)
        while isinstance(next(reports), Idle):
            pass
        running.close()
        with pytest.raises(EngineError, match="the Dask cluster was lost"):
            list(reports)


def test_an_address_where_nothing_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("engine.selection.workers.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(EngineError, match="no Dask scheduler answers at"):
        list(cluster(Failing(), [1], "tcp://127.0.0.1:1"))
    with pytest.raises(EngineError, match="no Dask scheduler answers at"):
        list(cluster(Failing(), [1], "nonsense://x"))
