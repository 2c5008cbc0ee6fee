"""Calibration, curves, thresholds and class tables against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn import metrics
from sklearn.calibration import calibration_curve

from engine.errors import DataError
from engine.evaluation import calibration, thresholds
from engine.evaluation.class_table import class_table
from engine.evaluation.metric_values import metric_values
from engine.evaluation.ranking_curves import ranking_curves
from engine.evaluation.split_outputs import SplitOutputs
from engine.prediction.decision import Decision
from tests.engine.evaluation import made


def test_reliability_is_scikit_learns() -> None:
    found = made.binary(2000)
    diagram = calibration.reliability(found)
    observed, predicted = calibration_curve(found.targets, found.outputs[:, 0], n_bins=10)
    assert [one.observed for one in diagram.bins] == pytest.approx(observed.tolist())
    assert [one.predicted for one in diagram.bins] == pytest.approx(predicted.tolist(), rel=1e-5)
    shares = np.array([one.samples for one in diagram.bins]) / 2000
    assert diagram.error == pytest.approx(float((shares * np.abs(observed - predicted)).sum()), abs=1e-6)
    assert all(one.observed in one.interval for one in diagram.bins)


def test_reliability_of_several_classes_is_the_predicted_ones() -> None:
    found = made.several(900)
    diagram = calibration.reliability(found)
    assert sum(one.samples for one in diagram.bins) == 900
    assert sum(one.samples * one.observed for one in diagram.bins) == pytest.approx(found.correct.sum())


@pytest.mark.parametrize("found", [made.binary(3000), made.several(3000)], ids=["binary", "several"])
def test_temperature_scaling_finds_the_lowest_cross_entropy(found) -> None:  # type: ignore[no-untyped-def]
    oversure = calibration.scaled(found, 0.3)
    temperature = calibration.fit_temperature(oversure)
    repaired = calibration.scaled(oversure, temperature)
    assert calibration.log_loss(repaired) <= min(calibration.log_loss(found), calibration.log_loss(oversure))
    known = minimize(
        lambda t: calibration.log_loss(calibration.scaled(oversure, t[0])), [2.0], method="Nelder-Mead"
    )
    assert temperature == pytest.approx(known.x[0], rel=0.01)
    assert (repaired.predicted == found.predicted).all()


def test_cross_entropy_is_scikit_learns() -> None:
    for found in (made.binary(), made.several()):
        assert calibration.log_loss(found) == pytest.approx(metrics.log_loss(found.targets, found.probabilities))


def test_curves_are_scikit_learns() -> None:
    found = made.binary(1000)
    (curves,) = ranking_curves(found)
    assert curves.label == "positive"
    assert curves.auc == pytest.approx(metrics.roc_auc_score(found.targets, found.outputs[:, 0]))
    assert curves.average_precision == pytest.approx(
        metrics.average_precision_score(found.targets, found.outputs[:, 0])
    )
    assert curves.auc in curves.auc_interval
    assert (curves.roc[0], curves.roc[-1]) == ((0, 0), (1, 1))
    assert len(curves.roc) <= 200
    assert metrics.auc(*zip(*curves.roc, strict=True)) == pytest.approx(curves.auc, abs=5e-3)


def test_every_class_has_curves_against_the_rest_but_those_without_samples() -> None:
    found = made.several(300, 4)
    kept = found.take(found.targets != 2)
    curves = ranking_curves(kept)
    assert [one.label for one in curves] == ["a", "b", "d"]
    assert curves[1].auc == pytest.approx(metrics.roc_auc_score(kept.targets == 1, kept.probabilities[:, 1]))


def test_the_threshold_of_the_highest_f1_is_the_best_of_all() -> None:
    found = made.binary(300, strength=0.8)
    chosen = thresholds.best_f1(found)
    tried = [metric_values(found.decided(Decision(one)), ["f1"])["f1"] for one in np.linspace(0, 0.99, 2001)]
    assert metrics.f1_score(found.targets, found.decided(chosen).predicted) >= max(tried) - 1e-12


def test_the_threshold_of_the_lowest_cost_follows_the_costs() -> None:
    found = made.binary(300, strength=0.8)
    dear, cheap = thresholds.lowest_cost(found, 10, 1), thresholds.lowest_cost(found, 1, 10)
    assert dear.threshold > 0.5 > cheap.threshold

    def cost(decision: Decision) -> int:
        wrong = (decided := found.decided(decision)).predicted != decided.targets
        return int(10 * (wrong & (decided.targets == 1)).sum() + (wrong & (decided.targets == 0)).sum())

    assert cost(cheap) <= min(cost(Decision(one)) for one in np.linspace(0, 1, 2001))


def test_what_a_threshold_trades_off_is_scikit_learns() -> None:
    found = made.binary(300, strength=0.8)
    traded = thresholds.trade_off(found, 20)
    assert traded.thresholds[0] == 0
    assert traded.thresholds[-1] == 1
    for at in (3, 10, 15):
        predicted = found.decided(Decision(traded.thresholds[at])).predicted
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            found.targets, predicted, average="binary"
        )
        assert (traded.precision[at], traded.recall[at], traded.f1[at]) == pytest.approx((precision, recall, f1))
    assert np.isnan(traded.precision[-1]), "no sample passes"


def test_thresholds_are_chosen_on_validation_samples_alone() -> None:
    with pytest.raises(DataError, match="not on test samples"):
        thresholds.best_f1(made.binary(split="test"))
    with pytest.raises(DataError, match="no single sigmoid output"):
        thresholds.best_f1(made.several())
    with pytest.raises(DataError, match="between 0 and 1"):
        thresholds.chosen(made.binary(), "1.5")
    with pytest.raises(DataError, match="must not be negative"):
        thresholds.lowest_cost(made.binary(), -1, 1)
    assert thresholds.chosen(made.binary(), "0.3") == Decision(0.3, "hand")


@pytest.mark.parametrize("found", [made.binary(), made.several()], ids=["binary", "several"])
def test_class_tables_are_scikit_learns(found) -> None:  # type: ignore[no-untyped-def]
    table = class_table(found)
    precision, recall, f1, samples = metrics.precision_recall_fscore_support(found.targets, found.predicted)
    assert [one.precision for one in table.classes] == pytest.approx(precision.tolist())
    assert [one.recall for one in table.classes] == pytest.approx(recall.tolist())
    assert [one.f1 for one in table.classes] == pytest.approx(f1.tolist())
    assert [one.samples for one in table.classes] == samples.tolist()
    assert (table.confusion == metrics.confusion_matrix(found.targets, found.predicted)).all()
    assert table.macro_f1 == pytest.approx(f1.mean())
    assert all(one.precision in one.precision_interval for one in table.classes)
    assert all(one.f1 in one.f1_interval for one in table.classes)


def test_a_class_without_samples_is_not_the_worst() -> None:
    targets, answers = np.array([0, 0, 0, 2, 2, 3]), np.array([0, 0, 2, 0, 2, 3])
    outputs = np.eye(4, dtype=np.float32)[answers]
    table = class_table(SplitOutputs("validation", np.arange(6), targets, outputs, ("a", "b", "c", "d")))
    assert [one.label for one in table.worst_first] == ["c", "a", "d", "b"]


def test_the_confusion_matrix_follows_the_threshold() -> None:
    found = made.binary()
    assert class_table(found.decided(Decision(0.99))).confusion[1, 1] < class_table(found).confusion[1, 1]
