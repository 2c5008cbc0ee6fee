"""Messages that cross panels: from the thread of a run, and from work that ends, to the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from engine.errors import EngineError
from engine.events import Ended, EpochEnded

if TYPE_CHECKING:
    from workbench.answers import Samples
    from workbench.live import LiveRun


@dataclass
class EpochPassed(Message):
    """An epoch of a run has ended."""

    run: LiveRun
    epoch: EpochEnded


@dataclass
class RunEnded(Message):
    """A run is over and saved."""

    run: LiveRun
    ended: Ended


@dataclass
class DataRead(Message):
    """The experiment's data has been read, or could not be: rows to look at, or why there are none."""

    seen: Samples | EngineError
