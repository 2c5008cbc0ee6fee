"""Runs that outlive the session: trained by a process of their own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.events import Ended, Started, Status

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from engine.runs import RunStore


def start(store: RunStore, experiment: Experiment, *, test: bool = False, repeat: int = 1) -> str:
    """Train an experiment, with ``repeat`` seeds in turn, in a session of its own.

    Returns the first run's number once its first epoch starts. Raises EngineError where it failed before.
    """
    from engine.runs.detached import start_detached

    seeds = range(experiment.seed, experiment.seed + repeat)
    group = uuid.uuid4().hex[:8] if repeat > 1 else None
    run, *_ = start_detached(experiment, seeds=seeds, group=group, test=test, store=store)
    for event in store.follow(run):
        if isinstance(event, Started):
            break
        if isinstance(event, Ended):
            failed = event.status is Status.FAILED and event.reason
            raise EngineError(failed or f"run {run} did not start: {event.reason}")
    return run
