"""Runs that outlive the session they were started in: trained by a process of their own.

Whoever starts one puts it into the store, takes its lock and hands that down, so that the run is owned from its
first moment on; if the new process dies, the kernel frees the lock and the run counts as interrupted.
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
"""How long a detached run that is told to leave has for it; what it has saved by then is whole anyway."""


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
    """Train an experiment in a process and a session of its own; returns the runs' numbers, at once.

    With ``seeds``, a run for each of them, one after another; all are in the store from the start. ``test`` and
    ``evaluate_training`` are those of :class:`engine.training.run.Run`. The process writes what it has to say into
    ``log`` in the first run's folder; follow the runs to learn how they fare. ``program`` is the module that it
    runs, which calls :func:`main` with :func:`given`.
    """
    from engine.training.run import Run

    store = store or RunStore()
    chosen = [with_settings(experiment, {"seed": seed}) for seed in seeds] or [experiment]
    locks: dict[str, int] = {}
    try:
        for one in chosen:
            run_id, handle = store.reserve(Run(one, test=test, evaluate_training=evaluate_training), group=group)
            locks[run_id] = handle
    except BaseException:  # nobody will train those that are in the store by now
        for handle in locks.values():
            os.close(handle)
        raise
    return _spawn(store, locks, program)


def resume_detached(run_id: str, *, store: RunStore | None = None, program: str = __name__) -> str:
    """Go on with a run that ended early, in a process of its own; returns the run's number, at once."""
    store = store or RunStore()
    store.again(run_id)
    return _spawn(store, {run_id: store.own(run_id)}, program)[0]


def _spawn(store: RunStore, locks: Mapping[str, int], program: str) -> tuple[str, ...]:
    runs = tuple(locks)
    # -P: a folder named engine where the person stands is not this package.
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
    """The runs to train and their locks, as the process was given them."""
    return {run: int(handle) for run, handle in (argument.split(":") for argument in arguments)}


def main(
    locks: Mapping[str, int], watched: Callable[[Events, RunRecord], Events] = lambda events, _: events
) -> None:
    """Train stored runs whose locks this process was given, until one does not finish.

    ``watched`` passes on the events of each.
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
