"""Reads the inputs of commands: an experiment, its settings, the run store."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError, ExperimentError
from engine.system import toml_text
from workbench.commands.output import warn

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.experiment.model import Experiment
    from engine.runs import RunStore


def store() -> RunStore:
    """Return the run store in the home folder."""
    from engine.runs import RunStore

    return RunStore(waiting=warn)


def experiment(named: str, settings: Sequence[str] | None = None, name: str | None = None) -> Experiment:
    """Return the experiment of a preset, a file, standard input (``-``) or proposed for data, with settings
    changed.

    If settings change and no ``name`` is given, the experiment is named after the changes. Raises ExperimentError
    listing every setting that is unknown or wrong.
    """
    return experiment_and_data(named, settings, name)[0]


def experiment_and_data(
    named: str, settings: Sequence[str] | None = None, name: str | None = None
) -> tuple[Experiment, Dataset | None]:
    """Like :func:`experiment`, and also return the data if it was read to propose the experiment."""
    from engine.experiment import toml_file
    from engine.experiment.naming import derived_name
    from engine.experiment.own_file import is_data
    from engine.experiment.setting_paths import with_settings
    from workbench.commands.own_data import proposed, read_alike

    changes, dataset = setting_values(settings), None
    if name is not None:
        changes["name"] = name
    if named == "-":
        given = sys.stdin.buffer.read(toml_text.LARGEST + 1)
        found = toml_file.parse(toml_text.decoded(given, "standard input", ExperimentError), "standard input")
    elif is_data(named):
        found, dataset = proposed(named, changes)
    else:
        found = toml_file.load(named)
    changed = with_settings(found, changes) if changes else found
    if changes and changed.name == found.name and name is None and not is_data(named):
        changed = with_settings(changed, {"name": derived_name(found, changed)})
    changed = toml_file.beside(changed, Path.cwd())
    return changed, dataset if read_alike(changed, found) else None


def for_screen(named: str) -> Experiment:
    """Return the experiment that the screen opens on; a user's own data is read later, on the screen."""
    from engine.experiment.own_file import is_data, of_data

    return of_data(named) if is_data(named) else experiment(named)


def setting_values(settings: Sequence[str] | None) -> dict[str, object]:
    """Parse the ``--set`` options into values by setting path."""
    return dict(_setting(text) for text in settings or ())


def _setting(text: str) -> tuple[str, object]:
    from engine.experiment.setting_paths import parse_value

    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise EngineError(f"--set {text}: it should be PATH=VALUE, as in training.epochs=5")
    return path.strip(), parse_value(value)
