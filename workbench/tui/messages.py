"""Messages that cross panels: from the thread of a run to the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from workbench.tui.sessions.live_run import LiveRun


@dataclass
class RunEnded(Message):
    """A run is over and saved."""

    run: LiveRun
