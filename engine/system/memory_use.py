"""How much memory this process takes now, and how free memory is given back to the system."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

M_ARENA_MAX = -8
"""glibc's number for the option of how many arenas there may be."""


def resident() -> float | None:
    """Megabytes of this process that are in memory; None where the system does not tell."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # its peak: nothing else is there
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def give_back() -> None:
    """Gives memory that is free within this process back to the system, where the C library is glibc.

    glibc keeps it for the threads that once used it: up to 300 MB over a session of runs in threads of their own.
    """
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def share_one_arena() -> None:
    """Lets all threads allocate from one arena, where the C library is glibc.

    To be called before there are threads. glibc would open further arenas for them, and :func:`give_back` cannot
    give back the free end of any but the first: after IMDB runs up to 100 MB, depending on which threads met in
    which arena. Training takes no longer in one arena.
    """
    options = _glibc("mallopt")
    if options is not None:
        options(M_ARENA_MAX, 1)


def _glibc(name: str) -> Any:
    """A function of glibc; None where the C library is another one."""
    import ctypes

    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
