"""Measures the progress of a selection and estimates the remaining time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine.selection.fold_trainer import FoldTask


class SelectionProgress:
    """The share of all epochs that is trained, and the time left at the present pace."""

    def __init__(self) -> None:
        self._left = 0.0
        self._reached: dict[tuple[int, int], float] = {}
        self._done = 0.0
        self._first: tuple[float, float] | None = None

    def plan(self, tasks: Sequence[FoldTask], later: float = 0.0) -> int:
        """Set the remaining epochs: those of tasks, and ``later`` ones expected after them; return the sum."""
        self._left = sum(task.experiment.training.epochs for task in tasks) + later
        return round(self._left)

    @property
    def share(self) -> float:
        """The completed share of all epochs."""
        whole = self._done + self._left
        return self._done / whole if whole else 1.0

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace since the first epoch; None before it, while workers start."""
        if self._first is None or self._done <= self._first[1]:
            return None if self._left else 0.0
        began, done = self._first
        return (time.monotonic() - began) * self._left / (self._done - done)

    def reach(self, task: FoldTask, epochs: float) -> None:
        """Record how many epochs of a task are done; 0 if its worker died."""
        key = task.key
        step = epochs - self._reached.get(key, 0.0)
        self._reached[key] = epochs
        self._done += step
        self._left -= step
        self._first = self._first or (time.monotonic(), self._done)

    def end(self, task: FoldTask, epochs: int) -> None:
        """Record that a task has ended after ``epochs`` epochs, which may be fewer than planned."""
        self.reach(task, epochs)
        self._left -= task.experiment.training.epochs - epochs
