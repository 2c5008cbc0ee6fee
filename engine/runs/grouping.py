"""Groups runs by the value of a setting, with the mean of each score and its interval over a group."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import EngineError
from engine.runs.query_names import known_names, values_of
from engine.runs.records import RunSummary
from engine.system.suggest import nearest, shown


@dataclass(frozen=True, slots=True)
class MeanScore:
    """The mean of a score over ``runs`` runs, and its 95 % interval; NaN bounds for fewer than two."""

    mean: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs on one data set, with one loss, that share the values of a setting; ``scores`` by history name."""

    dataset: str
    loss: str
    values: tuple[Any, ...]
    runs: tuple[RunSummary, ...]
    scores: dict[str, MeanScore]

    def as_object(self) -> dict[str, Any]:
        """The group as the command's ``--json`` shows it."""
        scores = {name: asdict(one) for name, one in self.scores.items()}
        value = self.values[0] if len(self.values) == 1 else list(self.values)
        ids = [run.id for run in self.runs]
        return {"value": value, "dataset": self.dataset, "loss": self.loss, "runs": ids, "scores": scores}


def grouped(runs: Iterable[RunSummary], name: str) -> list[RunGroup]:
    """The groups of runs that have a value of this name, sorted by it; runs without one are in none.

    Runs on other data or with another loss are never in one group: their scores do not compare. The interval of a
    mean is Student's (1908), over the runs' scores at their best epochs. EngineError for a name that is unknown.
    """
    runs = list(runs)
    names = known_names(runs)
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near!r}?" if near else "name a setting such as units or training.epochs"
        raise EngineError(f"runs cannot be grouped by {shown(name)}: {hint}")
    groups: dict[tuple[str, str, tuple[Any, ...]], list[RunSummary]] = {}
    for run in runs:
        if not run.damaged and (values := values_of(run, name)):
            key = (run.dataset, str(run.settings.get("training.loss", "")), tuple(values))
            groups.setdefault(key, []).append(run)
    return [RunGroup(*key, tuple(groups[key]), _scores(groups[key])) for key in sorted(groups, key=_order)]


def mean_score(values: Sequence[float]) -> MeanScore:
    """The mean of at least one value, and Student's 95 % interval of it."""
    from engine.evaluation.intervals import student

    return MeanScore(statistics.fmean(values), *student(values), len(values))


def _scores(runs: Sequence[RunSummary]) -> dict[str, MeanScore]:
    found: dict[str, list[float]] = {}
    for run in runs:
        for name, value in run.best.items():
            if math.isfinite(value):
                found.setdefault(name, []).append(value)
    return {name: mean_score(values) for name, values in found.items()}


def _order(key: tuple[str, str, tuple[Any, ...]]) -> tuple[Any, ...]:
    """Numbers before text, each in its order."""
    dataset, loss, values = key
    numbers = [(0, value, "") if isinstance(value, int | float) else (1, 0, str(value)) for value in values]
    return dataset, loss, numbers
