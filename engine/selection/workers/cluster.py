"""Workers of a Dask cluster."""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EngineError
from engine.selection.workers.processors import environment, processors
from engine.selection.workers.reports import IDLE_SECONDS, Done, Idle, Lost, Report, Reports, Said, Team, Work

CONNECT_SECONDS = 10
"""Seconds that a cluster's scheduler may take to answer."""


@contextmanager
def cluster(work: Work, address: str) -> Iterator[Team]:
    """Yield a team of the workers of the cluster whose scheduler is at ``address`` (``tcp://host:port``).

    A worker works on one task at a time, whatever its number of threads. Raises EngineError if no scheduler
    answers, if the connection is lost, or if distributed is not installed.
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
        # As a task's result instead of scattered data: the scheduler can compute it again if its holder dies.
        shared = client.submit(_same, work, pure=False)
        try:
            yield lambda tasks: _Cluster(client, shared, len(tasks)).run(tasks)
        finally:
            client.cancel([shared])


@dataclass
class _Cluster:
    """A client's tasks on a Dask cluster.

    Messages arrive as events with their own topic, outcomes as results, whichever is quicker. If a worker dies,
    the scheduler itself assigns its task to another, which is noticed when the task starts again.
    """

    client: Any
    shared: Any
    count: int
    tries: dict[int, int] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def run(self, tasks: Sequence[Any]) -> Reports:
        heard: queue.SimpleQueue[tuple[int, str, Any]] = queue.SimpleQueue()
        topic = f"workbench-{os.urandom(8).hex()}"
        self.client.subscribe_topic(topic, lambda event: heard.put(pickle.loads(event[1])))
        futures = [
            self.client.submit(_work_there, self.shared, number, task, topic, pure=False, retries=0)
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
            self.client.cancel(futures)

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


def _same(work: Work) -> Work:
    return work


def _work_there(work: Work, number: int, task: Any, topic: str) -> Any:
    """Work on a task in a Dask worker until its outcome is no longer wanted."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    with _one_at_a_time:
        if "tensorflow" not in sys.modules:
            os.environ |= environment(processors())
        worker.log_event(topic, pickle.dumps((number, "begun", None)))
        steps = work(task)
        try:
            while worker.state.tasks[key].state == "executing":
                worker.log_event(topic, pickle.dumps((number, "said", next(steps))))
        except StopIteration as stop:
            return stop.value
        finally:
            steps.close()
