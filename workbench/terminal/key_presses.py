"""The time of the last key press, so that work which can wait lets the answer to the key be painted first."""

from __future__ import annotations

import time

ANSWER = 0.08
"""Seconds within which most keys are answered."""

_latest = -ANSWER


def note() -> None:
    """Record a key press; called in the thread that reads the terminal, which sees it before the screen does."""
    global _latest
    _latest = time.monotonic()


def answering() -> bool:
    """Return whether a key was read so recently that it is probably not answered yet."""
    return time.monotonic() - _latest < ANSWER
