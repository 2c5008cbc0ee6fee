"""Lets background threads give way to the thread that answers a person's keys."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

LOWER = 5
"""Added to a background thread's nice value: the screen gets three quarters of a processor that both want."""


def lower_priority() -> None:
    """Lower the calling thread's priority, and that of the threads that it starts, as TensorFlow's.

    Processes that they start, as detached runs, keep it too. They take what time the process's other threads
    leave: all of it while those wait. Does nothing where a priority is that of a whole process, as on any system
    but Linux.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWER)


def start_in_background(work: Callable[[], object], name: str) -> None:
    """Start a daemon thread of lower priority."""

    def run() -> None:
        lower_priority()
        work()

    threading.Thread(target=run, daemon=True, name=name).start()
