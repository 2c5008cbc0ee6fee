"""Builds command lines equivalent to what was done on the screen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING, Any

from engine.errors import ExperimentError

if TYPE_CHECKING:
    from engine.experiment.model import Experiment

MOST = 6
"""The most changed settings that are written as ``--set`` options on a preset; beyond it, a file is written."""

END = "END-OF-EXPERIMENT"


def set_option(path: str, value: object) -> str:
    """Return the option that sets a setting to this value, quoted for a shell: ``--set training.epochs=5``."""
    return f"--set {quote(f'{path}={written(value)}')}"


def grid_option(path: str, values: tuple[object, ...]) -> str:
    """Return the option that searches these values of a setting: ``--grid training.epochs=1,5``."""
    said = ",".join(map(written, values))
    return f"--grid {quote(f'{path}={said}')}"


def written(value: object) -> str:
    """Format a setting's value for an option: TOML, but strings without quotes, and false for None."""
    return value if isinstance(value, str) else json.dumps(False if value is None else value)


def command(verb: str, experiment: Experiment, *options: str) -> str:
    """Return the command that does ``verb`` with an experiment: a preset with changes, or a file written first."""
    from engine.experiment.toml_file import dumps

    if named := _as_preset(experiment):
        return " ".join(["workbench", verb, named, *options])
    letters = "".join(letter if letter.isalnum() else "-" for letter in experiment.name.lower()).strip("-")
    file = quote(f"{letters or 'experiment'}.toml")
    run = " ".join(["workbench", verb, file, *options])
    return f"cat > {file} <<'{END}'\n{dumps(experiment)}{END}\n{run}"


def _as_preset(experiment: Experiment) -> str:
    """Return the preset and options that give the experiment with the fewest changes; empty if none does."""
    found = sorted(_candidates(experiment), key=lambda words: len(words))
    return " ".join(found[0]) if found and len(found[0]) <= MOST + 1 else ""


def _candidates(experiment: Experiment) -> Iterator[list[str]]:
    from engine.experiment.setting_paths import differences, with_settings
    from engine.experiment.toml_file import presets

    for name, preset in presets().items():
        if preset.data.dataset != experiment.data.dataset or len(preset.layers) != len(experiment.layers):
            continue
        changes: Mapping[str, Any] = {path: now for path, (_, now) in differences(preset, experiment).items()}
        try:
            same = not differences(with_settings(preset, changes), experiment)
        except ExperimentError:
            continue
        if same:
            yield [name, *(set_option(path, value) for path, value in changes.items())]
