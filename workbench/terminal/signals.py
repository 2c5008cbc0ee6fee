"""Turns signals into a request to stop, so that what is trained is saved before the process exits."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from workbench.terminal.streams import messages

SECONDS_TO_SAVE = 1.5
"""How long a process that was told to end may take to save; then it leaves as it is."""

INTERRUPTED = 130
"""The exit status of a command that a signal ended."""

IMPATIENT = 3
"""Ctrl-C pressed so often ends the process at once; every epoch that was shown is in the store by then."""

IMPORT_SYSTEM = "<frozen importlib._bootstrap>"
"""The file that the code of Python's import system names as its own."""

SECONDS_TO_IMPORT = 0.01
"""After how long a signal that came within the import system comes again."""


class CommandStoppedError(Exception):
    """Ends a command that a signal stopped; the message says what was kept and how to resume."""


class Stop:
    """Whether a signal asked this process to stop.

    Until ``saving`` is set there is nothing to lose, and a signal raises KeyboardInterrupt at once; from then
    on it is only remembered in ``asked``, for a loop to leave by itself. A second Ctrl-C raises all the same, and
    a third ends the process; blocks within ``outer`` share the count.
    """

    def __init__(self, outer: Stop | None = None) -> None:
        self.asked = False
        self.saving = False
        self._presses: list[int] = outer._presses if outer else [0]

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if _importing(frame):
            _come_again(number)
            return
        again, self.asked = self.asked, True
        if number != signal.SIGINT:
            _leave_soon()
        else:
            self._presses[0] += 1
            if self._presses[0] >= IMPATIENT:
                leave_at_once()
        if not self.saving or (again and number == signal.SIGINT):
            raise KeyboardInterrupt


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raises KeyboardInterrupt, as Python's own handler of SIGINT does, but not within the import system."""
    if _importing(frame):
        _come_again(number)
        return
    raise KeyboardInterrupt


class Turns:
    """Raises KeyboardInterrupt within a turn, ``with`` this; between two turns Ctrl-C is ignored."""

    def __init__(self) -> None:
        self._going = False

    def __enter__(self) -> None:
        self._going = True

    def __exit__(self, *_: object) -> None:
        self._going = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._going:
            interrupt(number, frame)


@contextmanager
def turns() -> Iterator[Turns]:
    """Lets Ctrl-C end a turn and never the conversation; outside the main thread, handles no signal."""
    found = Turns()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return
    before = signal.signal(signal.SIGINT, found.handle)
    try:
        yield found
    finally:
        signal.signal(signal.SIGINT, before)


def keep_interrupts() -> None:
    """Lets a KeyboardInterrupt come again that Python drops, as it does with all that a destructor raises."""

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            _come_again(signal.SIGINT)
        else:
            sys.__unraisablehook__(dropped)

    sys.unraisablehook = unraisable


def _importing(frame: FrameType | None) -> bool:
    """Whether an exception here could leave the lock of all imports taken for ever, so that other threads hang.

    Waiting for a module that another thread imports, which may take seconds, is safe to end.
    """
    return frame is not None and frame.f_code.co_filename == IMPORT_SYSTEM and frame.f_code.co_name != "acquire"


def _come_again(number: int) -> None:
    again = threading.Timer(SECONDS_TO_IMPORT, signal.pthread_kill, [threading.get_ident(), number])
    again.daemon = True
    again.start()


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Handles SIGINT, SIGTERM and SIGHUP as a request to stop; outside the main thread, handles none."""
    outer = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    stop = Stop(outer if isinstance(outer, Stop) else None)
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


def leave_at_once(*_: object) -> None:
    """Says that the command is interrupted and ends the process without any cleaning up; a signal handler."""
    with suppress(OSError, ValueError):
        os.write(messages().fileno(), b"interrupted\n")
    os._exit(INTERRUPTED)


def _leave_soon() -> None:
    watchdog = threading.Timer(SECONDS_TO_SAVE, os._exit, [INTERRUPTED])
    watchdog.daemon = True
    watchdog.start()
