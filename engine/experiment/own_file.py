"""An experiment on a person's own file or folder, before anything of it is read."""

from __future__ import annotations

from engine.experiment import toml_file
from engine.experiment.model import Data, Experiment
from engine.experiment.naming import LONGEST
from engine.system.paths import exists, expanded


def is_data(name: str) -> bool:
    """Whether a name is the path of data that is there: neither a preset nor an experiment's TOML file."""
    path = expanded(name)
    return name not in toml_file.PRESETS and path.suffix != ".toml" and exists(path)


def of_data(name: str) -> Experiment:
    """An experiment without layers on a file of data: what fits the data is proposed once they are read."""
    path = expanded(name)
    return Experiment(name=path.name[:LONGEST] or name, data=Data(dataset=str(path.absolute())))
