"""Builds an experiment on a person's own file or folder before any of it is read."""

from __future__ import annotations

from pathlib import Path

from engine.experiment import toml_file
from engine.experiment.model import Data, Experiment
from engine.experiment.naming import LONGEST
from engine.system import toml_text
from engine.system.paths import exists, expanded


def is_data(named: str) -> bool:
    """Whether a name is that of a file or folder that holds data: neither a preset nor an experiment's file."""
    if not named or named in toml_file.PRESETS or not exists(path := expanded(named)):
        return False
    return path.is_dir() or (path.is_file() and path.suffix != ".toml" and not _is_toml(path))


def of_data(name: str) -> Experiment:
    """An experiment without layers on a file of data: what fits the data is proposed once they are read."""
    path = expanded(name)
    return Experiment(name=path.name[:LONGEST] or name, data=Data(dataset=str(path.absolute())))


def _is_toml(path: Path) -> bool:
    """Whether a file without the usual suffix is an experiment's all the same."""
    import tomllib

    try:
        if path.stat().st_size > toml_text.LARGEST:
            return False
        return bool(tomllib.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError, RecursionError):
        return False
