"""Paired tests against SciPy's and formulas, and what they say in words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from engine.errors import DataError
from engine.evaluation import chance, paired_tests
from tests.engine.evaluation import made
from tests.fresh_process import printed


def answers(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    ours = np.repeat([True, True, False, False], [both, first, second, neither])
    theirs = np.repeat([True, False, True, False], [both, first, second, neither])
    return ours, theirs


@pytest.mark.parametrize("cells", [(4300, 90, 120, 490), (80, 3, 12, 5), (50, 0, 0, 50), (10, 7, 0, 3)])
def test_mcnemar_is_statsmodels_exact_one(cells: tuple[int, int, int, int]) -> None:
    both, first, second, neither = cells
    found = paired_tests.mcnemar("1", "2", *answers(*cells))
    known = statsmodels_mcnemar([[both, first], [second, neither]], exact=True)
    assert found.p == pytest.approx(known.pvalue)
    assert found.differing == first + second
    assert found.difference == pytest.approx((second - first) / sum(cells))
    assert found.difference in found.interval


def test_the_interval_of_a_difference_covers_it_95_times_of_100() -> None:
    random = np.random.default_rng(0)
    drawn = random.multinomial(400, (0.82, 0.05, 0.07, 0.06), 3000)
    held = [0.02 in paired_tests._paired_proportions(int(row[2]), int(row[1]), 400) for row in drawn]
    assert 0.93 <= np.mean(held) <= 0.97


def test_verdicts_are_words() -> None:
    equal = paired_tests.mcnemar("1", "2", *answers(4300, 100, 110, 490), noun="reviews")
    assert equal.verdict == "no difference that 5,000 reviews can show (p = 0.53)"
    assert not equal.distinct
    better = paired_tests.mcnemar("1", "2", *answers(4200, 100, 220, 480), noun="reviews")
    assert better.verdict == "2 is better than 1 by 2.4 points [1.7, 3.1] on 5,000 reviews (p < 0.001)"
    assert paired_tests.mcnemar("1", "2", *answers(4200, 220, 100, 480)).verdict.startswith("1 is better than 2")
    assert better.interval == (pytest.approx(0.017, abs=1e-3), pytest.approx(0.031, abs=1e-3))


def test_errors_are_permuted_as_scipy_does() -> None:
    ours, theirs = made.values(noise=2.0), made.values(noise=3.0)
    found = paired_tests.compare_outputs("1", "2", ours, theirs)
    gaps = np.abs(theirs.errors[:, 0]) - np.abs(ours.errors[:, 0])
    assert found.method == "permutation"
    assert found.metric == "mae"
    assert found.difference == pytest.approx(gaps.mean())
    assert found.p == pytest.approx(stats.ttest_1samp(gaps, 0).pvalue, abs=0.01)
    assert found.verdict.startswith("1 is better than 2 by")


def test_few_signs_are_permuted_exactly() -> None:
    assert paired_tests.permutation(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 8)
    assert paired_tests.permutation(np.zeros(5)) == 1.0


def test_only_shared_samples_are_compared() -> None:
    ours = made.binary()
    theirs = ours.take(np.arange(399, 99, -1))
    found = paired_tests.compare_outputs("1", "2", ours, theirs)
    assert (found.samples, found.p, found.differing) == (300, 1.0, 0)
    with pytest.raises(DataError, match="no held-out sample in common"):
        paired_tests.compare_outputs("1", "2", ours, replace(theirs, indices=theirs.indices + 1000))


def test_seeds_are_compared_by_the_paired_t_test() -> None:
    ours, theirs = np.array([0.30, 0.31, 0.29, 0.32]), np.array([0.28, 0.30, 0.28, 0.29])
    found = paired_tests.over_seeds("1", "2", "val_loss", ours, theirs)
    assert found.p == pytest.approx(stats.ttest_rel(theirs, ours).pvalue)
    assert found.verdict.startswith("2 is better than 1 by 0.0175 val_loss")
    assert paired_tests.over_seeds("1", "2", "val_accuracy", ours, ours).p == 1.0
    assert paired_tests.over_seeds("1", "2", "val_accuracy", ours, ours + 0.1).verdict.startswith("2 is better")


@pytest.mark.parametrize(("count", "known"), [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (40, 2.1608)])
def test_the_expected_maximum_is_the_order_statistics(count: int, known: float) -> None:
    assert chance.expected_maximum(count) == pytest.approx(known, abs=1e-4)


def test_the_lead_of_equal_settings_is_what_simulation_gives() -> None:
    random = np.random.default_rng(0)
    drawn = 0.88 + random.normal(0, 0.02, (500, 1, 4)) + random.normal(0, 0.01, (500, 12, 4))
    leads = [one.mean(axis=1).max() - one.mean() for one in drawn]
    expected = [chance.lead_by_chance(one) for one in drawn]
    assert np.mean(expected) == pytest.approx(np.mean(leads), rel=0.05)
    assert chance.lead_by_chance(drawn[0][:1]) == 0
    assert chance.lead_by_sampling(0.88, 40, 5000) == pytest.approx(
        2.1608 * math.sqrt(0.88 * 0.12 / 5000), rel=1e-3
    )


def test_accuracies_are_compared_without_importing_all_of_scipy() -> None:
    code = (
        "import sys, numpy as np; from engine.evaluation import chance, paired_tests;"
        "right = np.array([True, False, True]); p = paired_tests.mcnemar('1', '2', right, ~right).p;"
        "print(p, chance.expected_maximum(2), 'scipy.stats' in sys.modules)"
    )

    assert printed(code).split() == ["1.0", str(chance.expected_maximum(2)), "False"]
