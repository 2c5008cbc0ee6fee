"""Reports of workers on their tasks, which are identified by their index among the given tasks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

Work = Callable[[Any], Generator[Any, None, Any]]

TRIES = 3
"""Number of tries before a task is given up, since a network too large for the memory kills every worker."""

IDLE_SECONDS = 0.3
"""Seconds without a report after which :class:`Idle` is reported."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the work on a task."""

    task: int
    message: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a task."""

    task: int
    outcome: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker on a task died for the ``tries``-th time; ``again`` says whether the task is tried once more."""

    task: int
    tries: int
    again: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing has happened for a while: a chance for the caller to stop."""


Report = Said | Done | Lost | Idle
Reports = Generator[Report, None, None]

Team = Callable[[Sequence[Any]], Reports]
"""Works on tasks and reports on them, until all have ended."""
