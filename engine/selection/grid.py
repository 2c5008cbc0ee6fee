"""A grid of settings: parsed, validated before training, and arranged as the networks to train.

Cells that differ only in ``training.epochs`` are one network evaluated at several epochs: the order of samples and
dropout depend only on seed and epoch, so a run of few epochs equals the beginning of a longer one.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import ExperimentError, Mistake
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import parse_value, settings_of, value_of, with_settings

LIMIT = 1_000_000
"""Maximum number of cells in a grid."""

EPOCHS = "training.epochs"

_FIXED = {
    "data": "name one of its settings",
    "training": "name one of its settings",
    "layers": "name a layer's setting, layers.0.units",
    "data.dataset": "every cell trains on the same samples; search each data set by itself",
    "data.rows": "every cell trains on the same samples; set it for the whole search",
    "data.target": "every cell trains on the same samples; set it for the whole search",
    "data.text": "every cell trains on the same samples; set it for the whole search",
    "data.validation": "each fold is the validation samples in turn",
    "name": "it changes no result",
    "about": "it changes no result",
}


@dataclass(frozen=True, slots=True)
class Axis:
    """Paths that are set together, and the values that they take in turn."""

    paths: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The paths joined by ``+``, as written in a grid."""
        return "+".join(self.paths)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of every axis: its number in the grid (from 0), its settings by path, and its epochs."""

    number: int
    params: Mapping[str, Any]
    epochs: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One network, trained once per fold for the largest number of epochs among its cells."""

    number: int
    experiment: Experiment
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The axes of a search around an experiment, with validated values; see :meth:`of`."""

    experiment: Experiment
    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, experiment: Experiment, values: Mapping[str, Sequence[Any]]) -> Grid:
        """Build the grid from values by path; ``a+b`` sets two paths together.

        Raises ExperimentError with every unknown path, wrong value, empty or repeated entry, and for more than a
        million cells.
        """
        mistakes = list(_misshapen(values))
        if not mistakes and (cells := math.prod(len(choices) for choices in values.values())) > LIMIT:
            mistakes = [Mistake("", f"{cells:,} cells are more than a million: remove some values")]
        axes = []
        for name, choices in values.items() if not mistakes else ():
            axis, found = _axis(experiment, name, choices)
            axes.append(axis)
            mistakes += found
        if mistakes:
            raise ExperimentError("grid", tuple(mistakes))
        return cls(experiment, tuple(axes))

    def __len__(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    @property
    def runs(self) -> int:
        """The number of trials."""
        return math.prod(len(axis.values) for axis in self.axes if axis.paths != (EPOCHS,))

    def layout(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the cells of each trial, in order: cells that only differ in epochs."""
        outer = [index for index, axis in enumerate(self.axes) if axis.paths != (EPOCHS,)]
        inner = [index for index, axis in enumerate(self.axes) if axis.paths == (EPOCHS,)]
        choices = [range(len(axis.values)) for axis in self.axes]
        for fixed in itertools.product(*(choices[index] for index in outer)):
            chosen = dict(zip(outer, fixed, strict=True))
            varied = itertools.product(*(choices[index] for index in inner))
            yield tuple(self._cell(chosen | dict(zip(inner, several, strict=True))) for several in varied)

    def trials(self) -> Iterator[Trial]:
        """Yield the networks to train one by one; raises ExperimentError if settings exclude each other."""
        for number, cells in enumerate(self.layout()):
            longest = max(cells, key=lambda cell: cell.epochs)
            yield Trial(number, with_settings(self.experiment, longest.params), cells)

    def _cell(self, chosen: Mapping[int, int]) -> Cell:
        number = 0
        params: dict[str, Any] = {}
        for index, axis in enumerate(self.axes):
            number = number * len(axis.values) + chosen[index]
            params |= dict.fromkeys(axis.paths, axis.values[chosen[index]])
        return Cell(number, params, params.get(EPOCHS, self.experiment.training.epochs))


def searchable(experiment: Experiment) -> dict[str, Any]:
    """Return the settings that can be searched, by path, with their current values."""
    return {
        path: value
        for path, value in settings_of(experiment).items()
        if path not in _FIXED and value is not None and not path.endswith(".kind")
    }


def parse(options: Iterable[str]) -> dict[str, list[Any]]:
    """Parse ``KEY=V,V,V`` from a command line; values are TOML or plain text.

    Raises ExperimentError with every malformed option.
    """
    values: dict[str, list[Any]] = {}
    mistakes = []
    for option in options:
        name, equals, text = option.partition("=")
        name = "+".join(path.strip() for path in name.split("+"))
        if not equals or not name:
            mistakes.append(Mistake(option, "write a setting's path and its values: training.epochs=1,5,10"))
        elif name in values:
            mistakes.append(Mistake(name, "this is in the grid twice: give all of its values together"))
        else:
            values[name] = _values(text)
    if mistakes:
        raise ExperimentError("grid", tuple(mistakes))
    return values


def _values(text: str) -> list[Any]:
    if not text.strip():
        return []
    try:
        found: list[Any] = tomllib.loads(f"values = [{text}]")["values"]
    except (ValueError, RecursionError):
        return [parse_value(part.strip()) for part in text.split(",")]
    return found


def _misshapen(values: Mapping[str, Sequence[Any]]) -> Iterator[Mistake]:
    """Yield mistakes that can be found without the experiment."""
    if not values:
        yield Mistake("", "there is nothing to search: give a setting and its values, training.epochs=1,5,10")
    seen: set[str] = set()
    for name, choices in values.items():
        for path in name.split("+"):
            if path in _FIXED:
                yield Mistake(path, f"this cannot be searched: {_FIXED[path]}")
            if path in seen:
                yield Mistake(path, "this is in the grid twice: give all of its values together")
            seen.add(path)
        if isinstance(choices, str) or not isinstance(choices, Sequence) or len(choices) == 0:
            yield Mistake(name, "there are no values: give at least one")


def _axis(experiment: Experiment, name: str, choices: Sequence[Any]) -> tuple[Axis, list[Mistake]]:
    paths = tuple(name.split("+"))
    mistakes: list[Mistake] = []
    values: list[Any] = []
    for choice in choices:
        try:
            changed = with_settings(experiment, dict.fromkeys(paths, choice))
        except ExperimentError as error:
            mistakes += [mistake for mistake in error.mistakes if mistake not in mistakes]
            continue
        value = _plain(value_of(changed, paths[0]), choice)
        if value in values:
            mistakes.append(Mistake(name, f"{choice!r} is given twice"))
        values.append(value)
    return Axis(paths, tuple(values)), mistakes


def _plain(value: Any, given: Any) -> Any:
    """Return the value as stored in the experiment, so that 1 and 1.0 compare equal; tables are unchanged."""
    return value if isinstance(value, str | int | float | tuple) else given
