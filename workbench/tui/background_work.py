"""What the app knows of running work, such as a training run."""

from __future__ import annotations

import threading
from typing import Protocol


class Work(Protocol):
    """A run or a search in a thread worker.

    ``title`` names it in a question. ``done`` is set once everything is saved and the thread may be abandoned.
    ``can_leave`` tells whether it can continue in a process of its own after the app has ended.
    """

    done: threading.Event

    @property
    def title(self) -> str:
        """Its name in a question."""

    @property
    def headline(self) -> str:
        """What the header says of it; empty where the screen's own state says it."""

    @property
    def can_leave(self) -> bool:
        """Whether :meth:`leave` can be asked for."""

    def leave(self) -> None:
        """Ask it to continue in a process of its own; its part in this process then saves and stops."""

    def stop(self) -> None:
        """Ask it to save and stop; returns at once, and may be called more than once."""

    def interrupt(self) -> None:
        """The same, because the terminal goes away; may be called from a signal handler."""
