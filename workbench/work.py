"""Work that goes on in this process while a person does something else."""

from __future__ import annotations

import threading
from typing import Protocol


class Work(Protocol):
    """A run or a search in a thread worker.

    ``title`` names it in a question, ``done`` is set once everything is saved and the thread may be left.
    """

    title: str
    done: threading.Event

    def stop(self) -> None:
        """Ask it to stop and save; returns at once, may be called from a signal handler, and more than once."""
