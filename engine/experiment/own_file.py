"""Builds an experiment on a user's file or folder before any of it is read."""

from __future__ import annotations

from pathlib import Path

from engine.experiment import toml_file
from engine.experiment.model import Data, Experiment
from engine.experiment.naming import LONGEST
from engine.system import toml_text
from engine.system.paths import exists, expanded


def is_data(named: str) -> bool:
    """Whether a name refers to a file or folder of data, not to a preset or an experiment's file."""
    if not named or named in toml_file.PRESETS or not exists(path := expanded(named)):
        return False
    return path.is_dir() or (path.is_file() and path.suffix != ".toml" and not _is_toml(path))


def of_data(name: str) -> Experiment:
    """Return an experiment without layers on a data file; a proposal follows once the data is read."""
    path = expanded(name)
    return Experiment(name=path.name[:LONGEST] or name, data=Data(dataset=str(path.absolute())))


def _is_toml(path: Path) -> bool:
    """Whether a file without the usual suffix is an experiment nevertheless."""
    import tomllib

    try:
        if path.stat().st_size > toml_text.LARGEST:
            return False
        return bool(tomllib.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError, RecursionError):
        return False
