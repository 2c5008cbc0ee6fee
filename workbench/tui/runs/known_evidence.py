"""Evidence shown beside runs: margins of their values, baselines of their data, and parent runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.errors import EngineError
from workbench.tui.runs.chart import Entry

if TYPE_CHECKING:
    from engine.runs import RunStore


class Margins:
    """Half the widths of the 95 % intervals of runs' values, as far as they are known without their data.

    Those of areas and errors are bootstrapped: they are computed once per run, in a thread.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bool], Mapping[str, float]] = {}

    def of(self, store: RunStore, entries: Sequence[Entry]) -> Mapping[str, float]:
        """Return the margins of a single run, by history name; empty if there are several."""
        from engine.runs import evidence, held_out_outputs

        if len(entries) != 1 or len(entries[0].runs) != 1:
            return {}
        run = entries[0].runs[0]
        try:
            key = (run.id, run.revision, held_out_outputs.kept(store, run) is not None)
            if key not in self._known:
                found = evidence.known_intervals(store, run)
                self._known[key] = {name: one.margin for name, one in found.items()}
            return self._known[key]
        except EngineError:  # stored by another version
            return {}


def baselines(entries: Sequence[Entry]) -> dict[str, Mapping[str, float]]:
    """Return the known values of a constant prediction and a linear model on the data of the first run shown.

    It reads files, so call it in a thread.
    """
    from engine.runs import evidence

    if not entries:
        return {}
    try:
        found = evidence.known_baselines(entries[0].runs[0])
    except EngineError:  # stored by another version
        return {}
    return {name: values for name, values in found.items() if values}


def parents(store: RunStore, entries: Sequence[Entry]) -> list[Entry]:
    """Return the parent of a retrained run that is shown alone, to draw its curves too."""
    run = entries[0].runs[0] if len(entries) == 1 else None
    if run is None or run.kind != "retrain" or not run.parent:
        return []
    try:
        return [Entry(f"run:{run.parent}", entries[0].index + 1, (store.get(run.parent),))]
    except EngineError:  # the parent has been deleted
        return []


def group_difference(entries: Sequence[Entry]) -> str:
    """Describe whether two groups of seeds differ by more than noise; empty unless there are two groups."""
    from engine.runs.group_comparison import compare_groups

    if len(entries) != 2 or any(len(entry.runs) < 2 for entry in entries):
        return ""
    try:
        return str(compare_groups(entries[0].runs, entries[1].runs))
    except EngineError as error:
        return str(error)
