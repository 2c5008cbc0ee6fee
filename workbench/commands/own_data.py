"""Proposes an experiment for a user's own file or folder."""

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
    """Return the data settings of a user's own data; ``changes`` may hold other settings too."""
    asked = Experiment(data=Data(dataset=str(expanded(named).resolve())))
    return with_settings(asked, {path: value for path, value in changes.items() if path.startswith("data.")}).data


def proposed(named: str, changes: Mapping[str, object]) -> tuple[Experiment, Dataset]:
    """Return an experiment proposed for a user's own data, and the data, read with the settings in ``changes``."""
    data = data_settings(named, changes)
    dataset = wait(datasets.load(data, Experiment().seed))
    return propose_for(dataset, data), dataset


def read_alike(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments read the same data from the same file; ``other`` names the target.

    They do not if the task is "classes": the labels of a named target are read verbatim, those of a guessed one
    are not.
    """
    return one.data == other.data and one.seed == other.seed and one.data.task != "classes"
