"""The machine and the versions of libraries that a run records."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache

from engine.system.installed import version

LIBRARIES = ("training-workbench", "keras", "tensorflow", "numpy", "scikit-learn")
"""The libraries whose versions a run records."""


@cache
def machine() -> Mapping[str, str]:
    """The host, its system, processor and cores, and Python's version."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
    }


@cache
def versions() -> Mapping[str, str]:
    """The versions of the libraries that are installed."""
    return {library: found for library in LIBRARIES if (found := version(library))}
