"""The speed of a terminal's line: measured by its answers, unseen on its screen."""

from __future__ import annotations

import os
import pty
import re
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pyte
import pytest

from tests.workbench.commanding import start
from workbench.terminal import line_speed
from workbench.terminal.line_speed import ASK, LineSpeed, measure


class Terminal:
    """A terminal that takes ``rate`` bytes a second of a clock of its own, and answers ``delay`` seconds later."""

    def __init__(self, rate: float, delay: float, silent_after: int = 100) -> None:
        self.rate, self.delay, self.answers_left = rate, delay, silent_after
        self.now = 0.0
        self.taken = b""
        self.master, self.side = pty.openpty()

    def run(self) -> None:
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the other side is closed
                return
            self.now += len(data) / self.rate
            before = self.taken.count(ASK)
            self.taken += data
            for _ in range(self.taken.count(ASK) - before):
                self.now += self.delay
                if self.answers_left:
                    self.answers_left -= 1
                    os.write(self.master, b"\x1b[5;11R")


@contextmanager
def running(terminal: Terminal) -> Iterator[Terminal]:
    thread = threading.Thread(target=terminal.run)
    thread.start()
    yield terminal
    os.close(terminal.side)
    thread.join()
    os.close(terminal.master)


def measured(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> LineSpeed | None:
    monkeypatch.setattr(line_speed, "monotonic", lambda: terminal.now)
    with running(terminal):
        before = termios.tcgetattr(terminal.side)
        found = measure(terminal.side, terminal.side)
        assert termios.tcgetattr(terminal.side) == before
    return found


@pytest.mark.parametrize(("rate", "delay"), [(960, 0.0), (3000, 0.3), (100_000, 0.05), (5_000_000, 0.001)])
def test_the_rate_of_a_line_is_told_whatever_its_delay(
    monkeypatch: pytest.MonkeyPatch, rate: float, delay: float
) -> None:
    found = measured(Terminal(rate, delay), monkeypatch)
    assert found is not None
    assert found.rate == pytest.approx(rate, rel=0.05)
    assert found.answer == pytest.approx(delay, abs=0.01)


def test_nothing_is_seen_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(100_000, 0.05)
    measured(terminal, monkeypatch)
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    stream.feed(b"before\r\n$ workbench doc")
    shown, cursor = list(screen.display), (screen.cursor.x, screen.cursor.y)
    stream.feed(terminal.taken)
    assert (list(screen.display), (screen.cursor.x, screen.cursor.y)) == (shown, cursor)


@pytest.mark.parametrize("answers", [0, 1])
def test_a_terminal_that_does_not_answer_is_not_measured(monkeypatch: pytest.MonkeyPatch, answers: int) -> None:
    monkeypatch.setattr(line_speed, "PATIENCE", 0.1)
    monkeypatch.setattr(line_speed, "SLOWEST", 0.1)
    assert measured(Terminal(1e9, 0.0, answers), monkeypatch) is None


def test_the_doctor_tells_the_speed_of_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal(1e9, 0.0)
    with running(terminal):
        process = start("doctor", stdin=terminal.side, stdout=terminal.side, stderr=terminal.side)
        assert process.wait(60) == 0
    assert re.search(rb"line +[\d,]+ bytes/s, an answer in \d+ ms", terminal.taken)
    piped = Terminal(1e9, 0.0)
    with running(piped):
        process = start("doctor", stdin=piped.side, stderr=piped.side)
        out, _ = process.communicate(timeout=60)
    assert "bytes/s" not in out
    assert piped.taken == b""
