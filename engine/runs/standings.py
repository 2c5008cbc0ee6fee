"""Which stored runs the best one beats by more than chance, on the validation samples that they share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.evaluation.chance import lead_in_words
from engine.evaluation.paired_tests import ALPHA, compare_outputs
from engine.evaluation.split_outputs import SplitOutputs
from engine.events import Preparation
from engine.runs import held_out_outputs
from engine.runs.paired_runs import NOUNS, outputs_of
from engine.runs.records import RunSummary
from engine.runs.store import RunStore

MOST = 40
"""Runs of one data set that are tested against the best, the nearest to it first."""


@dataclass(frozen=True)
class Standing:
    """The best of the runs on one set of validation samples, and how the others stand to it.

    The best is the one with the best metric among those whose outputs are there. ``p`` gives the probabilities of
    the paired tests, corrected for their number (Holm 1979); a run is beaten where it is below 0.05, or where its
    accuracy alone leaves no doubt. ``untested`` have no outputs to test. ``note`` says this in words, and what
    chance does among so many.
    """

    best: str
    p: Mapping[str, float]
    beaten: tuple[str, ...]
    untested: tuple[str, ...]
    note: str

    @property
    def unbeaten(self) -> tuple[str, ...]:
        """The runs that the best is not shown to be better than."""
        return tuple(run for run in self.p if run not in self.beaten)

    def as_object(self) -> dict[str, Any]:
        """The standing as the command's ``--json`` shows it."""
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
    """Test runs that share data and validation samples against the best of them, a Standing for each such group.

    Outputs that are not kept are predicted, of ``predicted`` runs at most (None: of all). No test sample is read.
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
    """How many runs' outputs may still be predicted."""

    left: int


def _comparable(found: Sequence[RunSummary]) -> list[list[RunSummary]]:
    """The runs with the same validation samples and metric, the best first; single ones are left out."""
    groups: dict[tuple[Any, ...], list[RunSummary]] = {}
    for run in found:
        metric = _metric(run)
        if metric and run.data and run.data.validation and run.kind == "train" and not run.going:
            split = (run.settings.get("data.validation"), run.settings.get("data.rows"))
            key = (run.dataset, run.data.digest, run.data.train, run.data.validation, metric, *split)
            groups.setdefault(key, []).append(run)
    return [sorted(group, key=_merit, reverse=True) for group in groups.values() if len(group) > 1]


def _metric(run: RunSummary) -> str | None:
    """What runs are ranked by: accuracy, else the mean absolute error."""
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
    """Whether the accuracies alone settle the test: it would be significant if the two shared no mistake.

    The fewer the samples on which two runs differ, the surer a difference is; they differ on as many at most as
    both have mistakes. Corrected for 1,000 comparisons (4 standard errors).
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
    """The probabilities of the paired tests against the best; runs with other validation samples have none."""
    found = {}
    for run in others:
        if run.id in outputs and np.array_equal(outputs[run.id].indices, outputs[best.id].indices):
            try:
                found[run.id] = compare_outputs(best.id, run.id, outputs[best.id], outputs[run.id]).p
            except EngineError:
                continue
    return found


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Probabilities corrected for their number (Holm 1979; ``statsmodels``: ``multipletests(method="holm")``).

    Tests that were surer than all of these come before them in Holm's order and change nothing.
    """
    corrected: dict[str, float] = {}
    highest, left = 0.0, len(p)
    for name in sorted(p, key=lambda one: p[one]):
        highest = max(highest, min(1.0, p[name] * left))
        corrected[name] = highest
        left -= 1
    return {name: corrected[name] for name in p}


def _note(best: RunSummary, p: Mapping[str, float], runs: int, samples: int) -> str:
    noun = NOUNS.get(best.dataset, "samples")
    unbeaten = sum(value >= ALPHA for value in p.values())
    said = f"run {best.id} is the best of {runs:,} on {samples:,} validation {noun}"
    said += f", and not shown to be better than {unbeaten:,} of them (paired tests, corrected by Holm)"
    lead = lead_in_words(best.best["val_accuracy"] if _metric(best) == "val_accuracy" else None, runs, samples)
    return f"{said}; the best of so many equally good runs would stand {lead} above their mean by chance"
