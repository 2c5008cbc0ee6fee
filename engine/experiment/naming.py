"""Names an experiment after its parent and what differs from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.experiment.layers import Layer
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import differences

MOST_PARTS = 3
"""Maximum number of differences in a name."""

LONGEST = 200
"""Maximum number of characters in a name (the limit of ``Experiment.name``)."""

_VALUES = {
    "training.learning_rate": "rate {}",
    "training.batch_size": "batch {}",
    "training.epochs": "{} epochs",
    "training.momentum": "momentum {}",
    "training.early_stopping.patience": "patience {}",
    "data.vocabulary": "{:,} words",
    "data.length": "length {}",
    "data.rows": "{:,} samples",
    "data.scaling": "scaling {}",
    "data.validation": "validation {}",
    "seed": "seed {}",
}
"""Formats of settings' values; other settings are shown with their name."""

_BARE = ("training.loss", "training.optimizer", "data.encoding", "activation")
"""Settings whose value identifies them."""

_SILENT = ("training.metrics", "training.early_stopping.min_delta", "data.dataset", "data.target", "data.text")
"""Settings that are not part of a name."""


_FILES = ("vectors", "validation file", "test file")
"""Settings that are paths; their last component is shown."""


def derived_name(parent: Experiment, now: Experiment) -> str:
    """Return the name of an experiment derived from ``parent``: ``IMDB baseline · l2 0.001``.

    If it uses another data set, it is named after that.
    """
    if now.data.dataset != parent.data.dataset:
        return _file_name(now.data.dataset)[:LONGEST]
    parts = list(dict.fromkeys(_parts(parent, now)))
    if len(parts) > MOST_PARTS:
        parts[MOST_PARTS - 1 :] = [f"{len(parts) - MOST_PARTS + 1} more changes"]
    return " · ".join([parent.name, *parts])[:LONGEST]


def _parts(parent: Experiment, now: Experiment) -> Iterator[str]:
    before, after = parent.stack, now.stack
    if [layer.kind for layer in before] == [layer.kind for layer in after]:
        yield from _changed_layers(before, after)
    else:
        yield from _other_stack(before, after)
    for path, (_, value) in differences(parent, now).items():
        if not path.startswith("layers.") and path not in _SILENT and not path.startswith("data.columns"):
            yield from _described(path, value)


def _other_stack(before: tuple[Layer, ...], after: tuple[Layer, ...]) -> Iterator[str]:
    """Yield the layers that were added, else the number of layers."""
    added = Counter(map(_layer, after)) - Counter(map(_layer, before))
    gone = Counter(map(_layer, before)) - Counter(map(_layer, after))
    named = [text for text in added if not text.startswith("dense")]
    if named and not gone and len(named) == len(added):
        yield from (text if added[text] == 1 else f"{added[text]} × {text}" for text in named)
    else:
        yield f"{len(after)} layer{'s' * (len(after) != 1)}"


def _layer(layer: Layer) -> str:
    """Describe a layer by its kind and its main setting, if it has one."""
    size = next((getattr(layer, name) for name in ("rate", "units", "output_dim") if hasattr(layer, name)), None)
    return layer.kind.replace("_", " ") + ("" if size is None else f" {size:g}")


def _changed_layers(before: tuple[Layer, ...], after: tuple[Layer, ...]) -> Iterator[str]:
    """Yield changes between stacks of equal kinds: units of all hidden layers together, other settings once."""
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if any(getattr(old, "units", None) != getattr(new, "units", None) for old, new in changed):
        hidden = [str(layer.units) for layer in after[:-1] if hasattr(layer, "units")]
        yield f"{'-'.join(dict.fromkeys(hidden) if len(set(hidden)) == 1 else hidden)} units"
    for old, new in changed:
        values = new.model_dump()
        for name, value in values.items():
            if name not in ("units", "kind") and value != getattr(old, name):
                yield from _described(name, value)


def _file_name(path: object) -> str:
    return str(path).rstrip("/\\").replace("\\", "/").rpartition("/")[2]


def _described(path: str, value: object) -> Iterator[str]:
    name = path.rpartition(".")[2].replace("_", " ")
    shown = f"{value:g}" if isinstance(value, float) else _file_name(value) if name in _FILES else value
    if path in _BARE:
        yield str(value).replace("_", " ")
    elif value is None:
        yield f"no {name}"
    elif path in _VALUES:
        said = _VALUES[path].format(value if "{:," in _VALUES[path] else shown)
        yield said.removesuffix("s") if value == 1 else said
    elif isinstance(value, bool):
        yield name if value else f"no {name}"
    elif isinstance(value, int | float | str):
        yield f"{name} {shown}"
