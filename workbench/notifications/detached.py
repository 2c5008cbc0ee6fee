"""Trains detached runs, and starts the user's command at what happens to them: ``python -m`` this module.

There is no terminal to tell; whoever follows such a run has one.
"""

from __future__ import annotations

import atexit
import sys

from engine.errors import EngineError
from engine.runs import detached
from engine.runs.records import RunRecord
from workbench.config import file
from workbench.notifications.run_events import Events, passed_on
from workbench.notifications.teller import Teller

PROGRAM = "workbench.notifications.detached"
"""This module, for :func:`engine.runs.detached.start_detached`."""


def told(events: Events, record: RunRecord) -> Events:
    """A run's events, whose news is told as they pass; the process ends after the commands that it starts.

    A configuration that has become unusable since the run was started does not end the run.
    """
    try:
        config = file.read().config
    except EngineError as error:
        _warn(f"nothing is told of the run: {error}")
        return events
    telling = Teller(config.notifications, lambda: None, _warn)
    atexit.register(telling.wait)
    return passed_on(events, record.experiment, telling, record.kind)


def _warn(text: str) -> None:
    """Write to the run's log."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    detached.main(detached.given(sys.argv[1:]), told)
