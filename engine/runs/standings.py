"""Which stored runs the best run beats by more than chance, on the validation samples that they share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.datasets import catalogue
from engine.errors import EngineError
from engine.evaluation.chance import lead_in_words
from engine.evaluation.paired_tests import ALPHA, compare_outputs
from engine.evaluation.split_outputs import SplitOutputs
from engine.events import Preparation
from engine.runs import held_out_outputs
from engine.runs.paired_runs import outputs_of
from engine.runs.records import RunSummary
from engine.runs.store import RunStore

MOST = 40
"""Maximum number of runs per data set that are tested against the best; those nearest to it are taken."""


@dataclass(frozen=True)
class Standing:
    """The best run on one set of validation samples, and paired tests of the others against it.

    The best is the run with the best metric among those with outputs. ``p`` holds the p-values of the paired
    tests, adjusted for their number (Holm 1979); a run is beaten if its value is below 0.05, or if the accuracies
    alone leave no doubt. ``untested`` runs have no outputs. ``note`` summarises this in words, with the effect of
    selecting the best of many by chance.
    """

    best: str
    p: Mapping[str, float]
    beaten: tuple[str, ...]
    untested: tuple[str, ...]
    note: str

    @property
    def unbeaten(self) -> tuple[str, ...]:
        """The runs that the best run is not shown to be better than."""
        return tuple(run for run in self.p if run not in self.beaten)

    def as_object(self) -> dict[str, Any]:
        """Return the standing as the command's ``--json`` shows it."""
        return {
            "best": self.best,
            "unbeaten": list(self.unbeaten),
            "beaten": list(self.beaten),
            "untested": list(self.untested),
            "p": dict(self.p),
            "note": self.note,
        }


def standings(
    runs: RunStore, found: Sequence[RunSummary], predicted: int | None = None
) -> Preparation[tuple[Standing, ...]]:
    """Test runs against the best of those with the same data and validation samples; one Standing per such group.

    Outputs that are not stored are predicted, for at most ``predicted`` runs (None: no limit). Test samples are
    not read.
    """
    budget = Budget(len(found) if predicted is None else predicted)
    made = []
    for group in _comparable(found):
        standing = yield from _standing(runs, group, budget)
        if standing is not None:
            made.append(standing)
    return tuple(made)


@dataclass
class Budget:
    """The number of runs whose outputs may still be predicted."""

    left: int


def _comparable(found: Sequence[RunSummary]) -> list[list[RunSummary]]:
    """Group runs by validation samples and metric, each group best first; groups of one are left out."""
    groups: dict[tuple[Any, ...], list[RunSummary]] = {}
    for run in found:
        metric = _metric(run)
        if metric and run.data and run.data.validation and run.kind == "train" and not run.owned:
            split = (run.settings.get("data.validation"), run.settings.get("data.rows"))
            key = (run.dataset, run.data.digest, run.data.train, run.data.validation, metric, *split)
            groups.setdefault(key, []).append(run)
    return [sorted(group, key=_merit, reverse=True) for group in groups.values() if len(group) > 1]


def _metric(run: RunSummary) -> str | None:
    """Return the metric that ranks runs: accuracy, else mean absolute error."""
    return next(
        (name for name in ("val_accuracy", "val_mae") if math.isfinite(run.best.get(name, math.nan))), None
    )


def _merit(run: RunSummary) -> float:
    metric = _metric(run) or ""
    return run.best[metric] if metric == "val_accuracy" else -run.best[metric]


def _standing(runs: RunStore, group: Sequence[RunSummary], budget: Budget) -> Preparation[Standing | None]:
    samples = group[0].data.validation if group[0].data else 0
    open_ = [run for run in group if not _certainly_beaten(group[0], run, samples)]
    outputs = yield from _outputs(runs, open_[: MOST + 1], budget)
    best = next((run for run in group if run.id in outputs), None)
    if best is None:
        return None
    others = [run for run in group if run is not best]
    p = holm(_tested(best, others, outputs))
    certain = [run.id for run in others if run.id not in p and _certainly_beaten(best, run, samples)]
    untested = tuple(run.id for run in others if run.id not in p and run.id not in certain)
    beaten = (*(run for run, value in p.items() if value < ALPHA), *certain)
    better = group.index(best)
    return Standing(best.id, p, beaten, untested, _note(best, p, len(group) - better, samples))


def _certainly_beaten(best: RunSummary, run: RunSummary, samples: int) -> bool:
    """Whether the accuracies alone settle the test: it would be significant even if the two shared no mistake.

    For a given difference in accuracy, the significance is lowest when two runs differ on as many samples as
    possible, which is the sum of their mistakes. The limit is 4 standard errors, to allow for 1,000 comparisons.
    """
    if _metric(best) != "val_accuracy":
        return False
    ours, theirs = best.best["val_accuracy"], run.best["val_accuracy"]
    most = (2 - ours - theirs) / max(samples, 1)
    return ours - theirs > 4 * math.sqrt(most)


def _outputs(
    runs: RunStore, wanted: Sequence[RunSummary], budget: Budget
) -> Preparation[Mapping[str, SplitOutputs]]:
    kept = {run.id: held_out_outputs.kept(runs, run) for run in wanted}
    missing = [run.id for run in wanted if kept[run.id] is None][: budget.left]
    budget.left -= len(missing)
    predicted, _ = yield from outputs_of(runs, [runs.get(run) for run in missing])
    return {run: found for run, found in (kept | predicted).items() if found is not None}


def _tested(
    best: RunSummary, others: Sequence[RunSummary], outputs: Mapping[str, SplitOutputs]
) -> dict[str, float]:
    """Return the p-values of the paired tests against the best; runs with other validation samples have none."""
    found = {}
    for run in others:
        if run.id in outputs and np.array_equal(outputs[run.id].indices, outputs[best.id].indices):
            try:
                found[run.id] = compare_outputs(best.id, run.id, outputs[best.id], outputs[run.id]).p
            except EngineError:
                continue
    return found


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values for their number (Holm 1979; ``statsmodels``: ``multipletests(method="holm")``).

    Left-out tests with smaller p-values would come first in Holm's order and not change these.
    """
    corrected: dict[str, float] = {}
    highest, left = 0.0, len(p)
    for name in sorted(p, key=lambda one: p[one]):
        highest = max(highest, min(1.0, p[name] * left))
        corrected[name] = highest
        left -= 1
    return {name: corrected[name] for name in p}


def _note(best: RunSummary, p: Mapping[str, float], runs: int, samples: int) -> str:
    noun = f"{catalogue.noun(best.dataset)}s"
    unbeaten = sum(value >= ALPHA for value in p.values())
    said = f"run {best.id} is the best of {runs:,} on {samples:,} validation {noun}"
    said += f", and not shown to be better than {unbeaten:,} of them (paired tests, corrected by Holm)"
    lead = lead_in_words(best.best["val_accuracy"] if _metric(best) == "val_accuracy" else None, runs, samples)
    return f"{said}; the best of {runs:,} equally good runs would score {lead} above their mean by chance"
