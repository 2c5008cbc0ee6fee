"""How much memory this process takes now."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def resident() -> float | None:
    """Megabytes of this process that are in memory; None where the system does not tell."""
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # its peak: nothing else is there
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
