"""Measures a terminal's bandwidth with cursor-position reports, which it sends once it has drawn what it was sent.

What is sent changes nothing on the screen: the reset of colours that are not set, again and again. A program
between, such as tmux or mosh, answers for the terminal: then the line to that program is measured.
"""

from __future__ import annotations

import os
import re
import select
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

UNSEEN = b"\x1b[0m"
ASK = b"\x1b[6n"
_ANSWER = re.compile(rb"\x1b\[\d+;\d+R")

SIZES = (1_000, 8_000, 64_000, 512_000)
"""Bytes sent at once: more each time, until they take long enough to be timed."""

LONG_ENOUGH = 0.2
"""Seconds beyond the wait for an answer, from which on a time is one of the line."""

PATIENCE = 2.0
"""Seconds to wait for the first answer; not every terminal gives one."""

SLOWEST = 10.0
"""Seconds to wait for all that is sent at once to be answered."""


@dataclass(frozen=True, slots=True)
class LineSpeed:
    """Bytes per second that reach a terminal, and the seconds that an answer to a single question takes."""

    rate: float
    answer: float


def measure(output: int, answers: int) -> LineSpeed | None:
    """Measure the line between two descriptors of one terminal, written to and read.

    None where the terminal does not answer, or this process is in the background. What is typed meanwhile is lost.
    """
    if not _foreground(answers):
        return None
    with _unechoed(answers):
        empty = _seconds(output, answers, b"", PATIENCE)
        if empty is None:
            return None
        for size in SIZES:
            taken = _seconds(output, answers, UNSEEN * (size // len(UNSEEN)), SLOWEST)
            if taken is None:
                return None
            beyond = taken - empty
            if beyond >= LONG_ENOUGH:
                break
        return LineSpeed(size / max(beyond, 0.001), empty)


def _foreground(terminal: int) -> bool:
    """Whether this process may ask: one in the background is stopped when it does."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # a terminal that controls no processes
        return True


@contextmanager
def _unechoed(terminal: int) -> Iterator[None]:
    """Show no answers on the screen, and leave none to be read by the next program."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        yield
    finally:
        termios.tcflush(terminal, termios.TCIFLUSH)
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def _seconds(output: int, answers: int, sent: bytes, limit: float) -> float | None:
    """The seconds until the terminal has answered what comes after ``sent``; None where it has not in time."""
    began = monotonic()
    left = memoryview(sent + ASK)
    while left:
        left = left[os.write(output, left) :]
    heard = b""
    while not _ANSWER.search(heard):
        remaining = began + limit - monotonic()
        if remaining <= 0 or not select.select([answers], [], [], remaining)[0]:
            return None
        if not (more := os.read(answers, 1024)):
            return None
        heard += more
    return monotonic() - began
