"""The learning-rate range test: a hundred steps at increasing rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.sanity.trials import Bench
from engine.events import Preparation, Preparing

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 100
SMOOTHING = 0.8
"""Weight of the running mean at each step."""

DIVERGED = 4.0
"""The test ends when the loss exceeds the lowest one by this factor."""

MARGIN = 5.0
"""Ratio between the rate of the lowest loss and the proposed rate."""

STAGE = "trying learning rates"


@dataclass(frozen=True, slots=True)
class RateRange:
    """The rates tried, the smoothed loss at each, and the proposed rate; None if the loss never fell."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    proposal: float | None


def rate_range(bench: Bench) -> Preparation[RateRange]:
    """Train one batch at each of 100 rates from 1e-6 to 10 (Smith 2017), on training samples.

    The proposal is a fifth of the rate at which the smoothed loss is lowest.
    """
    from engine.network.batches import Feeder
    from engine.network.build import build

    experiment, dataset = bench.experiment, bench.dataset
    steps = bench.pool.take(experiment, build(experiment, bench.features))
    feeder = Feeder(steps.network.adapter, bench.encoded, np.asarray(dataset.targets, steps.network.target.dtype))
    size = min(experiment.training.batch_size, len(dataset.split.train))
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    order = np.resize(dataset.split.train, size * STEPS)
    losses: list[float] = []
    steps.reset_metrics()
    for rate, group in zip(rates.tolist(), feeder.groups([order], lambda: size, size), strict=False):
        yield Preparing(STAGE, len(losses), STEPS)
        steps.optimizer.learning_rate = rate
        sums = steps.train(group.feed, group.targets, np.array([0, group.samples], np.int64))
        loss = sums["loss"] / group.samples
        losses.append(SMOOTHING * losses[-1] + (1 - SMOOTHING) * loss if losses else loss)
        if not math.isfinite(loss) or losses[-1] > DIVERGED * min(losses):
            break
    return _proposed(rates[: len(losses)], np.array(losses))


def _proposed(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> RateRange:
    finite = np.where(np.isfinite(losses), losses, np.inf)
    lowest = int(finite.argmin())
    fell = finite[lowest] < 0.98 * finite[0]
    proposal = float(f"{rates[lowest] / MARGIN:.1g}") if fell else None
    return RateRange(tuple(rates.tolist()), tuple(losses.tolist()), proposal)
