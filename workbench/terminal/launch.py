"""The terminal: whether it is one, what reaches it, how fast it takes it, and what happens when it goes away."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections import deque
from types import FrameType
from typing import TYPE_CHECKING

from engine.errors import EngineError
from workbench.terminal import streams
from workbench.terminal.signals import SECONDS_TO_SAVE

if TYPE_CHECKING:
    from workbench.tui.app import Workbench

WINDOW = 5.0
"""Seconds over which the bytes on the wire are averaged."""

SLOWEST = 5.0
"""The longest time between two looks at a run, however slow the link."""

HANGUP = 128
"""Added to a signal's number, the exit status of a process that it ended."""

FRAMES = "120"
"""Updates of the screen a second at most. An update waits for the end of the second frame after the last one:
of Textual's own 60, the slowest twentieth of the keys pressed during a run waited 33 ms for nothing else."""

_PLAIN = {
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝", "+"),
    **dict.fromkeys("─━═╌┄┈▔▁▂▃", "-"),
    **dict.fromkeys("│┃║┊┆╎▏▎▌▐▕▊▋", "|"),
    **dict.fromkeys("▓█▉", "#"),
    **dict.fromkeys("░▒", "."),
    **dict(zip("▸●✓✗■↕⏎·×–…“”→←↑↓▼▲•’", '>ovx#~<-x-.""><^vv^*\'', strict=True)),
}


class Ascii(dict[int, str]):
    """What stands for a character that an ASCII terminal lacks, one cell for one cell; braille becomes dots."""

    def __missing__(self, code: int) -> str:
        if 0x2800 <= code <= 0x28FF:
            return " " if code == 0x2800 else "." if code & 0b00111111 else "_"
        return chr(code) if code < 128 else _PLAIN.get(chr(code), "?")


class Wire(streams.Lenient):
    """The terminal as the app's driver writes to it: counts bytes, and notes how long a write takes.

    Where the terminal is not UTF-8, every character that it lacks is written as a plain one of the same width.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        raw = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
        super().__init__(raw, encoding=encoding, errors="replace")
        self._plain = None if "utf" in encoding.lower() else Ascii()
        self._sent: deque[tuple[float, int]] = deque()
        self.total = 0
        self.seconds = 0.0

    def write(self, text: str) -> int:
        began = time.monotonic()
        sent = super().write(text.translate(self._plain) if self._plain is not None else text)
        super().flush()
        now = time.monotonic()
        size = len(text.encode("utf-8", "replace"))
        self.total += size
        self._sent.append((now, size))
        while self._sent and self._sent[0][0] < now - WINDOW:
            self._sent.popleft()
        self.seconds = 0.7 * self.seconds + 0.3 * (now - began)
        return sent

    @property
    def rate(self) -> float:
        """Bytes per second over the last seconds."""
        since = time.monotonic() - WINDOW
        return sum(size for when, size in list(self._sent) if when >= since) / WINDOW


def wire() -> Wire | None:
    """The terminal being written to; None before :func:`prepare`, and in tests."""
    return sys.__stderr__ if isinstance(sys.__stderr__, Wire) else None


def pace(fast: float, slow: float) -> float:
    """Seconds to wait before the next look at a run: more where the terminal takes its time."""
    line = wire()
    return max(fast, slow, min(10 * line.seconds, SLOWEST) if line else 0.0)


def prepare() -> None:
    """See that there is a usable terminal, and keep everything off it that is not the app's own.

    To be called before Textual and TensorFlow are imported. Raises EngineError where there is none.
    """
    instead = "`workbench train` runs an experiment without one"
    stdin, stderr = sys.__stdin__, sys.__stderr__
    if stdin is None or stderr is None or not stdin.isatty() or not stderr.isatty():
        raise EngineError(f"the screen needs a terminal, for input and output: {instead}")
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise EngineError(f"this terminal (TERM={os.environ.get('TERM', '')}) cannot draw a screen: {instead}")
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    if os.isatty(2):
        streams.protect()
    encoding = (getattr(stdin, "encoding", None) or "utf-8").lower()
    vars(sys).update(__stderr__=Wire(streams.messages().fileno(), encoding))


def run(app: Workbench) -> int:
    """Run the app until it is left or a signal ends it, after :func:`prepare`; returns the exit status.

    A signal stops and saves what is going on (the next start asks whether to resume a run); whatever hangs
    then is left behind in time.
    """
    from rich.console import Console

    _mend_fileno()
    _mend_updates()
    app.error_console = Console(file=sys.__stderr__, markup=False, highlight=False)
    ending = _Ending(app)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ending.begin)
    status = app.run()
    if ending.number:
        return HANGUP + ending.number
    return app.return_code or status or 0


class _Ending:
    """What a signal sets off."""

    def __init__(self, app: Workbench) -> None:
        self._app = app
        self.number = 0

    def begin(self, number: int, frame: FrameType | None) -> None:
        """Ask all work to stop and save, ask the app to leave, and see to it that the process does."""
        if self.number:
            return
        self.number = number
        for work in self._app.going:
            getattr(work, "interrupt", work.stop)()
        threading.Thread(target=self._watch, daemon=True, name="watchdog").start()
        loop = getattr(self._app, "_loop", None)
        if loop is not None:
            loop.call_soon_threadsafe(self._app.exit, HANGUP + number)

    def _watch(self) -> None:
        """Leave once all is saved, though the link be frozen: first as one should, then at once."""
        until = time.monotonic() + SECONDS_TO_SAVE
        for work in self._app.going:
            work.done.wait(max(until - time.monotonic(), 0.0))
        threading.Event().wait(0.4)  # for the app to give the terminal back, where it still can
        os._exit(HANGUP + self.number)


def _mend_fileno() -> None:
    """Give what Textual puts in place of stdout a descriptor: without one no process can be started.

    Inside a running app ``_PrintCapture.fileno`` returns -1, and loky and dask pass that on to their processes.
    """
    from textual import app

    def fileno(capture: app._PrintCapture) -> int:
        return 2 if capture.stderr else 1

    setattr(app._PrintCapture, "fileno", fileno)  # noqa: B010


def _mend_updates() -> None:
    """Send of a line that has changed in part no more than that part, and of its styles what changes.

    Textual knows which part it is, but sends the line from the widget's left edge on: while training on 200x60
    that was three quarters of all bytes.
    """
    from rich.console import Console
    from rich.control import Control
    from textual._compositor import ChopsUpdate

    from workbench.terminal.ansi_pen import Pen

    def render_segments(self: ChopsUpdate, console: Console) -> str:
        pen, sent = Pen(console._color_system), []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, first), min(end, last)
                if strip is not None and start < stop:
                    sent += [Control.move_to(start, y).segment.text, pen.write(strip.crop(start - x, stop - x))]
        return "".join([*sent, pen.lift()])

    setattr(ChopsUpdate, "render_segments", render_segments)  # noqa: B010
