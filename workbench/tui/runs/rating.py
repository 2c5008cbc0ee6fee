"""Tests runs against the best ones in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen

from engine.errors import EngineError
from engine.system.drain import drain
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.colours import GOOD, MUTED

if TYPE_CHECKING:
    from engine.runs import RunStore, RunSummary
    from engine.runs.standings import Standing

BEST, UNBEATEN = "★", "≈"
"""The signs of the best run on the same validation samples, and of those it is not significantly better than."""

PREDICTED = 60
"""The most runs whose held-out outputs are predicted at a time; none while a run trains."""

Request = tuple[tuple["RunSummary", ...], bool]
Key = tuple[int, int, bool]


def signs_explained(found: Sequence[Standing]) -> list[str]:
    """Return an explanation of the signs, if there are any."""
    if not found:
        return []
    return [f"{BEST} best, {UNBEATEN} not beaten by it" if any(one.unbeaten for one in found) else f"{BEST} best"]


class Rating:
    """Tests the listed runs against the best of each data set, whenever they have changed.

    ``show`` is called with the signs of the runs and with the standings once they are known.
    """

    def __init__(
        self,
        screen: Screen[None],
        store: Callable[[], RunStore],
        show: Callable[[dict[str, Content], Sequence[Standing]], None],
    ) -> None:
        self._store = store
        self._show = show
        self._leaving = threading.Event()
        self._asked: Key = (0, 0, False)
        self._test: Latest[Request, tuple[Standing, ...]] = Latest(
            screen, self._tested, self._is_tested, daemon=True
        )

    def leave(self) -> None:
        """Start nothing more."""
        self._leaving.set()

    def rate(self, runs: Sequence[RunSummary], busy: bool) -> None:
        """Test these runs, unless nothing has changed; if ``busy``, because a run trains, nothing is predicted."""
        key = (len(runs), max((run.revision for run in runs), default=0), busy)
        if key != self._asked:
            self._asked = key
            self._test.ask((tuple(runs), busy))

    def _tested(self, request: Request) -> tuple[Standing, ...]:
        from engine.runs.standings import standings

        runs, busy = request
        return drain(standings(self._store(), runs, 0 if busy else PREDICTED), leave=self._leaving.is_set)

    def _is_tested(self, _: Request, found: tuple[Standing, ...] | EngineError) -> None:
        if isinstance(found, EngineError):
            return
        signs = {}
        for one in found:
            signs[one.best] = Content.styled(BEST, GOOD)
            signs |= dict.fromkeys(one.unbeaten, Content.styled(UNBEATEN, MUTED))
        self._show(signs, found)
