"""Access to an experiment's settings by path: ``training.epochs``, ``layers.0.units`` (layers count from 0).

A name with a dot in it is quoted: ``data.columns."petal.length".role``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from engine.errors import ExperimentError, Mistake
from engine.experiment.flat_settings import WITHOUT_EFFECT, Path, dotted, flat, keys, leaves
from engine.experiment.layers import KINDS, Layer, Regularised
from engine.experiment.model import Experiment
from engine.experiment.validation import checked, unknown


def value_of(experiment: Experiment, path: str) -> Any:
    """Return the value at ``path``; None for a setting of an optional table that is absent.

    Raises ExperimentError for a path that does not exist.
    """
    value: Any = experiment
    whole = keys(path)
    for depth, key in enumerate(whole, 1):
        if value is None:
            return None
        value = _child(value, whole[:depth], key)
    return value


def with_settings(experiment: Experiment, values: Mapping[str, object]) -> Experiment:
    """Return the experiment with the settings at these paths changed, all at once.

    Setting a value in an absent optional table creates the table. A layer whose ``kind`` changes keeps the
    settings that its new kind has too. Raises ExperimentError with every unknown path and wrong value.
    """
    raw = experiment.model_dump()
    raw["layers"] = list(raw["layers"])
    mistakes = [mistake for path, value in values.items() for mistake in _put(raw, keys(path), value)]
    try:
        changed = checked(raw, "settings")
    except ExperimentError as error:
        mistakes += error.mistakes
    if mistakes:
        raise ExperimentError("settings", tuple(mistakes))
    return changed


def parse_value(text: str) -> Any:
    """Parse a value from a command line: a TOML value, else plain text."""
    number = re.sub(r"^([+-]?)\.(?=\d)", r"\g<1>0.", text.strip())
    try:
        found = tomllib.loads(f"value = {number}")
    except (ValueError, RecursionError):
        return text
    value = found["value"]
    return value if len(found) == 1 and isinstance(value, (str, int, float, list, dict)) else text


def settings_of(experiment: Experiment) -> dict[str, Any]:
    """Return every single setting that affects a run, by path."""
    return flat(experiment.model_dump(exclude=set(WITHOUT_EFFECT)))


def differences(first: Experiment, second: Experiment) -> dict[str, tuple[Any, Any]]:
    """Return the settings in which two experiments differ, by path; None for a setting that one does not have.

    ``name`` and ``about`` are left out, since they do not affect a run.
    """
    left, right = dict(_leaves(first, second)), dict(_leaves(second, first))
    paths = [path for path in {**left, **right} if left.get(path) != right.get(path)]
    return {dotted(path): (left.get(path), right.get(path)) for path in sorted(paths, key=_order)}


def minimal(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment as a mapping of what differs from the defaults, with each layer's kind."""
    raw = experiment.model_dump(exclude_defaults=True)
    if "layers" in raw:
        raw["layers"] = [_minimal_layer(layer) for layer in experiment.layers]
    return raw


def _minimal_layer(layer: Layer) -> dict[str, Any]:
    """Return the layer's kind, then its own settings, then those that it shares with other kinds."""
    raw = layer.model_dump(exclude_defaults=True)
    own = [name for name in raw if name not in Regularised.model_fields]
    return {"kind": layer.kind} | {name: raw[name] for name in [*own, *raw]}


def _child(value: Any, path: Path, key: str | int) -> Any:
    if isinstance(value, BaseModel) and key in type(value).model_fields:
        return getattr(value, str(key))
    if isinstance(value, tuple) and isinstance(key, int) and key < len(value):
        return value[key]
    if isinstance(value, Mapping):  # a table with the user's own names
        return value.get(str(key))
    raise ExperimentError("settings", (_no_such(value, path),))


def _no_such(value: Any, path: Path) -> Mistake:
    if isinstance(value, BaseModel):
        return Mistake(dotted(path), unknown("key", path[-1], type(value).model_fields))
    if isinstance(value, (tuple, list)):
        last = f"count from 0 to {len(value) - 1}" if value else "are none"
        return Mistake(dotted(path), f"there is no such entry: {dotted(path[:-1])} {last}")
    return Mistake(dotted(path), f"{dotted(path[:-1])} is a single value without further settings")


def _put(raw: dict[str, Any], path: Path, value: object) -> Iterator[Mistake]:
    """Set a value in a raw experiment; yields mistakes in the path that pydantic would not find."""
    node: Any = raw
    for depth, key in enumerate(path, 1):
        last = depth == len(path)
        if isinstance(node, list):
            if not isinstance(key, int) or key >= len(node):
                yield _no_such(node, path[:depth])
                return
            node[key] = value if last else node[key]
        elif not isinstance(node, dict):
            yield _no_such(node, path[:depth])
            return
        elif last:
            _set(node, str(key), value)
            return
        elif node.get(str(key)) is None:
            node[str(key)] = [] if key == "layers" else {}
        node = node[key if isinstance(node, list) else str(key)]


def _set(node: dict[str, Any], key: str, value: object) -> None:
    known = KINDS.get(value) if key == "kind" and isinstance(value, str) else None
    if known:
        for name in node.keys() - known.model_fields.keys():
            del node[name]
    node[key] = value


def _leaves(experiment: Experiment, other: Experiment) -> Iterator[tuple[Path, Any]]:
    """Yield each setting and its value; for a layer that ``other`` lacks, only what differs from the defaults."""
    yield from leaves(experiment.model_dump(exclude={*WITHOUT_EFFECT, "layers"}))
    for index, layer in enumerate(experiment.layers):
        same = index < len(other.layers) and other.layers[index].kind == layer.kind
        yield ("layers", index, "kind"), layer.kind
        yield from leaves(layer.model_dump(exclude={"kind"}, exclude_defaults=not same), ("layers", index))


def _order(path: Path) -> tuple[Any, ...]:
    sections = ("data", "layers", "training")
    first = sections.index(str(path[0])) if path[0] in sections else len(sections)
    return first, path[1] if path[0] == "layers" else 0
