"""Pauses garbage collection while long-lived objects are created, then freezes them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_blocks = 0
_was_enabled = True


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector in this block, then ``gc.freeze`` all existing objects.

    A full collection visits every object and holds the interpreter lock meanwhile. Blocks may overlap in several
    threads: the collector resumes when the last one ends, unless it was off before the first began.
    """
    _enter()
    try:
        yield
        gc.freeze()
    finally:
        _leave()


def _enter() -> None:
    global _blocks, _was_enabled
    with _lock:
        if not _blocks:
            _was_enabled = gc.isenabled()
            gc.disable()
        _blocks += 1


def _leave() -> None:
    global _blocks
    with _lock:
        _blocks -= 1
        if not _blocks and _was_enabled:
            gc.enable()
