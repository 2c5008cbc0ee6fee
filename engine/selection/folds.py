"""Divides a data set into folds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, Split
from engine.errors import DataError


def divide(dataset: Dataset, count: int, seed: int) -> tuple[Split, ...]:
    """Divide the samples, except test samples, into ``count`` parts, each held out for validation in turn.

    Folds are stratified by class (``sklearn.model_selection.StratifiedKFold``); regression uses ``KFold``. If the
    data set has groups, all samples of a group are in the same fold (``StratifiedGroupKFold``, ``GroupKFold``).
    All are shuffled by the seed. If the data set is split by time, each fold validates on later samples than it
    trains on (``TimeSeriesSplit``). Raises DataError if there are too few samples or groups.
    """
    samples = np.sort(np.concatenate([dataset.split.train, dataset.split.validation])).astype(np.int64)
    if count < 2:
        raise DataError(f"{count} folds are too few: use at least 2")
    groups = None if dataset.groups is None else dataset.groups[samples]
    _check_count(dataset, samples, groups, count)
    if dataset.times is not None:
        samples = samples[np.argsort(dataset.times[samples], kind="stable")]
    targets = dataset.targets[samples]
    with warnings.catch_warnings():
        # A class with fewer samples than folds occurs in some folds only, which cannot be helped here.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        parts = list(_splitter(dataset, count, seed).split(samples, targets, groups))
    return tuple(Split(samples[train], samples[held_out], samples[:0]) for train, held_out in parts)


def _splitter(dataset: Dataset, count: int, seed: int) -> Any:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

    if dataset.times is not None:
        return TimeSeriesSplit(count)
    regression = dataset.task == "regression"
    if dataset.groups is None:
        splitter = KFold if regression else StratifiedKFold
    else:
        splitter = GroupKFold if regression else StratifiedGroupKFold
    return splitter(count, shuffle=True, random_state=seed)


def _check_count(
    dataset: Dataset, samples: NDArray[np.int64], groups: NDArray[np.int64] | None, count: int
) -> None:
    if groups is not None and count > (distinct := len(np.unique(groups))):
        raise DataError(f"{dataset.title} has too few groups for {count} folds: use at most {distinct}")
    classes = dataset.targets[samples].astype(np.int64)
    most = len(samples) if dataset.task == "regression" else int(np.bincount(classes).max(initial=0))
    most = len(samples) - 1 if dataset.times is not None else most
    if count > most:
        raise DataError(f"{dataset.title} has too few samples for {count} folds: use at most {most}")
