"""Lowers the priority of background threads relative to the thread that handles keys."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

LOWER = 5
"""Added to a background thread's nice value; the screen gets three quarters of a processor that both use."""


def lower_priority() -> None:
    """Lower the priority of the calling thread and of the threads that it starts, such as TensorFlow's.

    Processes that they start, such as detached runs, inherit it. They get the time that the process's other
    threads leave: all of it while those wait. Does nothing where priorities apply to whole processes, as on all
    systems except Linux.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWER)


def start_in_background(work: Callable[[], object], name: str) -> None:
    """Start a daemon thread with a lower priority."""

    def run() -> None:
        lower_priority()
        work()

    threading.Thread(target=run, daemon=True, name=name).start()
