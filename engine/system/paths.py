"""The folders that the workbench keeps its files in, and paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder for runs, caches and the log: ``WORKBENCH_HOME``, or the platform's default."""
    named = os.environ.get("WORKBENCH_HOME")
    return expanded(named) if named else Path(platformdirs.user_data_dir("workbench", appauthor=False))


def cache() -> Path:
    """The folder for what can be made again: indexed data."""
    return home() / "cache"


def data_folders() -> list[Path]:
    """The folders that ``WORKBENCH_DATA`` names, with the system's separator between several."""
    named = os.environ.get("WORKBENCH_DATA", "")
    if not named or expanded(named).is_dir():
        return [expanded(named)] if named else []
    return [expanded(one) for one in named.split(os.pathsep) if one]


def expanded(name: str | Path) -> Path:
    """The path that a person named, ``~`` as their home folder; as it stands where no user is called so."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def exists(path: Path) -> bool:
    """Whether something is there; a name that is too long, or holds a null character, is nobody's."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
