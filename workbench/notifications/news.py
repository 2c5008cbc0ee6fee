"""The notifications on a run or a selection: plateaus, overfitting, how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import checks
from engine.events import Status
from engine.training.run_view import RunView
from workbench.config.model import Event
from workbench.text.numbers import number

if TYPE_CHECKING:
    from engine.selection.results import CrossValidation, Search

SETTLED = 2
"""Epochs of overfitting before it is reported: a single one is often noise."""

Clock = Callable[[], float]

_ENDS: Mapping[Status, Event] = {
    Status.FINISHED: "finished",
    Status.STOPPED: "stopped",
    Status.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class News:
    """A notification: its event, a sentence, the facts for the user's command, and ``seconds`` of work."""

    event: Event
    words: str
    facts: Mapping[str, Any]
    seconds: float

    @property
    def ends(self) -> bool:
        """Whether it reports the end of the work."""
        return self.event not in ("plateau", "overfitting")


class RunNews:
    """Derives the notifications of a run from successive views of it, each notification once."""

    def __init__(self, kind: str = "train", clock: Clock = time.monotonic) -> None:
        self._kind = kind
        self._clock = clock
        self._began = clock()
        self._told: set[Event] = set()
        self._epochs = 0

    def of(self, shown: RunView) -> Iterator[News]:
        """Yield a plateau, or lasting overfitting, found since the last call."""
        if len(shown.epochs) == self._epochs:
            return
        self._epochs = len(shown.epochs)
        since = checks.overfitting_epoch(shown.epochs)
        if since is not None and shown.epochs[-1].epoch - since + 1 >= SETTLED:
            yield from self._once("overfitting", f"overfits since epoch {since}", shown)
        flat = checks.plateau_epoch(shown.epochs)
        if flat is not None:
            yield from self._once("plateau", f"has a plateau since epoch {flat}", shown)

    def end(self, shown: RunView) -> News:
        """Return the notification on how the run ended."""
        event = _ENDS.get(shown.status, "stopped")
        said = f": {shown.reason.partition(chr(10))[0]}" if event == "failed" and shown.reason else ""
        values = "".join(f", {name} {number(value, 3)}" for name, value in _best(shown).items())
        return self._news(event, f"{event}{said or values}", shown)

    def _once(self, event: Event, words: str, shown: RunView) -> Iterator[News]:
        if event not in self._told:
            self._told.add(event)
            yield self._news(event, words, shown)

    def _news(self, event: Event, words: str, shown: RunView) -> News:
        title = f"run {shown.run}" if shown.run else "the run"
        seconds = self._clock() - self._began
        facts = {"event": event, **_run_facts(shown, self._kind), "seconds": round(seconds, 1)}
        return News(event, f"{title} {words}, {shown.experiment.name}", facts, seconds)


def selection_news(
    name: str,
    searches: bool,
    status: Status,
    result: Search | CrossValidation | None,
    reason: str,
    seconds: float,
) -> News:
    """Return the notification on how a search or a cross-validation of the experiment ``name`` ended."""
    from engine.selection.results import CrossValidation, Search

    title, kind = ("the search", "search") if searches else ("the cross-validation", "crossval")
    best = result.best if isinstance(result, Search) else None
    found = {
        "best": {**best.params, "mean_test_score": best.mean_test_score} if best else None,
        "mean_score": result.mean_score if isinstance(result, CrossValidation) else None,
        "error": reason or None,
    }
    return _ended(title, kind, name, status, found, seconds)


def checks_news(kind: str, name: str, status: Status, found: str, reason: str, seconds: float) -> News:
    """Return the notification on how a learning curve or the sanity checks ended, and what they found."""
    return _ended(f"the {kind}", kind, name, status, {"found": found or None, "error": reason or None}, seconds)


def _ended(title: str, kind: str, name: str, status: Status, found: Mapping[str, Any], seconds: float) -> News:
    """Return the notification on the end of work other than a run; its sentence names the error or the finding."""
    facts = {"event": "selection", "kind": kind, "name": name, "status": status.value, **found}
    said = found["error"] or found.get("found")
    words = f"{title} {status.value}{f': {said}' if said else ''}, {name}"
    return News("selection", words, facts | {"seconds": round(seconds, 1)}, seconds)


def _run_facts(shown: RunView, kind: str) -> dict[str, Any]:
    """Return the facts on a run that the user's command reads as JSON."""
    return {
        "kind": kind,
        "run": shown.run,
        "name": shown.experiment.name,
        "status": shown.status.value,
        "epochs": len(shown.epochs),
        "best_epoch": shown.best_epoch,
        "best": _best(shown),
        "test": dict(shown.tested.scores) if shown.tested else None,
        "error": shown.reason or None,
    }


def _best(shown: RunView) -> dict[str, float]:
    """Return the validation values of the best epoch."""
    found = next((ended.logs for ended in shown.epochs if ended.epoch == shown.best_epoch), {})
    return {name: value for name, value in found.items() if name.startswith("val_")}
