"""Learning curves: scores by number of training samples, extrapolated to twice as many."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import datasets
from engine.datasets.dataset import Dataset, Split
from engine.errors import DataError, TrainingError
from engine.evaluation.intervals import Interval
from engine.evaluation.power_law import PowerLaw, fit_law, forecast_interval
from engine.events import Ended, EpochEnded, Preparation, Preparing
from engine.experiment.model import Experiment
from engine.network.network_pool import Pool
from engine.training.run import Run

FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
FEWEST = 10
"""Minimum number of training samples."""

LOWER = ("loss", "mae", "mse")
"""Metrics for which lower is better."""


@dataclass(frozen=True, slots=True)
class Point:
    """One network: its training samples, its seed, and its validation score at its best epoch."""

    samples: int
    seed: int
    score: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """The points of a learning curve, their power law, and the expected gain of twice as many samples.

    The gain is positive if the score improves; ``interval`` is its 95 % interval. The law, the gain and the
    interval are None if the points allow no fit.
    """

    metric: str
    points: tuple[Point, ...]
    law: PowerLaw | None
    doubled: int
    gain: float | None
    interval: Interval | None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of samples, ascending."""
        return tuple(sorted({one.samples for one in self.points}))

    def mean(self, samples: int) -> float:
        """Return the mean score with this many samples."""
        return float(np.mean([one.score for one in self.points if one.samples == samples]))

    def sentence(self, noun: str = "samples") -> str:
        """Describe the expected effect of twice as many samples."""
        if self.gain is None or self.interval is None:
            return f"these points do not show what more {noun} would give"
        share = self.metric not in LOWER
        scale, unit = (100, "points") if share else (1, self.metric)
        low, high = (scale * bound for bound in self.interval)
        gain = scale * self.gain if share else -scale * self.gain
        low, high = (low, high) if share else (-high, -low)
        return f"twice the {noun} would give about {gain:+.2g} {unit} [{low:+.2g}, {high:+.2g}]"

    def as_object(self, noun: str = "samples") -> dict[str, Any]:
        """Return the curve as the command's ``--json`` shows it."""
        return {
            "metric": self.metric,
            "points": [asdict(one) for one in self.points],
            "curve": [{"samples": size, "mean": self.mean(size)} for size in self.sizes],
            "fit": asdict(self.law) if self.law else None,
            "doubled": {"samples": self.doubled, "gain": self.gain, "interval": self.interval},
            "sentence": self.sentence(noun),
        }


def learning_curve(
    experiment: Experiment, dataset: Dataset | None = None, seeds: int = 3
) -> Generator[Preparing | Point, None, LearningCurve]:
    """Train on growing parts of the training samples, each with several seeds; yield a Point for each network.

    Parts are nested: for each seed, a larger part contains the smaller ones. Scores are those on the validation
    samples at the best epoch. Raises DataError without validation samples.
    """
    if dataset is None:
        dataset = yield from datasets.load(experiment.data, experiment.seed)
    if not len(dataset.split.validation):
        raise DataError(f"{dataset.title} has no validation samples to score a learning curve on")
    train, metric = dataset.split.train, next(iter(experiment.training.metrics), "loss")
    sizes = sorted({max(FEWEST, round(len(train) * part)) for part in FRACTIONS})
    pool, points = Pool(), list[Point]()
    for number, size in enumerate(sizes):
        for seed in range(experiment.seed, experiment.seed + seeds):
            yield Preparing(
                "training on parts of the samples", number * seeds + seed - experiment.seed, len(sizes) * seeds
            )
            part = np.random.default_rng(seed).permutation(train)[:size]
            score = yield from _score(experiment.model_copy(update={"seed": seed}), dataset, part, metric, pool)
            points.append(Point(len(part), seed, score))
            yield points[-1]
    return fitted(metric, points, 2 * len(train))


def _score(
    experiment: Experiment, dataset: Dataset, part: NDArray[np.int64], metric: str, pool: Pool
) -> Preparation[float]:
    split = dataset.split
    smaller = replace(dataset, split=Split(part, split.validation, split.test[:0]))
    run = Run(experiment, dataset=smaller, pool=pool)
    epochs: list[EpochEnded] = []
    with closing(run.events()) as events:
        for event in events:
            if isinstance(event, Preparing):
                yield event
            elif isinstance(event, EpochEnded):
                epochs.append(event)
            elif isinstance(event, Ended) and event.status == "failed":
                raise TrainingError(event.reason or "a run of the learning curve failed")
    run.release()
    best = next(ended for ended in epochs if ended.epoch == run.best_epoch)
    return best.logs.get(f"val_{metric}", math.nan)


def fitted(metric: str, points: Sequence[Point], doubled: int) -> LearningCurve:
    """Fit a power law to these points; also compute the gain from half of ``doubled`` samples to all."""
    usable = [one for one in points if math.isfinite(one.score)]
    sizes = np.array(sorted({one.samples for one in usable}), np.float64)
    errors = [_errors(metric, usable, int(size)) for size in sizes]
    law = fit_law(sizes, errors)
    if law is None:
        return LearningCurve(metric, tuple(points), None, doubled, None, None)
    interval = forecast_interval(sizes, errors, law, doubled)
    return LearningCurve(metric, tuple(points), law, doubled, law.gain(doubled), interval)


def _errors(metric: str, points: Sequence[Point], size: int) -> NDArray[np.float64]:
    """Return the errors of all seeds with this many samples."""
    scores = np.array([one.score for one in points if one.samples == size])
    return scores if metric in LOWER else 1 - scores
