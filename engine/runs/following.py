"""The events of a run that another process trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from engine.events import Ended, Event, Preparing, Progress, Recorded, Started, Tested
from engine.runs.records import RunRecord
from engine.runs.run_folder import RunFolder

Events = Generator[Recorded | Event, None, None]

POLL_SECONDS = 0.25
"""Seconds between two polls of the store, as often as a run reports its progress."""


def followed(run_id: str, folder: RunFolder, read: Callable[[int], RunRecord]) -> Events:
    """Yield a stored run's past and future events; the last one is Ended.

    ``folder`` holds the run's files; ``read`` returns the run with its epochs after a given one. If nothing new
    has happened, the latest progress is repeated every quarter of a second, so that the caller can leave at any
    time.
    """
    yield Recorded(run_id)
    passed, started, tested = 0, False, False
    while True:
        record = read(passed)
        if record.data and not started:
            started = True
            yield _started(record)
        for ended in record.epochs:
            passed = ended.epoch
            yield ended
        if record.test is not None and not tested:
            tested = True
            best = None if record.kind == "retrain" else record.best_epoch
            yield Tested(best or record.epochs_done, record.test)
        if not record.owned:
            yield Ended(record.status, record.best_epoch, record.seconds_train, record.reason)
            return
        if not record.epochs:
            yield _progress(run_id, folder, passed)
        time.sleep(POLL_SECONDS)


def _progress(run_id: str, folder: RunFolder, passed: int) -> Preparing | Progress:
    told = folder.read_progress()
    if told is None or (isinstance(told, Progress) and told.epoch <= passed):
        return Preparing(f"waiting for run {run_id}")
    return told


def _started(record: RunRecord) -> Started:
    assert record.data is not None
    return Started(
        record.data, record.parameters or 0, record.epochs_planned, 1, record.seconds_prepare, record.baselines
    )
