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
"""Seconds that a process told to end may take to save before it exits anyway."""

INTERRUPTED = 130
"""The exit status of a command that a signal ended."""

IMPATIENT = 3
"""The number of Ctrl-C presses that end the process at once; every epoch that was shown is stored by then."""

IMPORT_SYSTEM = "<frozen importlib._bootstrap>"
"""The file name of the code of Python's import system."""

SECONDS_TO_IMPORT = 0.01
"""Seconds after which a signal that arrived within the import system is sent again."""


class CommandStoppedError(Exception):
    """Raised to end a command that a signal stopped; the message says what was saved and how to resume."""


class Stop:
    """Whether a signal asked this process to stop.

    Until ``saving`` is set there is nothing to lose, and a signal raises KeyboardInterrupt at once; from then on
    it only sets ``asked``, for a loop to end by itself. A second Ctrl-C raises KeyboardInterrupt nevertheless, and
    a third ends the process; nested blocks share the count of ``outer``.
    """

    def __init__(self, outer: Stop | None = None) -> None:
        self.asked = False
        self.saving = False
        self._presses: list[int] = outer._presses if outer else [0]

    def handle(self, number: int, frame: FrameType | None) -> None:
        if _importing(frame):
            _resend(number)
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
    """Raise KeyboardInterrupt, as Python's own SIGINT handler does, but not within the import system."""
    if _importing(frame):
        _resend(number)
        return
    raise KeyboardInterrupt


class Turns:
    """Raises KeyboardInterrupt on Ctrl-C inside its ``with`` block (a turn); outside it, Ctrl-C is ignored."""

    def __init__(self) -> None:
        self._going = False

    def __enter__(self) -> None:
        self._going = True

    def __exit__(self, *_: object) -> None:
        self._going = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self._going:
            interrupt(number, frame)


@contextmanager
def turns() -> Iterator[Turns]:
    """Let Ctrl-C end a turn but never the conversation; outside the main thread, handle no signals."""
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
    """Resend a KeyboardInterrupt that Python drops, as it drops any exception that a destructor raises."""

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            _resend(signal.SIGINT)
        else:
            sys.__unraisablehook__(dropped)

    sys.unraisablehook = unraisable


def _importing(frame: FrameType | None) -> bool:
    """Return whether an exception here could leave an import lock held for ever, so that other threads hang.

    Waiting for a module that another thread imports, which may take seconds, can safely be interrupted.
    """
    return frame is not None and frame.f_code.co_filename == IMPORT_SYSTEM and frame.f_code.co_name != "acquire"


def _resend(number: int) -> None:
    again = threading.Timer(SECONDS_TO_IMPORT, signal.pthread_kill, [threading.get_ident(), number])
    again.daemon = True
    again.start()


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Handle SIGINT, SIGTERM and SIGHUP as a request to stop; outside the main thread, handle none."""
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
    """Signal handler that prints "interrupted" and ends the process without any cleanup."""
    with suppress(OSError, ValueError):
        os.write(messages().fileno(), b"interrupted\n")
    os._exit(INTERRUPTED)


def _leave_soon() -> None:
    watchdog = threading.Timer(SECONDS_TO_SAVE, os._exit, [INTERRUPTED])
    watchdog.daemon = True
    watchdog.start()
