"""When a key was last read from the terminal: what can wait lets its answer be painted first."""

from __future__ import annotations

import time

ANSWER = 0.08
"""Seconds in which most keys are answered."""

_latest = -ANSWER


def note() -> None:
    """A key has been read; called in the thread that reads the terminal, which knows it before the screen does."""
    global _latest
    _latest = time.monotonic()


def answering() -> bool:
    """Whether a key has been read a moment ago, and is probably not answered yet."""
    return time.monotonic() - _latest < ANSWER
