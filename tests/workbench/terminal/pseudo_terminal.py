"""Processes on a pseudo-terminal, as a person would start them."""

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
from collections.abc import Callable, Sequence

import pyte


class Screen:
    """A process on a pseudo-terminal, and what the terminal shows; ``quiet`` sends its standard error nowhere.

    ``through`` is the command of a program that runs it, as tmux.
    """

    def __init__(
        self,
        *arguments: str,
        module: str = "workbench",
        columns: int = 80,
        rows: int = 24,
        quiet: bool = False,
        through: Sequence[str] = (),
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.fd, side = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        known = {name: os.environ[name] for name in os.environ if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [*through, sys.executable, "-m", module, *arguments],
            stdin=side,
            stdout=side,
            stderr=subprocess.DEVNULL if quiet else side,
            start_new_session=True,
            env=known | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | environment,
        )
        os.close(side)
        self.sent = b""

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def until(self, true: Callable[[], object], seconds: float = 60) -> None:
        """Read what the process writes until something holds."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.text
            self._read(0.05)
            assert self.process.poll() is None or true() or time.monotonic() < end

    def shows(self, words: str, seconds: float = 60) -> None:
        self.until(lambda: words in self.text, seconds)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size: all is painted again."""
        self.screen.resize(rows, columns)
        self.screen.reset()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def type(self, keys: str | bytes) -> None:
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def settled(self) -> list[str]:
        """What the terminal shows once nothing more comes for a moment."""
        while self._read(0.7):
            pass
        return list(self.screen.display)

    def idle(self, seconds: float) -> bool:
        """Whether nothing comes for so long, or reads what does."""
        return not self._read(seconds)

    def _read(self, seconds: float) -> bool:
        """Read what is there within some seconds; whether it was anything."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the process has gone, and all that it wrote was read
            return False
        self.sent += data
        self.stream.feed(data)
        return bool(data)

    def left(self, seconds: float = 30) -> int:
        """Wait until the process has gone, and read its last words; its exit status."""
        self.until(lambda: self.process.poll() is not None, seconds)
        while self._read(0):
            pass
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)
