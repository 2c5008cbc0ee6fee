"""Measures a terminal's bandwidth with cursor-position reports, which it sends once it has drawn what it was sent.

The bytes sent change nothing on the screen: they reset colours that are not set, over and over. If a program in
between, such as tmux or mosh, answers for the terminal, the connection to that program is measured.
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
"""Bytes sent at once, increasing until they take long enough to be timed."""

LONG_ENOUGH = 0.2
"""Seconds by which sending must exceed a bare answer's time for the result to measure the line."""

PATIENCE = 2.0
"""Seconds to wait for the first answer; not every terminal sends one."""

SLOWEST = 10.0
"""Seconds to wait for the answer to one piece of data."""


@dataclass(frozen=True, slots=True)
class LineSpeed:
    """Bytes per second that reach a terminal, and the seconds that the answer to a single query takes."""

    rate: float
    answer: float


def measure(output: int, answers: int) -> LineSpeed | None:
    """Measure the line between two descriptors of one terminal, one written to and one read.

    Returns None if the terminal does not answer, or this process is in the background. Keys typed meanwhile are
    lost.
    """
    if not _foreground(answers):
        return None
    with _no_echo(answers):
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
    """Return whether this process is in the foreground; a background process would be stopped when it reads."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # not a controlling terminal
        return True


@contextmanager
def _no_echo(terminal: int) -> Iterator[None]:
    """Keep the answers off the screen, and leave none for the next program to read."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        yield
    finally:
        termios.tcflush(terminal, termios.TCIFLUSH)
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def _seconds(output: int, answers: int, sent: bytes, limit: float) -> float | None:
    """Return the seconds until the terminal answers a query after ``sent``; None if it exceeds the limit."""
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
