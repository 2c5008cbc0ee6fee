"""Command lines that do without a screen what a screen does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING, Any

from engine.errors import ExperimentError

if TYPE_CHECKING:
    from engine.experiment.model import Experiment

MOST = 6
"""Changed settings up to which a preset and ``--set`` options stand for an experiment, instead of its file."""

END = "END-OF-EXPERIMENT"


def set_option(path: str, value: object) -> str:
    """The option that gives a setting this value, quoted for a shell: ``--set training.epochs=5``."""
    return f"--set {quote(f'{path}={written(value)}')}"


def grid_option(path: str, values: tuple[object, ...]) -> str:
    """The option that searches these values of a setting: ``--grid training.epochs=1,5``."""
    said = ",".join(map(written, values))
    return f"--grid {quote(f'{path}={said}')}"


def written(value: object) -> str:
    """A setting's value as an option takes it: TOML, but text without quotes, and false for nothing."""
    return value if isinstance(value, str) else json.dumps(False if value is None else value)


def command(verb: str, experiment: Experiment, *options: str) -> str:
    """The command that does ``verb`` with an experiment: a preset with changes, or a file written first."""
    from engine.experiment.toml_file import dumps

    if named := _as_preset(experiment):
        return " ".join(["workbench", verb, named, *options])
    letters = "".join(letter if letter.isalnum() else "-" for letter in experiment.name.lower()).strip("-")
    file = quote(f"{letters or 'experiment'}.toml")
    run = " ".join(["workbench", verb, file, *options])
    return f"cat > {file} <<'{END}'\n{dumps(experiment)}{END}\n{run}"


def _as_preset(experiment: Experiment) -> str:
    """The preset and the options that give the experiment in the fewest changes; empty where none does."""
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
