"""The protocol through which screens know the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from engine.experiment.model import Experiment
from workbench.tui.background_work import Work
from workbench.tui.sessions.backend import Backend

if TYPE_CHECKING:
    from engine.runs import RunStore


class Host(Protocol):
    """The app as screens know it; they change it with the messages of :mod:`workbench.tui.messages`."""

    slow_link: bool
    remembers: bool
    offers_last: bool
    continues_last: bool
    chart_cursor: int | None
    """The epoch under the cursor of all charts; None without a cursor."""
    backend: Backend

    @property
    def store(self) -> RunStore:
        """The run store; blocks while it opens, so ask in a thread worker. Raises StoreError."""

    @property
    def experiment(self) -> Experiment:
        """The experiment on the experiment screen."""

    @property
    def run_state(self) -> tuple[str, str]:
        """The state of the run on the experiment screen in words, and their style."""

    @property
    def position(self) -> tuple[str, str]:
        """The current mode, and the key of the row under its screen's cursor."""

    @property
    def running_work(self) -> Sequence[Work]:
        """The work that has not ended yet."""
