"""The packets between a server and a process that draws for a browser, and what the browser's terminal shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pyte

START = b"__GANGLION__\n"
"""What Textual's driver writes before its first packet."""


class Browser:
    """A process that draws over pipes, its packets read one by one; anything between packets fails the test."""

    def __init__(self, *arguments: str, module: str = "workbench") -> None:
        pipe: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen([sys.executable, "-m", module, *arguments], **pipe)
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.metas: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def begins(self) -> None:
        """Read up to the first packet."""
        assert self.process.stdout is not None
        assert self.process.stdout.read(len(START)) == START

    def type(self, keys: str) -> None:
        """Press keys."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"D" + len(keys).to_bytes(4, "big") + keys.encode())
        self.process.stdin.flush()

    def until(self, true: Callable[[], object]) -> None:
        """Read packets until something holds."""
        while not true():
            assert self.next(), self.text

    def next(self) -> bool:
        """Read a packet; whether there was one."""
        assert self.process.stdout is not None
        kind = self.process.stdout.read(1)
        if not kind:
            return False
        assert kind in b"DMP", kind + self.process.stdout.peek()[:80]  # type: ignore[attr-defined]
        content = self.process.stdout.read(int.from_bytes(self.process.stdout.read(4), "big"))
        if kind == b"D":
            self.stream.feed(content)
        elif kind == b"M":
            self.metas.append(json.loads(content))
        return True

    def leave(self) -> int:
        """Close this end, as a server does that is gone; returns the exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        while self.next():
            pass
        return self.process.wait(60)

    def close(self) -> None:
        """End the process, and close its pipes."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
