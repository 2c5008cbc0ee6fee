"""Polls a run or a selection on the screen for notifications."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.notifications.news import News, RunNews, selection_news
from workbench.tui.background_work import Work
from workbench.tui.sessions.live_run import LiveRun
from workbench.tui.sessions.live_selection import Seen, Selecting


@dataclass
class Watch:
    """Polls one run or selection, and returns each notification once."""

    work: Work
    clock: Callable[[], float] = time.monotonic
    over: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._run = RunNews(self.work.kind, self.clock) if isinstance(self.work, LiveRun) else None
        self._began = self.clock()

    def poll(self) -> list[News]:
        """Return the notifications since the last call."""
        ended = self.work.done.is_set()
        found: list[News] = []
        if self._run and isinstance(self.work, LiveRun):
            shown = self.work.snapshot
            ends = ended and not self.work.leaving
            found = [*self._run.of(shown), *([self._run.end(shown)] if ends else ())]
        elif isinstance(self.work, Selecting) and ended:
            found = [self._selection_ended(self.work.seen)]
        self.over = ended
        return found

    def _selection_ended(self, seen: Seen) -> News:
        name, searches = seen.plan.experiment.name, bool(seen.plan.axes)
        seconds = self.clock() - self._began
        return selection_news(name, searches, seen.status, seen.result, seen.reason, seconds)
