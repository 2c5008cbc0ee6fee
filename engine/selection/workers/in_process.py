"""Work in this process, one task after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from engine.selection.workers.reports import Done, Reports, Said, Team, Work
from engine.system.drain import relayed


@contextmanager
def in_process(work: Work) -> Iterator[Team]:
    """Yield a team that works in this process; closing its reports closes the work on the current task."""
    yield partial(_reports, work)


def _reports(work: Work, tasks: Sequence[Any]) -> Reports:
    for number, task in enumerate(tasks):
        yield Done(number, (yield from relayed(work(task), partial(Said, number))))
