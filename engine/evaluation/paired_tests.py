"""Paired significance tests of two runs on the same held-out samples, with a verdict in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.evaluation import intervals
from engine.evaluation.intervals import Interval
from engine.evaluation.split_outputs import SplitOutputs

ALPHA = 0.05
"""Significance level."""

PERMUTATIONS = 9999
CHUNK_VALUES = 2_000_000
"""Number of values permuted at once."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A paired test of runs ``a`` and ``b``; ``difference`` is b's metric minus a's, with its 95 % interval.

    ``p`` is the probability of a difference at least as large between equally good runs. ``differing`` counts,
    among ``samples`` samples (seeds for the t-test), those that only one run predicts correctly (classes) or with
    different errors (regression).
    """

    a: str
    b: str
    metric: str
    method: str
    p: float
    difference: float
    interval: Interval
    samples: int
    differing: int
    verdict: str

    @property
    def distinct(self) -> bool:
        """Whether the difference is significant."""
        return self.p < ALPHA


def compare_outputs(a: str, b: str, ours: SplitOutputs, theirs: SplitOutputs, noun: str = "samples") -> PairedTest:
    """Compare two runs on the samples that both have outputs for.

    Classes are compared by accuracy with McNemar's exact test, values by mean absolute error with a permutation
    test. ``noun`` is the word for samples in the verdict. Raises DataError without shared samples.
    """
    ours, theirs = shared(ours, theirs)
    if ours.regression:
        return _errors(a, b, np.abs(ours.errors[:, 0]), np.abs(theirs.errors[:, 0]), noun)
    return mcnemar(a, b, ours.correct, theirs.correct, noun)


def shared(ours: SplitOutputs, theirs: SplitOutputs) -> tuple[SplitOutputs, SplitOutputs]:
    """Return both runs' outputs for shared samples, in the same order; raises DataError if there are none."""
    _, mine, other = np.intersect1d(ours.indices, theirs.indices, assume_unique=True, return_indices=True)
    if not len(mine):
        raise DataError("the runs have no held-out sample in common")
    return ours.take(mine), theirs.take(other)


def mcnemar(
    a: str, b: str, ours: NDArray[np.bool_], theirs: NDArray[np.bool_], noun: str = "samples"
) -> PairedTest:
    """McNemar's exact test of two runs' correct predictions, bool of shape (samples,) each.

    The two-sided binomial test on the samples that only one run predicts correctly (McNemar 1947), equal to
    ``statsmodels.stats.contingency_tables.mcnemar(exact=True)``. The interval of the difference is that of Bonett
    and Price (2012), which is also valid for few samples.
    """
    from scipy.special import bdtr  # scipy.stats takes longer to import than everything else here

    gained, lost = int((theirs & ~ours).sum()), int((ours & ~theirs).sum())
    samples = len(ours)
    p = min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))
    difference = (gained - lost) / samples
    interval = _paired_proportions(gained, lost, samples)
    verdict = _verdict(b, a, p, difference, interval, f"{samples:,} {noun}", "points")
    return PairedTest(a, b, "accuracy", "mcnemar", p, difference, interval, samples, gained + lost, verdict)


def _paired_proportions(gained: int, lost: int, samples: int) -> Interval:
    plus, minus = (gained + 1) / (samples + 2), (lost + 1) / (samples + 2)
    margin = intervals.Z * math.sqrt((plus + minus - (plus - minus) ** 2) / (samples + 2))
    return Interval(max(-1.0, plus - minus - margin), min(1.0, plus - minus + margin))


def _errors(a: str, b: str, ours: NDArray[np.float64], theirs: NDArray[np.float64], noun: str) -> PairedTest:
    gaps = theirs - ours
    p, interval = permutation(gaps), intervals.mean(gaps) if len(gaps) > 1 else intervals.UNDEFINED
    difference = float(gaps.mean())
    verdict = _verdict(b, a, p, -difference, interval, f"{len(gaps):,} {noun}", "mae")
    return PairedTest(
        a, b, "mae", "permutation", p, difference, interval, len(gaps), int(np.count_nonzero(gaps)), verdict
    )


def permutation(gaps: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of a mean gap under random signs of the gaps.

    A paired permutation test by sign flips (Fisher 1935), ``scipy.stats.permutation_test`` with
    ``permutation_type="samples"``; ``gaps`` has shape (samples,).
    """
    from scipy.stats import permutation_test

    if not np.count_nonzero(gaps):
        return 1.0
    found = permutation_test(
        (gaps,),
        _mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        batch=max(1, CHUNK_VALUES // len(gaps)),
        rng=np.random.default_rng(intervals.SEED),
    )
    return float(found.pvalue)


def _mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(values.mean(axis=axis))


def paired_t(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> tuple[float, Interval, float]:
    """Return the mean of ``theirs - ours``, its interval and its two-sided p (``scipy.stats.ttest_rel``)."""
    from scipy.stats import ttest_rel

    difference = float(np.mean(theirs - ours))
    if np.std(theirs - ours) <= 1e-12 * abs(difference):  # no variance to test against
        return difference, Interval(difference, difference), 1.0 if difference == 0 else 0.0
    found = ttest_rel(theirs, ours)
    bounds = found.confidence_interval(intervals.LEVEL)
    return difference, Interval(float(bounds.low), float(bounds.high)), float(found.pvalue)


def over_seeds(a: str, b: str, metric: str, ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> PairedTest:
    """Two-sided paired t-test of two groups' values, paired by seed.

    ``ours`` and ``theirs`` have shape (seeds,), at least two. Lower is better for losses and errors.
    """
    difference, interval, p = paired_t(ours, theirs)
    lower = metric.endswith(("loss", "mae", "mse", "rmse"))
    verdict = _verdict(b, a, p, -difference if lower else difference, interval, f"{len(ours)} seeds", metric)
    return PairedTest(a, b, metric, "paired_t", p, difference, interval, len(ours), len(ours), verdict)


def _verdict(b: str, a: str, p: float, gain: float, interval: Interval, evidence: str, unit: str) -> str:
    """Return the verdict in words; ``gain`` is positive if ``b`` is better."""
    if not p < ALPHA:
        return f"no difference that {evidence} can show ({_p(p)})"
    better, worse = (b, a) if gain > 0 else (a, b)
    low, high = sorted(abs(bound) for bound in interval)
    found = (f"{100 * value:.1f}" if unit == "points" else f"{value:.3g}" for value in (abs(gain), low, high))
    size = "{} {unit} [{}, {}]".format(*found, unit=unit)
    return f"{better} is better than {worse} by {size} on {evidence} ({_p(p)})"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
