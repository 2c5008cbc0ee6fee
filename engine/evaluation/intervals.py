"""95 % confidence intervals of metrics on held-out samples.

Proportions (accuracy, precision, recall, F1) and the mean of a few runs' scores have a closed form; means of
errors and the area under the ROC curve are bootstrapped with a fixed seed, so that the same predictions always
give the same interval.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""

RESAMPLES = 1000
SEED = 0
CHUNK_VALUES = 2_000_000
"""Number of resampled values held in memory at once."""

CORRECTED = 1000
"""Up to this many samples, a bootstrap of a mean is corrected for bias and skewness, which vanish with more."""

Numbers = NDArray[np.float64]


class Interval(NamedTuple):
    """Lower and upper bound of a 95 % confidence interval."""

    low: float
    high: float

    @property
    def margin(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2

    def __contains__(self, value: object) -> bool:
        return isinstance(value, float | int) and self.low <= value <= self.high


UNDEFINED = Interval(math.nan, math.nan)


def wilson(hits: float, samples: float) -> Interval:
    """Return the score interval of a proportion (Wilson 1927; "wilson" in ``statsmodels``).

    Used for accuracy (hits among all samples), precision (true among predicted positives) and recall (true
    positives among positives), each with its denominator. Without samples both bounds are NaN.
    """
    if samples <= 0:
        return UNDEFINED
    share, spread = hits / samples, Z**2 / samples
    centre = (share + spread / 2) / (1 + spread)
    margin = Z / (1 + spread) * math.sqrt(share * (1 - share) / samples + spread / (4 * samples))
    return Interval(max(0.0, centre - margin), min(1.0, centre + margin))


def f1(hits: float, predicted: float, actual: float) -> Interval:
    """Return the interval of F1, from the Wilson interval of the Jaccard index.

    F1 is ``2 J / (1 + J)`` of the Jaccard index ``J = TP / (TP + FP + FN)``, which is a proportion: given the
    samples that are not true negatives, TP is binomial. The bounds of J are mapped by this monotone function.
    """
    jaccard = wilson(hits, predicted + actual - hits)
    return Interval(*(2 * bound / (1 + bound) for bound in jaccard))


def mean(values: NDArray[np.floating]) -> Interval:
    """Return the interval of a mean by the bootstrap (``scipy.stats.bootstrap``), in parts of bounded memory.

    Up to 1,000 samples it is bias-corrected and accelerated (BCa, Efron 1987), beyond that the percentile
    interval. ``values`` has shape (samples,), such as absolute errors for the MAE or squared ones for the MSE.
    """
    from scipy.stats import bootstrap

    values = np.asarray(values, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        return UNDEFINED
    if np.ptp(values) == 0:
        return Interval(float(values[0]), float(values[0]))
    found = bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, CHUNK_VALUES // len(values)),
        vectorized=True,
        method="BCa" if len(values) <= CORRECTED else "percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Interval(float(found.low), float(found.high))


def student(values: Sequence[float]) -> Interval:
    """Return the interval of a mean of normal values with unknown variance (Student 1908), as over seeds.

    For fewer than two values both bounds are NaN.
    """
    from scipy.special import stdtrit

    count = len(values)
    if count < 2:
        return UNDEFINED
    margin = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * statistics.stdev(values) / math.sqrt(count)
    centre = statistics.fmean(values)
    return Interval(centre - margin, centre + margin)


def rmse(errors: NDArray[np.floating]) -> Interval:
    """Return the interval of the root mean squared error, the square root of that of the mean squared error."""
    squared = mean(np.square(np.asarray(errors, np.float64)))
    return Interval(*(math.sqrt(max(bound, 0.0)) for bound in squared))


def auc(positive: NDArray[np.bool_], scores: NDArray[np.floating]) -> Interval:
    """Return the interval of the area under the ROC curve, from its bootstrapped spread on the logit scale.

    The interval is the area's logit plus and minus multiples of the logit's standard deviation over resamples
    (Efron 1979); the logit is closer to normal than the area (Pepe 2003, section 5.2). ``positive`` and ``scores``
    have shape (samples,). Without samples of both classes both bounds are NaN.
    """
    positive = np.asarray(positive, bool)
    if not positive.any() or positive.all():
        return UNDEFINED
    order = np.argsort(scores, kind="stable")
    positive, scores = positive[order], np.asarray(scores, np.float64)[order]
    starts = np.flatnonzero(np.append(True, np.diff(scores) > 0))
    area = _areas(np.ones((1, len(scores)), np.int64), positive, starts)
    resampled = np.concatenate(list(_resampled_areas(positive, starts)))
    margin = Z * float(np.nanstd(_logit(resampled)))
    low, high = _area(_logit(area)[0] + np.array([-margin, margin]))
    return Interval(float(low), float(high))


def _logit(areas: Numbers) -> Numbers:
    """Return the logits of areas; for 0 and 1, as if half a resample differed."""
    half = 0.5 / RESAMPLES
    return np.asarray(np.log((areas + half) / (1 - areas + half)))


def _area(logits: Numbers) -> Numbers:
    """Invert :func:`_logit`."""
    half = 0.5 / RESAMPLES
    return np.asarray(np.clip((1 + 2 * half) / (1 + np.exp(-logits)) - half, 0.0, 1.0))


def _resampled_areas(positive: NDArray[np.bool_], starts: NDArray[np.int64]) -> Iterator[Numbers]:
    """Yield the areas of resamples of samples sorted by score; samples are counted, not copied."""
    random, samples = np.random.default_rng(SEED), len(positive)
    size = max(1, CHUNK_VALUES // samples)
    for done in range(0, RESAMPLES, size):
        drawn = random.integers(samples, size=(min(size, RESAMPLES - done), samples))
        counts = np.stack([np.bincount(row, minlength=samples) for row in drawn])
        yield _areas(counts, positive, starts)


def _areas(counts: NDArray[np.int64], positive: NDArray[np.bool_], starts: NDArray[np.int64]) -> Numbers:
    """Return the areas of samples that occur ``counts`` times each, sorted by score; ties begin at ``starts``.

    The area is the share of pairs of a positive and a negative sample in which the positive one scores higher; a
    tie counts half (Mann and Whitney 1947).
    """
    positives = np.add.reduceat(counts * positive, starts, axis=1).astype(np.float64)
    negatives = np.add.reduceat(counts * ~positive, starts, axis=1).astype(np.float64)
    below = np.cumsum(negatives, axis=1) - negatives
    wins = (positives * (below + negatives / 2)).sum(axis=1)
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    with np.errstate(invalid="ignore"):
        areas: Numbers = wins / pairs
    return areas
