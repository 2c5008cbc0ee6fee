"""A file or folder of a person's own in place of an experiment: an experiment is proposed for what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.system.paths import expanded
from workbench.commands.progress_bar import wait

if TYPE_CHECKING:
    from engine.experiment.model import Data, Experiment


def data_settings(named: str, changes: Mapping[str, object]) -> Data:
    """The settings of a person's own data, of which ``changes`` may hold others too."""
    from engine.experiment.model import Data, Experiment
    from engine.experiment.setting_paths import with_settings

    asked = Experiment(data=Data(dataset=str(expanded(named).resolve())))
    return with_settings(asked, {path: value for path, value in changes.items() if path.startswith("data.")}).data


def proposed(named: str, changes: Mapping[str, object]) -> Experiment:
    """The experiment proposed for a person's own data, read with the settings of it among ``changes``."""
    from engine import datasets
    from engine.checks.experiment_proposal import propose_for
    from engine.experiment.model import Experiment

    data = data_settings(named, changes)
    return propose_for(wait(datasets.load(data, Experiment().seed)), data)
