"""A file or folder of a person's own in place of an experiment: an experiment is proposed for what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine import datasets
from engine.checks.proposals import propose_for
from engine.experiment.model import Data, Experiment
from engine.experiment.setting_paths import with_settings
from engine.system.paths import expanded
from workbench.commands.progress_bar import wait

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset


def data_settings(named: str, changes: Mapping[str, object]) -> Data:
    """The settings of a person's own data, of which ``changes`` may hold others too."""
    asked = Experiment(data=Data(dataset=str(expanded(named).resolve())))
    return with_settings(asked, {path: value for path, value in changes.items() if path.startswith("data.")}).data


def proposed(named: str, changes: Mapping[str, object]) -> tuple[Experiment, Dataset]:
    """The experiment proposed for a person's own data, and the data, read with the settings among ``changes``."""
    data = data_settings(named, changes)
    dataset = wait(datasets.load(data, Experiment().seed))
    return propose_for(dataset, data), dataset


def read_alike(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments, of which ``other`` names the target, read the same data from the same file.

    A target that nobody had named is read as it is written once it is named and taken as classes.
    """
    return one.data == other.data and one.seed == other.seed and one.data.task != "classes"
