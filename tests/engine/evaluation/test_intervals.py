"""Intervals against SciPy's and formulas, and how often they hold the true value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from engine.evaluation import intervals, metric_intervals
from engine.evaluation.intervals import Interval
from engine.evaluation.metric_values import metric_values
from tests.engine.evaluation import made


@pytest.mark.parametrize(("hits", "samples"), [(0, 10), (10, 10), (88, 100), (4430, 5000)])
def test_wilson_is_scipys(hits: int, samples: int) -> None:
    known = stats.binomtest(hits, samples).proportion_ci(0.95, method="wilson")
    assert intervals.wilson(hits, samples) == pytest.approx((known.low, known.high), abs=1e-12)


def test_an_empty_share_has_no_interval() -> None:
    assert all(math.isnan(bound) for bound in intervals.wilson(0, 0))


@pytest.mark.parametrize("apart", [1.0, 3.0, 4.5, 6.0, -6.0])
@pytest.mark.parametrize("samples", [20, 300, 3000])
def test_an_area_lies_within_its_interval_though_it_is_nearly_1_or_0(apart: float, samples: int) -> None:
    positive = np.arange(samples) % 10 == 0
    scores = np.random.default_rng(samples).normal(size=samples) + apart * positive
    low, high = intervals.auc(positive, scores)
    assert 0 <= low <= roc_auc_score(positive, scores) + 1e-12
    assert roc_auc_score(positive, scores) - 1e-12 <= high <= 1


def test_f1_lies_within_its_interval_and_reaches_its_ends() -> None:
    assert 2 * 40 / (2 * 40 + 10 + 5) in intervals.f1(40, 50, 45)
    assert intervals.f1(0, 5, 5).low == 0
    assert intervals.f1(50, 50, 50).high == 1


def coverage(draw: Callable[[np.random.Generator], Interval], truth: float, times: int) -> float:
    random = np.random.default_rng(3)
    return float(np.mean([truth in draw(random) for _ in range(times)]))


@pytest.mark.parametrize(("samples", "share"), [(100, 0.88), (500, 0.88), (5000, 0.5)])
def test_wilson_covers_the_true_share_95_times_of_100(samples: int, share: float) -> None:
    found = coverage(lambda random: intervals.wilson(random.binomial(samples, share), samples), share, 4000)
    assert 0.93 <= found <= 0.97


def test_f1_covers_the_true_value_95_times_of_100() -> None:
    cells = (0.4, 0.1, 0.05, 0.45)
    truth = 2 * 0.4 / (2 * 0.4 + 0.1 + 0.05)

    def drawn(random: np.random.Generator) -> Interval:
        hits, alarms, misses, _ = random.multinomial(300, cells).tolist()
        return intervals.f1(hits, hits + alarms, hits + misses)

    found = coverage(drawn, truth, 4000)
    assert 0.93 <= found <= 0.97


def test_bootstrapped_errors_cover_the_true_values_95_times_of_100(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 300)
    errors = np.random.default_rng(5).normal(0, 3, (400, 102))
    mae = np.mean([3 * math.sqrt(2 / math.pi) in intervals.mean(np.abs(one)) for one in errors])
    rmse = np.mean([3.0 in intervals.rmse(one) for one in errors])
    assert 0.93 <= mae <= 0.97
    assert 0.93 <= rmse <= 0.97


def test_bootstrapped_areas_cover_the_true_value_95_times_of_100(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 300)
    truth = float(stats.norm.cdf(1.5 / math.sqrt(2)))

    def draw(random: np.random.Generator) -> Interval:
        positive = random.random(150) < 0.4
        return intervals.auc(positive, random.normal(size=150) + 1.5 * positive)

    assert 0.93 <= coverage(draw, truth, 400) <= 0.97


def test_areas_of_resamples_are_scikit_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 20)
    random = np.random.default_rng(1)
    positive, scores = random.random(60) < 0.5, random.integers(8, size=60).astype(float)
    same = np.random.default_rng(intervals.SEED).integers(60, size=(20, 60))
    order = np.argsort(scores, kind="stable")
    areas = np.array([roc_auc_score(positive[order][row], scores[order][row]) for row in same])
    spread = np.std(np.log((areas + 0.025) / (1 - areas + 0.025)))
    area = roc_auc_score(positive, scores)
    low, high = (np.log((bound + 0.025) / (1 - bound + 0.025)) for bound in intervals.auc(positive, scores))
    assert (high - low) / 2 == pytest.approx(intervals.Z * spread)
    assert (high + low) / 2 == pytest.approx(np.log((area + 0.025) / (1 - area + 0.025)))


def test_a_mean_of_many_is_the_percentile_bootstraps() -> None:
    values = np.random.default_rng(0).exponential(2, 1500)
    known = stats.norm.interval(0.95, values.mean(), values.std() / math.sqrt(1500))
    assert intervals.mean(values) == pytest.approx(known, abs=0.02)


def test_the_same_predictions_give_the_same_interval() -> None:
    values = np.random.default_rng(0).exponential(2, 100)
    assert intervals.mean(values) == intervals.mean(values)
    assert all(math.isnan(bound) for bound in intervals.mean(values[:1]))
    assert intervals.mean(np.full(5, 2.0)) == (2.0, 2.0)


def test_metrics_of_classes_lie_in_their_intervals() -> None:
    found = made.binary()
    named = metric_intervals.from_outputs(found, ("accuracy", "precision", "recall", "auc", "mae"), "val_")
    assert list(named) == ["val_accuracy", "val_precision", "val_recall", "val_auc", "val_mae", "val_f1"]
    assert float(found.correct.mean()) in named["val_accuracy"]
    values = metric_values(found, ("precision", "recall", "f1"))
    assert values["f1"] == pytest.approx(f1_score(found.targets, found.predicted))
    assert all(values[name] in named[f"val_{name}"] for name in ("precision", "recall", "f1"))
    assert roc_auc_score(found.targets, found.outputs[:, 0]) in named["val_auc"]


def test_metrics_of_several_classes_are_counted_over_all_outputs_as_keras_does() -> None:
    found = made.several()
    chosen, true = found.outputs > 0.5, np.eye(3)[found.targets] > 0
    values = metric_values(found, ("precision", "recall", "f1"))
    assert values["precision"] == pytest.approx((chosen & true).sum() / chosen.sum())
    assert values["recall"] == pytest.approx((chosen & true).sum() / 400)
    assert set(metric_intervals.from_outputs(found, ("accuracy", "recall"))) == {"accuracy", "recall"}


def test_metrics_of_values_are_bootstrapped() -> None:
    found = made.values()
    named = metric_intervals.from_outputs(found, ("mae", "mse"), "val_")
    assert float(np.abs(found.errors).mean()) in named["val_mae"]
    assert named["val_rmse"] == pytest.approx(tuple(math.sqrt(bound) for bound in named["val_mse"]))


def test_accuracys_interval_needs_only_its_value_and_the_number_of_samples() -> None:
    found = metric_intervals.from_values({"val_accuracy": 0.88, "val_loss": 0.3}, 5000, "val_")
    assert found == {"val_accuracy": intervals.wilson(4400, 5000)}
    assert metric_intervals.from_values({"val_loss": 0.3}, 5000, "val_") == {}
    assert metric_intervals.from_values({"val_accuracy": 0.88}, 0, "val_") == {}
