"""Work gives the same outcomes wherever it is done, and a worker that dies costs one task one more try."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing
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
from engine.selection.workers.reports import TRIES, Done, Idle, Lost, Report, Said, Team


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


def working(team: AbstractContextManager[Team], *rounds: list[int]) -> Iterator[Report]:
    """What a team reports of its tasks, round after round."""
    with team as work:
        for tasks in rounds:
            yield from work(tasks)


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
    reports = list(working(in_process(Adding(np.arange(4), tmp_path)), [10, 20]))
    assert reports[:4] == [*(Said(0, f"task 10 step {index}") for index in range(3)), Done(0, (16, False))]
    assert outcomes(iter(reports)) == {0: (16, False), 1: (26, False)}


def test_here_closing_stops_the_work(tmp_path: Path) -> None:
    with closing(working(in_process(Forever(tmp_path)), [5])) as reports:
        next(reports)
    assert (tmp_path / "stopped-5").exists()


def test_processes_map_the_arrays_and_lose_no_message(tmp_path: Path) -> None:
    reports = list(working(processes(Adding(np.arange(1000), tmp_path), jobs=2), [1, 2, 3]))
    assert outcomes(iter(reports)) == {0: (499501, True), 1: (499502, True), 2: (499503, True)}
    for number, task in enumerate([1, 2, 3]):
        mine = [report for report in reports if not isinstance(report, Idle) and report.task == number]
        assert mine[:3] == [Said(number, f"task {task} step {index}") for index in range(3)]
        assert isinstance(mine[3], Done)


@dataclass
class Pid:
    """Tells the process that works on a task."""

    def __call__(self, task: int) -> Generator[int, None, int]:
        yield task
        return os.getpid()


def test_processes_stay_for_more_tasks_and_are_joined_by_as_many_as_these_need() -> None:
    first, second = [], []  # type: ignore[var-annotated]
    with processes(Pid(), jobs=2) as team:
        first += outcomes(team([1])).values()
        second += outcomes(team([2, 3, 4])).values()
        assert list(team([])) == []
        third = outcomes(team([5, 6])).values()
    assert (len(set(first)), len({*second, *first, *third})) == (1, 2)


def test_a_process_that_died_between_two_calls_is_replaced() -> None:
    with processes(Pid(), jobs=1) as team:
        (pid,) = outcomes(team([1])).values()
        os.kill(pid, signal.SIGKILL)
        reports = list(team([2]))
    assert [report for report in reports if isinstance(report, Lost)] == [Lost(0, 1, True)]
    assert outcomes(iter(reports))[0] != pid


def test_a_killed_process_costs_its_task_a_retry_and_no_other(tmp_path: Path) -> None:
    reports = list(working(processes(Adding(np.arange(4), tmp_path, dies=(1,)), jobs=2), [0, 1, 2]))
    assert sorted(outcomes(iter(reports))) == [0, 1, 2]
    assert [report for report in reports if isinstance(report, Lost)] == [Lost(1, 1, True)]
    assert sum(isinstance(report, Said) and report.task != 1 for report in reports) == 6


def test_a_task_that_kills_every_process_is_given_up(tmp_path: Path) -> None:
    reports = list(working(processes(Adding(np.arange(4), tmp_path, dies=(1,), always=True), jobs=1), [0, 1, 2]))
    assert sorted(outcomes(iter(reports))) == [0, 2]
    assert [report for report in reports if isinstance(report, Lost)] == [
        Lost(1, tries, tries < TRIES) for tries in range(1, TRIES + 1)
    ]


def test_closing_kills_the_processes_and_removes_the_rows_they_shared(tmp_path: Path, home: Path) -> None:
    killed, again = leave_rows_and_die(), leave_rows_and_die()
    assert (killed.exists(), again.exists()) == (False, True)
    with closing(working(processes(Forever(tmp_path), jobs=2), [1, 2])) as reports:
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
        list(working(processes(Failing(), jobs=1), [7]))


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
        list(working(processes(Unpicklable(), jobs=1), [7]))


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from engine.selection.workers.processes import processes;"
        "from tests.engine.selection.test_workers import Forever, Said, working\n"
        "for report in working(processes(Forever(pathlib.Path(sys.argv[1])), 1), [1]):\n"
        "    if isinstance(report, Said): print(report.message, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert psutil.wait_procs([worker], 20)[1] == []


def test_a_cluster_gives_the_same(tmp_path: Path, scheduler: Any) -> None:
    with cluster(Adding(np.arange(1000), tmp_path), scheduler.scheduler_address) as team:
        reports = list(team([1, 2]))
        more = list(team([3]))
    assert outcomes(iter(reports)) == {0: (499501, False), 1: (499502, False)}
    assert outcomes(iter(more)) == {0: (499503, False)}
    assert {report.message for report in reports if isinstance(report, Said)} <= {
        f"task {task} step {index}" for task in (1, 2) for index in range(3)
    }


def test_a_killed_dask_worker_costs_its_task_a_retry(tmp_path: Path, scheduler: Any) -> None:
    reports = list(
        working(cluster(Adding(np.arange(4), tmp_path, dies=(1,)), scheduler.scheduler_address), [0, 1, 2])
    )
    assert outcomes(iter(reports)) == {0: (6, False), 1: (7, False), 2: (8, False)}


def test_closing_stops_the_clusters_work(tmp_path: Path, scheduler: Any) -> None:
    with closing(working(cluster(Forever(tmp_path), scheduler.scheduler_address), [1])) as reports:
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
        reports = working(cluster(Forever(tmp_path), running.scheduler_address), [1])
        while isinstance(next(reports), Idle):
            pass
        running.close()
        with pytest.raises(EngineError, match="the Dask cluster was lost"):
            list(reports)


def test_an_address_where_nothing_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("engine.selection.workers.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(EngineError, match="no Dask scheduler answers at"):
        list(working(cluster(Failing(), "tcp://127.0.0.1:1"), [1]))
    with pytest.raises(EngineError, match="no Dask scheduler answers at"):
        list(working(cluster(Failing(), "nonsense://x"), [1]))
