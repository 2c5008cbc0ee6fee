"""Learning curves over data: the fit, what it foretells, and the networks that are trained for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.errors import DataError
from engine.evaluation import learning_curve as curves
from engine.evaluation.learning_curve import LearningCurve, Point, fitted
from engine.evaluation.power_law import PowerLaw, fit_law, forecast_interval
from engine.experiment.layers import Dense
from engine.experiment.model import Data, Experiment, Training
from engine.system.drain import drain
from tests.engine import tiny

SIZES = (1000, 2000, 4000, 8000, 16_000)


def points(a: float, b: float, c: float, noise: float, seeds: int = 4, higher: bool = True) -> list[Point]:
    random = np.random.default_rng(0)
    made = []
    for size in SIZES:
        for seed in range(seeds):
            error = c + a * size**-b + random.normal(0, noise)
            made.append(Point(size, seed, 1 - error if higher else error))
    return made


def test_a_power_law_is_found_again() -> None:
    found = fitted("accuracy", points(3.0, 0.5, 0.08, 0.0), 32_000)
    assert found.law is not None
    assert (found.law.a, found.law.b, found.law.c) == pytest.approx((3.0, 0.5, 0.08), rel=0.05)
    gain = 3.0 * (16_000**-0.5 - 32_000**-0.5)
    assert found.gain == pytest.approx(gain, rel=0.02)
    assert found.law.error(16_000) == pytest.approx(0.08 + 3.0 * 16_000**-0.5, rel=1e-3)


def test_what_twice_as_many_samples_give_is_said_with_its_uncertainty() -> None:
    found = fitted("accuracy", points(3.0, 0.5, 0.08, 0.003), 32_000)
    assert found.gain is not None
    assert found.interval is not None
    assert found.interval.low <= found.gain <= found.interval.high
    assert 3.0 * (16_000**-0.5 - 32_000**-0.5) in found.interval
    said = found.sentence("reviews")
    assert said.startswith("twice the reviews would give about +0.")
    assert " points [+" in said or " points [-" in said


@pytest.mark.parametrize(
    ("law", "deviation", "seeds"),
    [
        ((3.0, 0.5, 0.08), lambda sizes: 0 * sizes + 0.003, 3),
        ((3.0, 0.5, 0.08), lambda sizes: 0.02 * (sizes / 1000) ** -0.6, 3),
        ((1.2, 0.35, 0.01), lambda sizes: 0.01 * (sizes / 1000) ** -0.4, 4),
    ],
)
def test_the_interval_holds_what_comes_true(law: tuple[float, float, float], deviation: Any, seeds: int) -> None:
    """Simulated: the 95 % interval covers in 93 to 98 % of many trials; here in 40, more loosely."""
    a, b, c = law
    sizes, truth = np.array(SIZES, np.float64), PowerLaw(a, b, c)
    random, covered = np.random.default_rng(3), 0
    for _ in range(40):
        noise = random.normal(0, 1, (len(sizes), seeds)) * deviation(sizes)[:, None]
        errors = [truth.error(size) + one for size, one in zip(sizes, noise, strict=True)]
        found = fit_law(sizes, errors)
        assert found is not None
        covered += truth.gain(32_000) in forecast_interval(sizes, errors, found, 32_000)
    assert covered >= 35


def test_single_seeds_are_as_uncertain_as_they_miss_the_law() -> None:
    found = fitted("accuracy", points(3.0, 0.5, 0.08, 0.003, seeds=1), 32_000)
    assert found.interval is not None
    assert found.interval.margin > 0.0005


def test_lower_errors_are_better() -> None:
    found = fitted("mae", points(50.0, 0.5, 2.0, 0.0, higher=False), 32_000)
    assert found.gain == pytest.approx(50 * (16_000**-0.5 - 32_000**-0.5), rel=0.05)
    assert found.sentence().startswith("twice the samples would give about -0.1")
    assert "mae" in found.sentence()


def test_too_few_sizes_foretell_nothing() -> None:
    found = fitted("accuracy", [Point(10, 0, 0.5), Point(20, 0, 0.6)], 40)
    assert found.law is None
    assert found.sentence() == "these points do not show what more samples would give"
    assert found.as_object()["doubled"] == {"samples": 40, "gain": None, "interval": None}
    undefined = fitted("auc", [Point(size, 0, float("nan")) for size in SIZES], 40)
    assert undefined.law is None


EXPERIMENT = Experiment(
    data=Data(vocabulary=60),
    layers=(Dense(units=1, activation="sigmoid"),),
    training=Training(metrics=("accuracy",), learning_rate=0.05, batch_size=16, epochs=4),
)


def test_networks_are_trained_on_growing_parts() -> None:
    dataset = tiny.text(400)
    told: list[object] = []
    found: LearningCurve = drain(curves.learning_curve(EXPERIMENT, dataset, seeds=2), told.append)
    train = len(dataset.split.train)
    assert found.sizes == tuple(sorted({max(10, round(train * part)) for part in curves.FRACTIONS}))
    assert [one for one in told if isinstance(one, Point)] == list(found.points)
    assert len(found.points) == 2 * len(found.sizes)
    assert {one.seed for one in found.points} == {7, 8}
    assert found.mean(train) >= found.mean(found.sizes[0])
    assert found.doubled == 2 * train


def test_without_validation_samples_there_is_no_curve() -> None:
    dataset = tiny.text(90)
    alone = replace(dataset, split=replace(dataset.split, validation=dataset.split.validation[:0]))
    with pytest.raises(DataError, match="no validation samples"):
        drain(curves.learning_curve(EXPERIMENT, alone))
