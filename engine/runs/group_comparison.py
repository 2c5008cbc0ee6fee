"""Comparison of two groups of runs that differ only in seeds, and of two runs sample by sample."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from engine.errors import StoreError
from engine.evaluation.paired_tests import ALPHA, paired_t, shared
from engine.events import EpochEnded, Preparation
from engine.prediction.answers import interpret
from engine.prediction.decision import Decision
from engine.runs import held_out_outputs
from engine.runs.kept_decision import read_decision

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.split_outputs import SplitOutputs
    from engine.features import Features
    from engine.prediction.answers import Prediction
    from engine.prediction.samples import Sample
    from engine.runs.records import RunSummary
    from engine.runs.store import RunStore

Run = TypeVar("Run", bound="RunSummary")


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """Comparison of a metric in two groups of runs, paired by seed.

    Holds the means, their difference (second minus first) with its 95 % confidence interval, and ``p``, the
    probability of a difference at least as large between equal groups.
    """

    metric: str
    seeds: tuple[int, ...]
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float

    @property
    def within_noise(self) -> bool:
        """Whether the difference is compatible with chance."""
        return not self.p < ALPHA

    def __str__(self) -> str:
        verdict = "within the noise" if self.within_noise else "more than noise"
        return (
            f"{self.metric}: {self.first:.4f} against {self.second:.4f}, difference {self.difference:+.4f} "
            f"[{self.low:+.4f}, {self.high:+.4f}], p = {self.p:.3f} over {len(self.seeds)} seeds: {verdict}"
        )


def compare_groups(
    first: Sequence[RunSummary], second: Sequence[RunSummary], metric: str = "val_loss"
) -> GroupComparison:
    """Test whether two groups of runs differ by more than their seeds explain.

    A two-sided paired t-test (Student 1908; ``scipy.stats.ttest_rel``) on the metric at each run's best epoch or,
    with the prefix ``test_``, on the test samples; runs with the same seed are paired. The result is about these
    samples only, not about other data. Raises StoreError with fewer than two pairs.
    """
    ours, theirs = by_seed(first, metric), by_seed(second, metric)
    seeds = tuple(sorted(ours.keys() & theirs.keys()))
    if len(seeds) < 2:
        raise StoreError(
            f"a test against noise needs two seeds with a {metric} in both groups, and there are {len(seeds)}: "
            "train both with the same seeds (--repeat)"
        )
    one, other = (np.array([group[seed] for seed in seeds]) for group in (ours, theirs))
    difference, (low, high), p = paired_t(one, other)
    return GroupComparison(metric, seeds, float(one.mean()), float(other.mean()), difference, low, high, p)


def by_seed(runs: Sequence[RunSummary], metric: str) -> dict[int, float]:
    """Return, by seed, the metric of the first run of that seed that has it; see :func:`compare_groups`."""
    found: dict[int, float] = {}
    for run in runs:
        scores = (run.test or {}) if metric.startswith("test_") else run.best
        name = metric.removeprefix("test_")
        if name in scores and math.isfinite(scores[name]):
            found.setdefault(run.seed, scores[name])
    return found


def two_groups(runs: Sequence[Run]) -> tuple[list[Run], list[Run]] | None:
    """Return the two groups of repeated runs that the runs belong to; None unless there are exactly two."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.group or "", []).append(run)
    if len(found) != 2 or "" in found:
        return None
    first, second = found.values()
    return first, second


@dataclass(frozen=True, slots=True)
class Band:
    """A group's curve: mean, minimum and maximum of its runs at each epoch."""

    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def band(curves: Sequence[Sequence[EpochEnded]], metric: str) -> Band:
    """Compute mean and range of a metric over several runs, at each epoch over the runs that reached it."""
    values: dict[int, list[float]] = {}
    for ended in (ended for curve in curves for ended in curve):
        if metric in ended.logs:
            values.setdefault(ended.epoch, []).append(ended.logs[metric])
    epochs = tuple(sorted(values))
    columns = [values[epoch] for epoch in epochs]
    means = tuple(statistics.fmean(column) for column in columns)
    return Band(epochs, means, tuple(map(min, columns)), tuple(map(max, columns)))


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sample with the predictions of two runs; ``gap`` is the distance between them."""

    sample: Sample
    first: Prediction
    second: Prediction
    gap: float


@dataclass(frozen=True, slots=True)
class Disagreements:
    """The samples on which two runs disagree, largest gaps first: ``total`` of ``samples`` shared held-out
    samples.
    """

    samples: int
    total: int
    shown: tuple[Disagreement, ...]


def disagreements(store: RunStore, first: str, second: str, count: int = 50) -> Preparation[Disagreements]:
    """Find up to ``count`` samples on which two runs on the same data disagree, at their best epochs.

    Each run's stored decision is applied. Runs are compared on the validation samples that they share, never on
    test samples, which must not guide the choice between runs. For regression all samples count, and those with
    the largest differences are returned. Raises StoreError for different data and for a retrained run, DataError
    if the runs share no validation sample.
    """
    records = store.get(first), store.get(second)
    if len({(run.data.dataset, run.data.digest) if run.data else None for run in records}) > 1:
        raise StoreError(
            f"runs {first} and {second} were trained on different data: nothing to compare sample by sample"
        )
    if retrained := next((run.id for run in records if run.kind == "retrain"), None):
        raise StoreError(
            f"run {retrained} was trained on the validation samples too: test samples are left alone, "
            "so there are none to compare on"
        )
    dataset = yield from held_out_outputs.load_data(records[0])
    ours = yield from held_out_outputs.held_out_outputs(store, first, dataset)
    theirs = yield from held_out_outputs.held_out_outputs(store, second)
    decided = [
        outputs.decided(read_decision(store, record))
        for record, outputs in zip(records, (ours, theirs), strict=True)
    ]
    return _largest_gaps(dataset, store.features(first), *shared(*decided), count)


def _largest_gaps(
    dataset: Dataset, features: Features, ours: SplitOutputs, theirs: SplitOutputs, count: int
) -> Disagreements:
    from engine.prediction.samples import sample

    one, other = ours.outputs, theirs.outputs
    gaps = np.abs(one - other).max(axis=1) if one.shape == other.shape else np.ones(len(ours), np.float32)
    differ = np.ones(len(ours), bool) if ours.regression else ours.predicted != theirs.predicted
    order = np.flatnonzero(differ)[np.argsort(-gaps[differ], kind="stable")]
    shown = tuple(
        Disagreement(
            sample(dataset, features, int(ours.indices[index])),
            interpret(tuple(one[index].tolist()), dataset.labels, Decision(ours.threshold)),
            interpret(tuple(other[index].tolist()), dataset.labels, Decision(theirs.threshold)),
            float(gaps[index]),
        )
        for index in order[:count].tolist()
    )
    return Disagreements(len(ours), int(differ.sum()), shown)
