"""The settings of an experiment that can be searched, to choose one of."""

from __future__ import annotations

from collections.abc import Container

from engine.experiment.model import Experiment
from engine.selection.grid import searchable
from workbench.tui.dialogs.pick import Option
from workbench.tui.selection.plan_list import value_text

_OFTEN = ("training.epochs", "training.learning_rate", "training.batch_size", "training.optimizer")


def options(experiment: Experiment, taken: Container[str]) -> list[Option]:
    """Every setting by its path, with its value now; first those that are often searched."""
    found = {path: value for path, value in searchable(experiment).items() if path not in taken}
    together = _units(experiment)
    often = [
        Option(path, path, value_text(found[path]), group="Often searched") for path in _OFTEN if path in found
    ]
    if together and together not in taken:
        about = "The hidden layers' sizes, set together."
        often.insert(1, Option(together, together, "hidden layers", about, "Often searched"))
    rest = [
        Option(path, path, value_text(value), group=_group(experiment, path))
        for path, value in found.items()
        if path not in _OFTEN
    ]
    return [*often, *sorted(rest, key=lambda option: not option.key.startswith("layers"))]


def _units(experiment: Experiment) -> str:
    """The units of all layers that have them but the last, set together; empty where there are not two."""
    indices = [index for index, layer in enumerate(experiment.layers) if layer.enabled and hasattr(layer, "units")]
    return "+".join(f"layers.{index}.units" for index in indices[:-1]) if len(indices) > 2 else ""


def _group(experiment: Experiment, path: str) -> str:
    section, _, rest = path.partition(".")
    if section != "layers":
        return {"data": "Data", "training": "Training"}.get(section, "Seed")
    index = int(rest.partition(".")[0])
    return f"Layer {index + 1}, {experiment.layers[index].kind.replace('_', ' ')}"
