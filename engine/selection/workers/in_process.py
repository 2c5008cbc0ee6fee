"""Work in this process, one task after the other."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from engine.selection.workers.reports import Done, Reports, Said, Work


def in_process(work: Work, tasks: Sequence[Any]) -> Reports:
    """Works on the tasks in turn; closing the generator closes the work on the current task."""
    for number, task in enumerate(tasks):
        outcome = yield from _said(number, work(task))
        yield Done(number, outcome)


def _said(number: int, steps: Generator[Any, None, Any]) -> Generator[Said, None, Any]:
    """Passes on each message as a report; returns the outcome."""
    results: list[Any] = []

    def kept() -> Generator[Any, None, None]:
        results.append((yield from steps))

    for message in kept():
        yield Said(number, message)
    return results[0]
