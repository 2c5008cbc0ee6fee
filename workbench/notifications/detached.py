"""Trains detached runs, and runs the user's command on their events: ``python -m`` this module.

It sends nothing to a terminal: the process that follows such a run does.
"""

from __future__ import annotations

import atexit
import sys

from engine.errors import EngineError
from engine.runs import detached
from engine.runs.records import RunRecord
from workbench.config import file
from workbench.notifications.run_events import Events, passed_on
from workbench.notifications.sender import Sender

PROGRAM = "workbench.notifications.detached"
"""The name of this module, for :func:`engine.runs.detached.start_detached`."""


def notified(events: Events, record: RunRecord) -> Events:
    """Pass on a run's events and notify of them; the process exits only after the commands it starts.

    A configuration that has become unusable since the run was started does not end the run.
    """
    try:
        config = file.read().config
    except EngineError as error:
        _warn(f"no notifications of this run: {error}")
        return events
    sender = Sender(config.notifications, lambda: None, _warn)
    atexit.register(sender.wait)
    return passed_on(events, record.experiment, sender, record.kind)


def _warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    detached.main(detached.given(sys.argv[1:]), notified)
