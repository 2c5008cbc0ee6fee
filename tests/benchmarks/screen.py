"""The workbench in a pseudo-terminal, as a terminal sees it: what it draws, when, and in how many bytes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pyte

from tests.benchmarks.measuring import ContestError

PATIENCE = 120.0
"""Seconds after which a screen that does not come is given up."""


class Terminal:
    """A terminal of ``columns`` by ``lines`` with a workbench on it, which is killed at the block's end."""

    def __init__(self, columns: int, lines: int, *arguments: str) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.screen.write_process_input = self._answer
        self.bytes = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("workbench")), *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _answer(self, text: str) -> None:
        """Answer what the workbench asks the terminal, as where the cursor is."""
        os.write(self._master, text.encode())

    @property
    def process(self) -> int:
        """The workbench's process."""
        return self._process.pid

    def press(self, key: str) -> float:
        """Press a key; returns when."""
        os.write(self._master, key.encode())
        return time.perf_counter()

    def until(self, seen: Callable[[Terminal], bool], seconds: float = PATIENCE) -> float:
        """Read until the screen is as wanted; returns when that was written. Raises ContestError."""
        last = time.perf_counter() + seconds
        while (now := time.perf_counter()) < last:
            if self._read(last - now) and seen(self):
                return time.perf_counter()
        raise ContestError("the screen never came to what was waited for:\n" + "\n".join(self.screen.display))

    def watch(self, seconds: float) -> int:
        """Read for so long; returns the bytes that came."""
        before, last = self.bytes, time.perf_counter() + seconds
        while (now := time.perf_counter()) < last:
            self._read(last - now)
        return self.bytes - before

    def shows(self, text: str) -> bool:
        """Whether a line of the screen holds this text."""
        return any(text in line for line in self.screen.display)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        self._show(os.read(self._master, 65536))
        return True

    def _show(self, data: bytes) -> None:
        self.bytes += len(data)
        self._stream.feed(data)


class SlowTerminal(Terminal):
    """The same at the far end of a slow line: what the workbench writes waits in the line without limit."""

    def __init__(self, columns: int, lines: int, *arguments: str, bytes_per_second: float, delay: float) -> None:
        self._bytes_per_second, self._delay = bytes_per_second, delay
        self._line: deque[tuple[float, bytes]] = deque()
        self._free = 0.0
        super().__init__(columns, lines, *arguments)

    @property
    def waiting(self) -> int:
        """The bytes on their way."""
        return sum(len(data) for _, data in self._line)

    def _read(self, seconds: float) -> bool:
        """Take what the workbench has written; show what has arrived by now, if any."""
        now = time.perf_counter()
        last = now + seconds
        while now < last:
            due = self._line[0][0] if self._line else last
            if select.select([self._master], [], [], max(min(due, last) - now, 0))[0]:
                self._send(os.read(self._master, 65536))
            now = time.perf_counter()
            if self._line and self._line[0][0] <= now:
                self._show(self._line.popleft()[1])
                return True
        return False

    def _send(self, data: bytes) -> None:
        """Put data on the line, a piece of a twentieth of a second after the other."""
        size = max(int(self._bytes_per_second / 20), 1)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self._free = max(self._free, time.perf_counter()) + len(piece) / self._bytes_per_second
            self._line.append((self._free + self._delay, piece))
