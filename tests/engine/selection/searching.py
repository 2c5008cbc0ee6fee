"""Runs a selection to its end, for the tests of searches."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.experiment.layers import (
    Dense,
)
from engine.selection.results import Search
from tests.engine import tiny

HIDDEN = Dense(units=4, activation="relu", l2=0.001)


REGRESSION = tiny.experiment(HIDDEN, Dense(units=1), loss="mse", metrics=("mae",))


def run_through(steps: Any, events: list[Any] | None = None) -> Any:
    """Run a selection to its end, noting its events, and return its result."""
    try:
        while True:
            event = next(steps)
            if events is not None:
                events.append(event)
    except StopIteration as stop:
        return stop.value


def close(one: Any, other: Any) -> bool:
    """Whether two nests of mappings and lists are the same but for rounding."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    return bool(np.isclose(one, other, atol=1e-6)) if isinstance(one, float) else one == other


def settled(found: Search) -> dict[str, Any]:
    """A search's result but for the time it took."""
    return {key: value for key, value in found.json().items() if key != "seconds"}
