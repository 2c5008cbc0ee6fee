"""What stands beside runs: margins of their values, the baselines of their data, the runs they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.errors import EngineError
from workbench.tui.runs.chart import Entry
from workbench.tui.runs.columns import baseline_cells

if TYPE_CHECKING:
    from engine.runs import RunStore

BASELINES = (("constant", "answer"), ("linear", "model"))


def margins(store: RunStore, entries: Sequence[Entry]) -> Mapping[str, float]:
    """Half the widths of the 95 % intervals of a single run's values that are known without its data."""
    from engine.runs import evidence

    if len(entries) != 1 or len(entries[0].runs) != 1:
        return {}
    try:
        found = evidence.known_intervals(store, entries[0].runs[0])
    except EngineError:  # another version's experiment
        return {}
    return {name: one.margin for name, one in found.items()}


def baselines(entries: Sequence[Entry]) -> list[Mapping[str, str]]:
    """The cells of what a constant answer and a linear model reach on the data of the first run that is shown."""
    from engine.runs import evidence

    if not entries:
        return []
    try:
        found = evidence.known_baselines(entries[0].runs[0])
    except EngineError:  # another version's experiment
        return []
    return [baseline_cells(f"{name} {word}", found[name] or {}) for name, word in BASELINES if found[name]]


def parents(store: RunStore, entries: Sequence[Entry]) -> list[Entry]:
    """The run that a retrained run, shown alone, came from: its curves are drawn beside."""
    run = entries[0].runs[0] if len(entries) == 1 else None
    if run is None or run.kind != "retrain" or not run.parent:
        return []
    try:
        return [Entry(f"run:{run.parent}", entries[0].index + 1, (store.get(run.parent),))]
    except EngineError:  # it was deleted
        return []
