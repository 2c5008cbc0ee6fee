"""The app's interface to running work, such as a training run."""

from __future__ import annotations

import threading
from typing import Protocol


class Work(Protocol):
    """A run or a search in a thread worker.

    ``title`` names it in questions. ``done`` is set once everything is saved and the thread may be abandoned.
    ``can_leave`` says whether it can continue in a process of its own after the app has ended.
    """

    done: threading.Event

    @property
    def title(self) -> str:
        """Its name in a question."""

    @property
    def headline(self) -> str:
        """Its progress for the header; empty if the screen's own state shows it."""

    @property
    def can_leave(self) -> bool:
        """Whether :meth:`leave` is possible."""

    def leave(self) -> None:
        """Ask it to continue in a process of its own; its part in this process then saves and stops."""

    def stop(self) -> None:
        """Ask it to save and stop; returns at once, and may be called more than once."""

    def interrupt(self) -> None:
        """Ask it to save and stop because the terminal is gone; may be called from a signal handler."""
