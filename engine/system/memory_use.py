"""How much memory this process takes now."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path


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
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
