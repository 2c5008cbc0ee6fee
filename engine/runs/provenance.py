"""The machine and the versions of libraries that a run records."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache

from engine.system.installed import version

LIBRARIES = ("training-workbench", "keras", "tensorflow", "numpy", "scikit-learn")
"""Libraries whose versions a run records."""


@cache
def machine() -> Mapping[str, str]:
    """Return host name, operating system, processor, number of cores and Python version."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
    }


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of the installed :data:`LIBRARIES`."""
    return {library: found for library in LIBRARIES if (found := version(library))}
