"""Prepares the terminal, runs the app on it, and handles signals and crashes so that no work is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from engine.errors import EngineError
from engine.system.thread_priority import lower_priority
from workbench.terminal import capabilities, streams
from workbench.terminal.output import Wire
from workbench.terminal.signals import INTERRUPTED, SECONDS_TO_SAVE

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

HANGUP = 128
"""Added to a signal's number for the exit status of a process that the signal ended."""

FRAMES = "500"
"""The most screen updates per second. An update waits for the end of the second frame after the last one: 4 ms.
With Textual's own 60 the slowest twentieth of the keys pressed during a run waited 33 ms for that alone. Nothing
is drawn more often: there is an update only if something has changed.
"""

TURN = 0.0005
"""Seconds after which a thread hands the interpreter to one that waits for it. Answering a key takes several such
switches: with Python's own 5 ms, the slowest twentieth of the keys waited 30 ms for threads that import and trace.
"""


class Interruptible(Protocol):
    """Work that a signal can interrupt: it saves, and can be resumed."""

    done: threading.Event

    def interrupt(self) -> None:
        """Ask the work to save and stop; returns at once."""


RunningWork = Callable[[], Sequence[Interruptible]]
"""Returns the work in progress."""


def cannot_draw() -> bool:
    """Return whether there is a terminal for input and output, but one that can only show lines of text."""
    streams_here = (sys.__stdin__, sys.__stdout__)
    there = all(one is not None and one.isatty() for one in streams_here)
    return there and os.environ.get("TERM", "dumb") in ("dumb", "")


def prepare(browser: bool = False) -> None:
    """Check that there is a usable terminal, and keep the output of libraries off it.

    Call it before Textual and TensorFlow are imported. Raises EngineError if there is no usable terminal. With
    ``browser`` none is needed: the screen is drawn over pipes to the server.
    """
    if browser:
        streams.protect()
        return
    instead = "`workbench --plain` works in lines of text, `workbench train` runs an experiment without one"
    output = next((one for one in (sys.__stderr__, sys.__stdout__) if one is not None and one.isatty()), None)
    if sys.__stdin__ is None or not sys.__stdin__.isatty() or output is None:
        raise EngineError(f"the screen needs a terminal, for input and output: {instead}")
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise EngineError(f"this terminal (TERM={os.environ.get('TERM', '')}) cannot draw a screen: {instead}")
    descriptor = os.dup(output.fileno())
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    os.environ.update(capabilities.colours(descriptor))
    for size in ("COLUMNS", "LINES"):  # of the shell that exported them, not of this terminal
        os.environ.pop(size, None)
    streams.protect()
    line = Wire(descriptor, capabilities.encoding())
    vars(sys).update(__stderr__=line, __stdout__=line)


def run(app: App[int], running: RunningWork, *, mouse: bool = True, browser: bool = False) -> int:
    """Run the app, after :func:`prepare`, until the user quits, a signal ends it or it crashes.

    Returns the exit status. A signal interrupts the work in progress; what does not end in time is abandoned.
    """
    from rich.console import Console

    from workbench.terminal import textual_private

    textual_private.patch()
    app.driver_class = _driver(browser)
    with open(streams.log_path(), "a", encoding="utf-8", errors="backslashreplace") as log:
        app.error_console = Console(file=log, width=120, markup=False, highlight=False, record=True)
        status = asyncio.run(_run(app, _Ending(app, running), mouse and capabilities.mouse()))
        _say_crash(app.error_console.export_text())
    return status


def _driver(browser: bool) -> type[Driver]:
    if browser:
        from workbench.terminal.browser.driver import BrowserDriver

        return BrowserDriver
    from workbench.terminal.driver import TerminalDriver

    return TerminalDriver


async def _run(app: App[int], ending: _Ending, mouse: bool) -> int:
    ending.loop = asyncio.get_running_loop()
    put_keys_first(ending.loop)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ending.begin)
    status = await app.run_async(mouse=mouse)
    crashed = status is None  # the user quits with a status
    return ending.status or app.return_code or (1 if crashed else status or 0)


def put_keys_first(loop: asyncio.AbstractEventLoop) -> None:
    """Give the loop's thread, which answers keys, priority over its worker threads, and quick turns."""
    sys.setswitchinterval(TURN)
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="worker", initializer=lower_priority))


def _say_crash(traceback: str) -> None:
    """Print in one message why the app has crashed; nothing if there is no traceback."""
    if error := " ".join(traceback.rpartition("╯")[2].split()):
        print(f"error: the screen has crashed: {error}; in full in {streams.log_path()}", file=streams.messages())
        print("A run in progress was saved: start again to resume it.", file=streams.messages())


class _Ending:
    """Handles a signal: interrupts all work and ends the app."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, app: App[int], running: RunningWork) -> None:
        self._app = app
        self._running = running
        self.status = 0

    def begin(self, number: int, frame: FrameType | None) -> None:
        """Interrupt all work, and exit the app; a thread ends the process if the app does not exit."""
        if self.status:
            return
        self.status = INTERRUPTED if number == signal.SIGINT else HANGUP + number
        for work in self._running():
            work.interrupt()
        threading.Thread(target=self._watch, daemon=True, name="watchdog").start()
        self.loop.call_soon_threadsafe(self._app.exit, self.status)

    def _watch(self) -> None:
        """End the process once everything is saved, even if the connection is frozen."""
        until = time.monotonic() + SECONDS_TO_SAVE
        for work in self._running():
            work.done.wait(max(until - time.monotonic(), 0.0))
        threading.Event().wait(max(until - time.monotonic(), 0.4))  # for the app to restore the terminal
        os._exit(self.status)
