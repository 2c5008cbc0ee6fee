"""Work in this process, one task after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from engine.selection.workers.reports import Done, Reports, Said, Work
from engine.system.drain import relayed


def in_process(work: Work, tasks: Sequence[Any]) -> Reports:
    """Works on the tasks in turn; closing the generator closes the work on the current task."""
    for number, task in enumerate(tasks):
        yield Done(number, (yield from relayed(work(task), partial(Said, number))))
