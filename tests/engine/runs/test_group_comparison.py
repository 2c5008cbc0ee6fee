"""Groups of runs held against each other, and drawn as one curve."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.errors import StoreError
from engine.events import EpochEnded
from engine.experiment.model import Experiment, Training
from engine.runs import RunStore, RunSummary
from engine.runs.group_comparison import band, compare_groups
from tests.engine.fake_runs import FakeRun


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunSummary:
    """Some run, to make others of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        store = RunStore()
        list(store.record(FakeRun(Experiment(training=Training(epochs=2)))))
        return store.summaries()[0]


def group(run: RunSummary, values: list[float]) -> list[RunSummary]:
    """Runs with seeds 0, 1, 2 ... whose best validation losses are these."""
    return [replace(run, seed=seed, best={"val_loss": value}) for seed, value in enumerate(values)]


VALUES = st.lists(
    st.tuples(st.floats(-100, 100, width=16), st.floats(-100, 100, width=16)), min_size=2, max_size=12
)


@given(VALUES)
def test_is_scipys_paired_t_test(run: RunSummary, pairs: list[tuple[float, float]]) -> None:
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = compare_groups(group(run, one), group(run, other))
    assert found.difference == pytest.approx(np.mean(other) - np.mean(one), abs=1e-9)
    assert found.low <= found.difference <= found.high
    if np.std(np.subtract(other, one)) > 1e-9:
        expected = stats.ttest_rel(other, one)
        interval = expected.confidence_interval(0.95)
        assert found.p == pytest.approx(expected.pvalue, abs=1e-9)
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-7)
    else:
        assert found.p in (0.0, 1.0)


def test_says_whether_a_difference_is_within_the_noise(run: RunSummary) -> None:
    noise = compare_groups(group(run, [0.30, 0.31, 0.29, 0.30, 0.32]), group(run, [0.31, 0.30, 0.30, 0.29, 0.31]))
    assert noise.within_noise
    assert "within the noise" in str(noise)
    real = compare_groups(group(run, [0.30, 0.31, 0.29, 0.30, 0.32]), group(run, [0.25, 0.27, 0.24, 0.25, 0.26]))
    assert not real.within_noise
    assert str(real).startswith("val_loss: 0.3040 against 0.2540, difference -0.0500 [-0.0")


def test_pairs_by_seed_and_needs_two_pairs(run: RunSummary) -> None:
    ours, theirs = group(run, [1.0, 2.0, 3.0]), group(run, [1.5, 2.5, 4.0])
    assert compare_groups(ours, list(reversed(theirs))) == compare_groups(ours, theirs)
    assert compare_groups(ours[1:], theirs).seeds == (1, 2)
    with pytest.raises(StoreError, match="two seeds with a val_loss in both groups, and there are 1"):
        compare_groups(ours[:1], theirs)
    with pytest.raises(StoreError, match="two seeds with a test_accuracy in both groups, and there are 0"):
        compare_groups(ours, theirs, "test_accuracy")
    with pytest.raises(StoreError):
        compare_groups(group(run, [math.nan, math.nan]), theirs)


def test_a_group_is_drawn_as_its_mean_and_range() -> None:
    def curve(*losses: float) -> list[EpochEnded]:
        return [EpochEnded(index, {"loss": loss}, 0.1, True, 0.1) for index, loss in enumerate(losses, 1)]

    drawn = band([curve(3, 2), curve(1, 1, 5)], "loss")
    assert drawn.epochs == (1, 2, 3)
    assert drawn.mean == (2, 1.5, 5)
    assert (drawn.low, drawn.high) == ((1, 1, 5), (3, 2, 5))
    assert band([curve(1)], "val_loss").epochs == ()
