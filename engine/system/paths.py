"""The folders in which the workbench stores its files, and paths written by users."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the folder for runs, caches and the log: ``WORKBENCH_HOME``, or the platform's default."""
    named = os.environ.get("WORKBENCH_HOME")
    return expanded(named) if named else Path(platformdirs.user_data_dir("workbench", appauthor=False))


def cache() -> Path:
    """Return the folder for data that can be rebuilt, such as indexed texts."""
    return home() / "cache"


def data_folders() -> list[Path]:
    """Return the folders in ``WORKBENCH_DATA``, separated by the system's path separator."""
    named = os.environ.get("WORKBENCH_DATA", "")
    if not named or expanded(named).is_dir():
        return [expanded(named)] if named else []
    return [expanded(one) for one in named.split(os.pathsep) if one]


def expanded(name: str | Path) -> Path:
    """Expand ``~`` in a user's path; unchanged if there is no such user."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def exists(path: Path) -> bool:
    """Whether a path exists; False for names that are too long or contain a null character."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
