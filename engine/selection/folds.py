"""Divides a data set into folds."""

from __future__ import annotations

import warnings

import numpy as np

from engine.datasets.dataset import Dataset, Split
from engine.errors import DataError


def divide(dataset: Dataset, count: int, seed: int) -> tuple[Split, ...]:
    """Divides the samples that are not test samples into ``count`` parts, each in turn held out for validation.

    Classes keep their shares in every fold (``sklearn.model_selection.StratifiedKFold``); a regression's samples
    are divided by ``KFold``; both are shuffled by the seed. Raises DataError where there are too few samples.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    samples = np.sort(np.concatenate([dataset.split.train, dataset.split.validation])).astype(np.int64)
    targets = dataset.targets[samples]
    if count < 2:
        raise DataError(f"{count} folds are too few: take at least 2")
    classes = targets.astype(np.int64)
    most = len(samples) if dataset.task == "regression" else int(np.bincount(classes).max(initial=0))
    if count > most:
        raise DataError(f"{dataset.title} has too few samples for {count} folds: take at most {most}")
    splitter = KFold if dataset.task == "regression" else StratifiedKFold
    with warnings.catch_warnings():
        # A class with fewer samples than folds is in some folds only: nothing can be done about that here.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        parts = list(splitter(count, shuffle=True, random_state=seed).split(samples, targets))
    return tuple(Split(samples[train], samples[held_out], samples[:0]) for train, held_out in parts)
