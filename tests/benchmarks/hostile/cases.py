"""One hostile case: what it does to the command, and what is wrong with how the command took it."""

from __future__ import annotations

import io
import json
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from workbench import cli

SECONDS = 20
"""A call that takes more processor time hangs."""


class TookTooLongError(BaseException):
    """A case ran out of time; no except clause of the product catches it."""


@dataclass
class Case:
    """A numbered case with its own random generator and an empty folder; it collects what went wrong."""

    campaign: str
    number: int
    folder: Path
    random: random.Random = field(init=False)
    accepted: int = 0
    refused: int = 0
    tracebacks: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.campaign} {self.number}")

    def call(self, *arguments: str) -> tuple[int, str, str]:
        """Calls the command in this process; returns its status, output and messages."""
        out, err = io.StringIO(), io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err), time_limit(SECONDS):
                status = cli.call(arguments)
        except BaseException as error:
            self.tracebacks.append(f"{' '.join(arguments)[:200]}: escaped: {type(error).__name__}: {error}"[:400])
            return 1, out.getvalue(), err.getvalue()
        message = err.getvalue()
        if "error: unexpected" in message or "Traceback" in message or status not in (0, 1, 2):
            self.tracebacks.append(f"{' '.join(arguments)[:200]}: {message.strip()[:300]}")
        self.accepted += status == 0
        self.refused += status != 0
        return status, out.getvalue(), message

    def changed(self, what: str) -> None:
        """Notes a silent change."""
        self.silent.append(what[:400])

    def json(self, *arguments: str) -> dict[str, Any]:
        """The JSON object of a command that is called with ``--json``; empty where it refused."""
        status, out, _ = self.call(*arguments, "--json")
        if status:
            return {}
        found: dict[str, Any] = json.loads(out)
        return found


Campaign = Callable[[Case], None]


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises TookTooLongError in the main thread when the block takes more processor time."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TookTooLongError(f"more than {seconds} s of work")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The bytes with one kind of damage: flipped, cut, repeated, zeroed, or with hostile bytes put in."""
    kind = chance.randrange(7)
    if not content:
        return content
    at = chance.randrange(len(content))
    if kind == 0:
        changed = bytearray(content)
        for _ in range(chance.choice((1, 2, 8, 64))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        return bytes(changed)
    if kind == 1:
        return content[:at]
    if kind == 2:
        end = min(len(content), at + chance.choice((1, 16, 4096)))
        return content[:at] + content[at:end] * 2 + content[end:]
    if kind == 3:
        end = min(len(content), at + chance.choice((1, 16, 512, 4096)))
        return content[:at] + bytes(end - at) + content[end:]
    if kind == 4:
        return content[:at] + chance.choice(POISON) + content[at:]
    if kind == 5:
        return content[at:]
    return content + chance.choice(POISON)


POISON = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b"'",
    b"\r",
    b"\n\n",
    b"\t",
    b",",
    b";",
    b"\x1b[2J\x1b]0;owned\x07",
    "\u202e\u2066".encode(),
    b"1e999",
    b"nan",
    b"-inf",
    b"9" * 5000,
    b"[" * 3000,
    b"[bold red]",
    b"=cmd|' /C calc'!A0",
    b"\x80\x81\x82",
    "\ud7ff\U0010ffff".encode(),
)
"""Bytes that upset readers of text."""
