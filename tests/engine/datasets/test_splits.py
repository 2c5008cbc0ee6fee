"""Which rows train, validate and test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import splits
from engine.errors import DataError
from engine.experiment.model import Data


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.integers(0, 2**31 - 1))
def test_every_first_part_of_a_stratified_order_has_the_classes_of_the_whole(
    targets: list[int], seed: int
) -> None:
    classes = np.array(targets)
    order = splits.order(classes, seed)
    assert sorted(order.tolist()) == list(range(len(targets)))
    for label in np.unique(classes):
        share = (classes == label).mean()
        found = np.cumsum(classes[order] == label)
        wanted = share * np.arange(1, len(targets) + 1)
        assert (np.abs(found - wanted) <= len(np.unique(classes))).all()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.integers(0, 2**31 - 1))
def test_a_stratified_order_ranks_each_class_at_random_and_breaks_ties_at_random(
    targets: list[int], seed: int
) -> None:
    classes, random = np.array(targets), np.random.default_rng(seed)
    positions = np.empty(len(targets))
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        positions[members] = (random.permutation(len(members)) + 0.5) / len(members)
    wanted = np.lexsort((random.random(len(targets)), positions))
    assert splits.stratified_order(classes, seed).tolist() == wanted.tolist()


def test_the_same_seed_gives_the_same_order() -> None:
    targets = np.arange(100) % 3
    assert splits.order(targets, 7).tolist() == splits.order(targets, 7).tolist()
    assert splits.order(targets, 7).tolist() != splits.order(targets, 8).tolist()
    values = targets.astype(np.float32)
    assert sorted(splits.order(values, 7).tolist()) == list(range(100))


@pytest.mark.parametrize(
    ("data", "train", "validation"),
    [
        (Data(), 75, 25),
        (Data(validation=40), 60, 40),
        (Data(validation=0.1), 90, 10),
        (Data(rows=20), 15, 5),
        (Data(rows=20, validation=0.5), 10, 10),
        (Data(rows=1000), 75, 25),
        (Data(validation=0.001), 99, 1),
    ],
)
def test_the_experiment_says_how_many_samples_validate(data: Data, train: int, validation: int) -> None:
    pool = np.arange(100, 200)
    split = splits.split(pool, np.arange(100), 25, data)
    assert (len(split.train), len(split.validation), len(split.test)) == (train, validation, 100)
    assert not set(split.train) & set(split.validation)
    assert set(split.train) | set(split.validation) <= set(pool)


@pytest.mark.parametrize("data", [Data(validation=100), Data(rows=10, validation=10), Data(validation=0.999)])
def test_samples_must_be_left_to_train_on(data: Data) -> None:
    with pytest.raises(DataError, match=r"data\.validation = .* leaves no sample to train on"):
        splits.split(np.arange(100), np.arange(0), 25, data)
