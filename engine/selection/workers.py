"""Where a selection's work is done: in this process, in worker processes, or on a Dask cluster.

Work is a callable that makes a generator of messages from a task; what the generator returns is the task's
outcome. It is handed to every worker once, tasks and messages are small. A worker that dies costs the task it
was at another try, and nothing else; closing the generator that an executor gives stops all workers.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.system.paths import cache, home

Work = Callable[[Any], Generator[Any, None, Any]]

TRIES = 3
"""How often a task is begun before it is given up: a network too large for the memory kills every worker."""

POLL_SECONDS = 0.05
"""How often workers' messages are looked for."""

CONNECT_SECONDS = 10
"""How long a cluster's scheduler may take to answer."""

IDLE_SECONDS = 0.3
"""How long nothing may happen before an executor says so."""


def environment(jobs: int) -> dict[str, str]:
    """What keeps ``jobs`` worker processes from fighting over the processors and a graphics card."""
    threads = str(max(1, _processors() // jobs))
    return {
        "TF_NUM_INTRAOP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the work on a task; ``task`` is its place among the tasks given."""

    task: int
    message: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a task."""

    task: int
    outcome: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker on a task died for the ``tries``-th time; ``again`` tells whether it is tried once more."""

    task: int
    tries: int
    again: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing has happened for a while: a chance to stop."""


Report = Said | Done | Lost | Idle
Reports = Generator[Report, None, None]


def in_process(work: Work, tasks: Sequence[Any]) -> Reports:
    """Work on one task after the other, here."""
    for number, task in enumerate(tasks):
        steps = work(task)
        try:
            while True:
                yield Said(number, next(steps))
        except StopIteration as stop:
            yield Done(number, stop.value)
        finally:
            steps.close()


def processes(work: Work, tasks: Sequence[Any], jobs: int) -> Reports:
    """Work on ``jobs`` tasks at a time, each in a process of its own (loky); -1 is one for each processor.

    Every process has an executor of its own, so that one that is killed takes no other's task with it. The
    arrays of ``work`` are mapped from a temporary file, not copied; messages come through files, which a
    killed process cannot leave locked. Raises EngineError where the files cannot be written.
    """
    waiting = deque(range(len(tasks)))
    tries = [0] * len(tasks)
    with _folder() as folder:
        shared = _written(work, folder)
        jobs = min(_processors() if jobs == -1 else jobs, len(tasks))
        slots = [_Slot(shared, jobs) for _ in range(jobs)]
        heard = time.monotonic()
        try:
            while waiting or any(slot.busy for slot in slots):
                for slot in slots:
                    if waiting and not slot.busy:
                        slot.begin(number := waiting.popleft(), tasks[number])
                wait([slot.future for slot in slots if slot.busy], POLL_SECONDS, FIRST_COMPLETED)
                for slot in slots:
                    for report in slot.reports(tries) if slot.busy else ():
                        if isinstance(report, Lost) and report.again:
                            waiting.appendleft(report.task)
                        yield report
                        heard = time.monotonic()
                if time.monotonic() - heard > IDLE_SECONDS:
                    yield Idle()
                    heard = time.monotonic()
        finally:
            for slot in slots:
                slot.close()


def cluster(work: Work, tasks: Sequence[Any], address: str) -> Reports:
    """Work on the workers of a Dask cluster, whose scheduler is at ``address`` (``tcp://host:port``).

    A worker works on one task at a time, whatever its number of threads. Raises EngineError where no
    scheduler answers, or distributed is not installed.
    """
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise EngineError("--cluster needs Dask: pip install 'training-workbench[cluster]'") from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise EngineError(f"no Dask scheduler answers at {address}: {error}") from error
    with client, dask.config.set({"distributed.admin.large-graph-warning-threshold": "100GB"}):
        yield from _Cluster(client, len(tasks)).run(work, tasks)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in the cache while the work goes on; those of processes that were killed since are removed.

    Each is locked by its process (``flock``), which holds however that ends, and in every container.
    """
    place = cache() / "work"
    try:
        place.mkdir(parents=True, exist_ok=True)
        with (place / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _sweep(place)
            folder = Path(tempfile.mkdtemp(dir=place))
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        raise EngineError(f"cannot write to {place}: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _sweep(place: Path) -> None:
    for left in place.iterdir():
        if left.is_dir():
            handle = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            except BlockingIOError:
                continue
            finally:
                os.close(handle)


def _written(work: Work, folder: Path) -> Path:
    import joblib

    try:
        joblib.dump(work, place := folder / "work")
    except OSError as error:
        raise EngineError(f"cannot write the data to {folder}: {error.strerror or error}") from error
    return place


class _Slot:
    """One worker process, replaced when it dies, and the task that it is at."""

    def __init__(self, shared: Path, jobs: int) -> None:
        self._shared = shared
        self._jobs = jobs
        self._executor: Any = None
        self._begun = 0
        self.future: Any = None

    @property
    def busy(self) -> bool:
        return self.future is not None

    def begin(self, number: int, task: Any) -> None:
        from joblib.externals.loky import ProcessPoolExecutor

        if self._executor is None:
            log = str(home() / "workbench.log")
            settings = environment(self._jobs)
            self._executor = ProcessPoolExecutor(1, initializer=_keep_quiet, initargs=(log,), env=settings)
        self._number = number
        self._begun += 1
        self._said = self._shared.with_name(f"{id(self)}-{self._begun}")
        self._said.touch()
        self._read = 0
        self.future = self._executor.submit(_work_apart, self._shared, task, self._said, os.getpid())

    def reports(self, tries: list[int]) -> Iterator[Report]:
        """What has been said since the last look, and how the task ended if it has."""
        ended = self.future.done()
        for message in self._messages():
            yield Said(self._number, message)
        if ended:
            yield self._ending(tries)

    def _ending(self, tries: list[int]) -> Report:
        from concurrent.futures.process import BrokenProcessPool

        future, self.future = self.future, None
        self._said.unlink(missing_ok=True)
        try:
            return Done(self._number, future.result())
        except BrokenProcessPool:
            self.close()
            tries[self._number] += 1
            return Lost(self._number, tries[self._number], tries[self._number] < TRIES)

    def _messages(self) -> Iterator[Any]:
        with self._said.open("rb") as file:
            file.seek(self._read)
            content = file.read()
        place = 0
        while len(content) >= place + 8:
            end = place + 8 + int.from_bytes(content[place : place + 8], "big")
            if end > len(content):
                break
            yield pickle.loads(content[place + 8 : end])
            place = end
        self._read += place

    def close(self) -> None:
        """Kill the process."""
        executor, self._executor, self.future = self._executor, None, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=True)


_work_of_file: dict[Path, Work] = {}


def _work_apart(shared: Path, task: Any, said: Path, parent: int) -> Any:
    """Work on a task in a worker process; the process ends when its parent is gone."""
    import joblib

    if shared not in _work_of_file:
        _work_of_file[shared] = joblib.load(shared, mmap_mode="r")
    steps = _work_of_file[shared](task)
    with said.open("ab", buffering=0) as file:
        try:
            while True:
                message = pickle.dumps(next(steps))
                file.write(len(message).to_bytes(8, "big") + message)
                if os.getppid() != parent:
                    os._exit(1)
        except StopIteration as stop:
            return stop.value


def _keep_quiet(log: str) -> None:
    """Send what libraries print to the log, and leave Ctrl-C to the parent, which kills its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        target = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        target = os.open(os.devnull, os.O_WRONLY)
    sys.stdout.flush()
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


def _processors() -> int:
    import joblib

    return int(joblib.cpu_count())


@dataclass
class _Cluster:
    """A client's tasks on a Dask cluster.

    Messages come as events of a topic of their own, outcomes as results: whichever way is quicker. The
    scheduler gives the task of a dead worker to another by itself, which shows in its being begun again.
    """

    client: Any
    count: int
    tries: dict[int, int] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def run(self, work: Work, tasks: Sequence[Any]) -> Reports:
        heard: queue.SimpleQueue[tuple[int, str, Any]] = queue.SimpleQueue()
        topic = f"workbench-{os.urandom(8).hex()}"
        self.client.subscribe_topic(topic, lambda event: heard.put(pickle.loads(event[1])))
        # As a result of a task, not as scattered data: the scheduler can make it again when its holder dies.
        shared = self.client.submit(_given, work, pure=False)
        futures = [
            self.client.submit(_work_there, shared, number, task, topic, pure=False, retries=0)
            for number, task in enumerate(tasks)
        ]
        for number, future in enumerate(futures):
            future.add_done_callback(lambda ended, number=number: heard.put((number, "ended", ended)))
        try:
            while len(self.done) < self.count:
                try:
                    number, kind, value = heard.get(timeout=IDLE_SECONDS)
                except queue.Empty:
                    yield Idle()
                    continue
                if number not in self.done:
                    yield from self._report(number, kind, value)
        finally:
            self.client.cancel([shared, *futures])

    def _report(self, number: int, kind: str, value: Any) -> Iterator[Report]:
        if kind == "said":
            yield Said(number, value)
        elif kind == "begun":
            self.tries[number] = self.tries.get(number, -1) + 1
            if self.tries[number]:
                yield Lost(number, self.tries[number], True)
        else:
            self.done.add(number)
            yield self._ending(number, value)

    def _ending(self, number: int, future: Any) -> Report:
        from distributed import KilledWorker

        try:
            return Done(number, future.result())
        except KilledWorker:
            return Lost(number, self.tries.get(number, 0) + 1, False)
        except CancelledError as error:
            reason = getattr(error, "reason", "its scheduler is gone")
            raise EngineError(f"the Dask cluster was lost: {reason}") from error


_one_at_a_time = threading.Lock()


def _given(work: Work) -> Work:
    return work


def _work_there(work: Work, number: int, task: Any, topic: str) -> Any:
    """Work on a task in a Dask worker, until nobody wants its outcome any more."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    with _one_at_a_time:
        if "tensorflow" not in sys.modules:
            os.environ |= environment(_processors())
        worker.log_event(topic, pickle.dumps((number, "begun", None)))
        steps = work(task)
        try:
            while worker.state.tasks[key].state == "executing":
                worker.log_event(topic, pickle.dumps((number, "said", next(steps))))
        except StopIteration as stop:
            return stop.value
        finally:
            steps.close()
