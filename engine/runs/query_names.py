"""The names that a query can use: facts of a run, metrics, and settings by their path or the end of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, get_args

from engine.datasets.undefined_metrics import PARTS
from engine.experiment.keras_names import MetricName
from engine.experiment.score_names import PENALTY
from engine.runs.records import OF_DAMAGED

if TYPE_CHECKING:
    from pydantic import BaseModel

    from engine.runs.records import RunSummary

PINNED = "pinned"
"""Tag of the runs that are kept at the top of a list."""

FACTS: Mapping[str, Callable[[RunSummary], Any]] = {
    "run": lambda run: run.number or None,
    "name": lambda run: run.name,
    "status": lambda run: run.state,
    "state": lambda run: run.state,
    "kind": lambda run: run.kind,
    "dataset": lambda run: run.dataset,
    "data": lambda run: run.dataset,
    "epochs": lambda run: run.epochs_done,
    "best": lambda run: run.best_epoch,
    "best_epoch": lambda run: run.best_epoch,
    "layers": lambda run: _layers(tuple(run.settings), run),
    "parameters": lambda run: run.parameters,
    "seconds": lambda run: run.seconds_train,
    "started": lambda run: run.created,
    "when": lambda run: run.created,
    "seed": lambda run: run.seed,
    "tag": lambda run: run.tags,
    "tags": lambda run: run.tags,
    "pinned": lambda run: is_pinned(run),
    "note": lambda run: run.note,
    "group": lambda run: run.group,
    "parent": lambda run: int(run.parent) if run.parent else None,
}
"""Facts of a run other than metrics and settings; ``layers`` counts the enabled layers."""

_WORDS = re.compile(r'"(?:dataset|kind|activation|optimizer|loss)":"([^"]*)"')


def values_of(run: RunSummary, name: str) -> list[Any] | None:
    """Return the values of a name in a run, several if layers share a setting; None if the run has none."""
    if run.damaged and name not in OF_DAMAGED:
        return None
    found = [value for value in (_metric(run, name),) if value is not None]
    if name in FACTS:
        fact = FACTS[name](run)
        if isinstance(fact, tuple):
            return list(fact)
        found += [] if fact is None else [fact]
    else:
        settings = run.settings
        found += [value for path in _paths(tuple(settings), name) for value in _single(settings[path])]
    return found or None


def words_of(run: RunSummary) -> str:
    """Return the lower-case text searched by free words: number, name, state, tags, note, data set and layers."""
    known = [run.id, run.name, run.state, run.kind, *run.tags, run.note, run.group or ""]
    return "\n".join([*known, *_WORDS.findall(run.experiment_text)]).lower()


def is_pinned(run: RunSummary) -> bool:
    """Whether a run has the tag that keeps it at the top of a list."""
    return PINNED in run.tags


def known_names(runs: Iterable[RunSummary]) -> frozenset[str]:
    """Return every name that a query can use: all settings and metrics, and the names in these runs."""
    runs = list(runs)
    settings = {tuple(run.settings) for run in runs}
    ends = {end for paths in settings for path in paths for end in _ends(path)}
    scores = {name for run in runs for name in run.best}
    tested = {f"test{sign}{name}" for run in runs for name in run.test or () for sign in "._"}
    return frozenset({*FACTS, *ends, *scores, *tested, *_catalogue()})


def completed(text: str, names: Iterable[str]) -> str | None:
    """Complete the last word of a query to a name; None if there is nothing to add."""
    begun = re.search(r"(?:^|[\s(])([A-Za-z_][\w.]*)$", text)
    if begun is None:
        return None
    begin = begun[1]
    found = sorted((name for name in names if name.startswith(begin) and name != begin), key=lambda n: (len(n), n))
    return text + found[0][len(begin) :] if found else None


def _metric(run: RunSummary, name: str) -> float | None:
    """Return a score at the best epoch or, with the prefix ``test.`` or ``test_``, on the test samples."""
    if name in run.best:
        return run.best[name]
    return (run.test or {}).get(name[len("test.") :]) if name.startswith(("test.", "test_")) else None


def _single(value: Any) -> list[Any]:
    """Return a setting's value as a list: the entries of a list, nothing for None."""
    return list(value) if isinstance(value, tuple) else [] if value is None else [value]


def _layers(paths: tuple[str, ...], run: RunSummary) -> int:
    enabled = _paths(paths, "enabled")
    return sum(run.settings[path] is not False for path in enabled if path.startswith("layers."))


@lru_cache(maxsize=2000)
def _paths(settings: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the paths of the settings that a name refers to (cached: most experiments have the same settings)."""
    return tuple(path for path in settings if path == name or path.endswith(f".{name}"))


def _ends(path: str) -> Iterator[str]:
    """Yield a path and its suffixes that are names, such as ``layers.0.units`` and ``units``."""
    while path:
        if not path[0].isdecimal():
            yield path
        path = path.partition(".")[2]


@cache
def _catalogue() -> frozenset[str]:
    """Return the names of every setting and metric that an experiment can have."""
    from engine.experiment.layers import KINDS
    from engine.experiment.model import Experiment

    layers = {name for kind in KINDS.values() for name in kind.model_fields}
    metrics = ("loss", *get_args(MetricName))
    scores = {f"{part}{name}" for part in (*PARTS, "test.") for name in metrics}
    ends = {end for path in _fields(Experiment) for end in _ends(path)}
    return frozenset({*ends, *layers, *scores, PENALTY})


def _fields(model: type[BaseModel]) -> Iterator[str]:
    """Yield the paths of a model's fields and of the fields of nested models."""
    from pydantic import BaseModel

    for name, field in model.model_fields.items():
        inner = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)]
        models = [one for one in inner if issubclass(one, BaseModel)]
        if not models:
            yield name
        for one in models:
            yield from (f"{name}.{below}" for below in _fields(one))
