"""What happens to a run or a selection that a person who looks elsewhere wants to hear of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import checks
from engine.events import Status
from engine.selection.results import CrossValidation, Search
from workbench.config.model import Event
from workbench.text.numbers import number
from workbench.tui.sessions.live_run import LiveRun, Snapshot
from workbench.tui.sessions.live_selection import Seen, Selecting
from workbench.tui.work import Work

SETTLED = 2
"""Epochs that overfitting must have lasted before it is told: a single one is often noise."""

_ENDS: Mapping[Status, Event] = {
    Status.FINISHED: "finished",
    Status.STOPPED: "stopped",
    Status.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened: its kind, a sentence, what a command is told; ``seconds`` since the work began."""

    event: Event
    words: str
    facts: Mapping[str, Any]
    seconds: float


@dataclass
class Watch:
    """Polls one piece of work, and gives each piece of news once."""

    work: Work
    clock: Callable[[], float] = time.monotonic
    over: bool = field(init=False, default=False)
    _told: set[Event] = field(init=False, default_factory=set)
    _epochs: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def poll(self) -> list[News]:
        """What has happened since the last call."""
        ended = self.work.done.is_set()
        found: list[News] = []
        if isinstance(self.work, LiveRun):
            found = [*self._curves(self.work.snapshot), *(self._run_ended(self.work.snapshot) if ended else ())]
        elif isinstance(self.work, Selecting) and ended:
            found = [self._selection_ended(self.work.seen)]
        self.over = ended
        return found

    def _curves(self, shown: Snapshot) -> Iterator[News]:
        """A plateau, or overfitting that lasts."""
        if len(shown.epochs) == self._epochs:
            return
        self._epochs = len(shown.epochs)
        since = checks.overfitting_epoch(shown.epochs)
        if since is not None and shown.epochs[-1].epoch - since + 1 >= SETTLED:
            yield from self._once("overfitting", f"{self._title} overfits since epoch {since}", shown)
        flat = checks.plateau_epoch(shown.epochs)
        if flat is not None:
            yield from self._once("plateau", f"{self._title} has a plateau since epoch {flat}", shown)

    def _once(self, event: Event, words: str, shown: Snapshot) -> Iterator[News]:
        if event not in self._told:
            self._told.add(event)
            yield self._news(event, f"{words}, {shown.experiment.name}", run_facts(shown))

    def _run_ended(self, shown: Snapshot) -> Iterator[News]:
        event = _ENDS.get(shown.status, "stopped")
        best = _best(shown)
        said = f": {shown.reason.partition(chr(10))[0]}" if event == "failed" and shown.reason else ""
        values = "".join(f", {name} {number(value, 3)}" for name, value in best.items())
        words = f"{self._title} {event}{said or values}, {shown.experiment.name}"
        yield self._news(event, words, run_facts(shown))

    def _selection_ended(self, seen: Seen) -> News:
        words = f"{self._title} {seen.status.value}{f': {seen.reason}' if seen.reason else ''}"
        return self._news("selection", f"{words}, {seen.plan.experiment.name}", selection_facts(seen))

    def _news(self, event: Event, words: str, facts: Mapping[str, Any]) -> News:
        seconds = self.clock() - self._began
        return News(event, words, {"event": event, **facts, "seconds": round(seconds, 1)}, seconds)

    @property
    def _title(self) -> str:
        return self.work.title


def run_facts(shown: Snapshot) -> dict[str, Any]:
    """A run as JSON tells a command of it."""
    return {
        "kind": shown.kind,
        "run": shown.run,
        "name": shown.experiment.name,
        "status": shown.status.value,
        "epochs": len(shown.epochs),
        "best_epoch": shown.best_epoch,
        "best": _best(shown),
        "test": dict(shown.tested.scores) if shown.tested else None,
        "error": shown.reason or None,
    }


def selection_facts(seen: Seen) -> dict[str, Any]:
    """A cross-validation or a search as JSON tells a command of it."""
    best = seen.result.best if isinstance(seen.result, Search) else None
    scores = seen.result.mean_score if isinstance(seen.result, CrossValidation) else None
    return {
        "kind": "search" if seen.plan.axes else "crossval",
        "name": seen.plan.experiment.name,
        "status": seen.status.value,
        "best": {**best.params, "mean_test_score": best.mean_test_score} if best else None,
        "mean_score": scores,
        "error": seen.reason or None,
    }


def _best(shown: Snapshot) -> dict[str, float]:
    """The validation values of the best epoch."""
    found = next((ended.logs for ended in shown.epochs if ended.epoch == shown.best_epoch), {})
    return {name: value for name, value in found.items() if name.startswith("val_")}
