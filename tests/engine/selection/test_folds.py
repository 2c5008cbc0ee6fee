"""Folds depend on the seed alone, keep groups together and hold out every sample once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.errors import DataError
from engine.selection.folds import divide
from tests.engine import tiny


def test_folds_hold_out_every_sample_once_and_no_test_sample() -> None:
    dataset = tiny.columns(task="classes")
    parts = divide(dataset, 3, seed=1)
    held_out = np.concatenate([part.validation for part in parts])
    kept = np.concatenate([dataset.split.train, dataset.split.validation])
    assert sorted(held_out.tolist()) == sorted(kept.tolist())
    for part in parts:
        assert not set(part.train.tolist()) & set(part.validation.tolist())
        assert len(part.train) + len(part.validation) == len(kept)
        shares = np.bincount(dataset.targets[part.validation].astype(int)) / len(part.validation)
        assert shares == pytest.approx(np.bincount(dataset.targets[kept].astype(int)) / len(kept), abs=0.05)


def test_folds_depend_on_the_seed_alone() -> None:
    dataset = tiny.columns()
    first, same, other = (divide(dataset, 4, seed)[0].validation.tolist() for seed in (1, 1, 2))
    assert first == same != other


@pytest.mark.parametrize("task", ["regression", "classes"])
def test_folds_keep_the_samples_of_a_group_together(task: Any) -> None:
    dataset = tiny.columns(task=task)
    grouped = replace(dataset, groups=np.arange(len(dataset.targets)) // 6)
    parts = divide(grouped, 3, seed=1)
    for part in parts:
        assert not set(grouped.groups[part.train].tolist()) & set(grouped.groups[part.validation].tolist())
    assert [part.validation.tolist() for part in divide(grouped, 3, seed=1)] == [
        p.validation.tolist() for p in parts
    ]
    with pytest.raises(DataError, match="has too few groups for 16 folds: use at most 15"):
        divide(grouped, 16, seed=1)


def test_folds_of_data_split_by_time_validate_on_later_samples_only() -> None:
    dataset = tiny.columns()
    times = np.random.default_rng(2).permutation(len(dataset.targets))
    parts = divide(replace(dataset, times=times), 4, seed=1)
    assert len(parts) == 4
    assert all(times[part.train].max() < times[part.validation].min() for part in parts)
    assert [len(part.train) for part in parts] == sorted({len(part.train) for part in parts})
    with pytest.raises(DataError, match="at most 71"):
        divide(replace(dataset, times=times), 72, seed=1)


def test_too_few_samples_or_folds_are_refused() -> None:
    with pytest.raises(DataError, match="at least 2"):
        divide(tiny.columns(), 1, seed=1)
    with pytest.raises(DataError, match="at most 72"):
        divide(tiny.columns(), 73, seed=1)
