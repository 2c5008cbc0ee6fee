"""Work that goes on in this process while a person does something else."""

from __future__ import annotations

import threading
from typing import Protocol


class Work(Protocol):
    """A run or a search in a thread worker.

    ``title`` names it in a question, ``done`` is set once everything is saved and the thread may be left.
    ``can_leave`` tells whether it can go on in a process of its own after the app is gone.
    """

    done: threading.Event

    @property
    def title(self) -> str:
        """What a question calls it."""

    @property
    def can_leave(self) -> bool:
        """Whether :meth:`leave` can be asked for."""

    def leave(self) -> None:
        """Ask it to go on in a process of its own; this one's part of it then stops and saves."""

    def stop(self) -> None:
        """Ask it to stop and save; returns at once, may be called from a signal handler, and more than once."""
