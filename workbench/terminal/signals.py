"""Signals as a wish to stop: what is trained is saved before the process leaves."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS_TO_SAVE = 1.5
"""How long a process that was told to end may take to save; then it leaves as it is."""

INTERRUPTED = 130
"""The exit status of a command that a signal ended."""


class Stop:
    """Whether a signal asked this process to stop.

    Until ``saving`` is set there is nothing to lose, and a signal raises KeyboardInterrupt at once; from then
    on it is only remembered in ``asked``, for a loop to leave by itself. A second Ctrl-C raises all the same.
    """

    def __init__(self) -> None:
        self.asked = False
        self.saving = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        again, self.asked = self.asked, True
        if number != signal.SIGINT:
            _leave_soon()
        if not self.saving or (again and number == signal.SIGINT):
            raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Take SIGINT, SIGTERM and SIGHUP as a wish to stop; in another thread than the main one, take none."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    taken = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in taken:
        signal.signal(number, stop.handle)
    try:
        yield stop
    finally:
        for number in taken:
            signal.signal(number, before[number])


def _leave_soon() -> None:
    watchdog = threading.Timer(SECONDS_TO_SAVE, os._exit, [INTERRUPTED])
    watchdog.daemon = True
    watchdog.start()
