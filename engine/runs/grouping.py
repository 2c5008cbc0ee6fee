"""Groups of runs by the value of a setting, with each score's mean and confidence interval."""

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
    """Mean of a score over ``runs`` runs with its 95 % interval; the bounds are NaN for fewer than two runs."""

    mean: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs with the same data set, loss and values of a setting; ``scores`` is keyed by history name."""

    dataset: str
    loss: str
    values: tuple[Any, ...]
    runs: tuple[RunSummary, ...]
    scores: dict[str, MeanScore]

    def as_object(self) -> dict[str, Any]:
        """Return the group as the command's ``--json`` shows it."""
        scores = {name: asdict(one) for name, one in self.scores.items()}
        value = self.values[0] if len(self.values) == 1 else list(self.values)
        ids = [run.id for run in self.runs]
        return {"value": value, "dataset": self.dataset, "loss": self.loss, "runs": ids, "scores": scores}


def grouped(runs: Iterable[RunSummary], name: str) -> list[RunGroup]:
    """Group runs by the value of a setting and sort the groups by it; runs without the setting are left out.

    Runs with different data or losses are never grouped, since their scores are not comparable. Intervals of means
    are Student's (1908), over the runs' scores at their best epochs. Raises EngineError for an unknown name.
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
    """Return the mean of at least one value with Student's 95 % interval."""
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
    """Return a sort key that places numbers before text."""
    dataset, loss, values = key
    numbers = [(0, value, "") if isinstance(value, int | float) else (1, 0, str(value)) for value in values]
    return dataset, loss, numbers
