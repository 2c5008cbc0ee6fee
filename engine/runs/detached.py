"""Runs trained in a separate process that outlives the session that started them.

The parent process adds the run to the store, takes its lock and passes the lock to the child, so that the run has
an owner from the beginning. If the child dies, the kernel releases the lock and the run counts as interrupted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from engine.errors import StoreError
from engine.events import Ended, Status
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.runs.records import RunRecord
from engine.runs.store import RunStore

Events = Generator[Any, None, None]

LEAVE_SECONDS = 1.5
"""Seconds that a detached run has to end when asked to; what it has saved by then is complete in any case."""


def start_detached(
    experiment: Experiment,
    *,
    seeds: Sequence[int] = (),
    group: str | None = None,
    test: bool = False,
    evaluate_training: bool = False,
    store: RunStore | None = None,
    program: str = __name__,
) -> tuple[str, ...]:
    """Train an experiment in a process and session of its own; return the runs' numbers at once.

    With ``seeds``, one run per seed is trained, one after another; all are added to the store at the start. For
    ``test`` and ``evaluate_training`` see :class:`engine.training.run.Run`. The process writes its output to
    ``log`` in the first run's folder; follow the runs for their progress. ``program`` is the module that the
    process executes; it must call :func:`main` with the result of :func:`given`.
    """
    from engine.training.run import Run

    store = store or RunStore()
    chosen = [with_settings(experiment, {"seed": seed}) for seed in seeds] or [experiment]
    locks: dict[str, int] = {}
    try:
        for one in chosen:
            run_id, handle = store.reserve(Run(one, test=test, evaluate_training=evaluate_training), group=group)
            locks[run_id] = handle
    except BaseException:  # nobody will train those already added to the store
        for handle in locks.values():
            os.close(handle)
        raise
    return _spawn(store, locks, program)


def resume_detached(run_id: str, *, store: RunStore | None = None, program: str = __name__) -> str:
    """Resume a run that ended early in a process of its own; return the run's number at once."""
    store = store or RunStore()
    store.again(run_id)
    return _spawn(store, {run_id: store.own(run_id)}, program)[0]


def _spawn(store: RunStore, locks: Mapping[str, int], program: str) -> tuple[str, ...]:
    runs = tuple(locks)
    # -P: a folder named engine in the working directory must not be imported in place of this package.
    command = [sys.executable, "-P", "-m", program, *(f"{run}:{handle}" for run, handle in locks.items())]
    try:
        with (store.folder(runs[0]).path / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(locks.values()),
                start_new_session=True,
                env=os.environ | {"WORKBENCH_DB": store.url},
            )
    except OSError as error:
        raise StoreError(f"cannot start a process for run {runs[0]}: {error}") from error
    finally:
        for handle in locks.values():
            os.close(handle)
    threading.Thread(target=process.wait, name=f"run {runs[0]} ends", daemon=True).start()
    return runs


def given(arguments: Sequence[str]) -> dict[str, int]:
    """Parse the runs to train and their lock descriptors from the command-line arguments of the process."""
    return {run: int(handle) for run, handle in (argument.split(":") for argument in arguments)}


def main(
    locks: Mapping[str, int], watched: Callable[[Events, RunRecord], Events] = lambda events, _: events
) -> None:
    """Train stored runs with the locks passed to this process; stop at the first that does not finish.

    ``watched`` wraps the stream of events of each run.
    """
    store = RunStore()
    folders = [store.folder(run) for run in locks]

    def leave(*_: object) -> None:
        watchdog = threading.Timer(LEAVE_SECONDS, os._exit, [1])
        watchdog.daemon = True
        watchdog.start()
        for folder in folders:
            folder.ask_stop()

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, leave)
    for run, handle in locks.items():
        (last,) = deque(watched(store.resume(run, handle=handle), store.get(run)), maxlen=1)
        if not isinstance(last, Ended) or last.status is not Status.FINISHED:
            break


if __name__ == "__main__":
    main(given(sys.argv[1:]))
