"""Measures the difference between two splits by how well a classifier separates their samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.datasets.dataset import Split
from engine.evaluation.audit import label_suspects
from engine.events import Preparation

MOST = 20_000
"""Samples of each split at most that are told apart."""

STAGE = "telling the splits apart"

NOTABLE = 0.6
"""The area from which on splits differ enough to say so."""


@dataclass(frozen=True, slots=True)
class Drift:
    """``auc`` is the area under the ROC curve of a classifier that tells samples of ``first`` from ``second``.

    0.5 says that it cannot; NaN where a split has too few samples.
    """

    first: str
    second: str
    auc: float


def find_drift(matrix: Any, split: Split) -> Preparation[Drift]:
    """Tell training samples from test samples (validation samples where there are none) by their inputs alone.

    The area is that of out-of-fold answers (the classifier two-sample test, Lopez-Paz and Oquab 2017).
    """
    from sklearn.metrics import roc_auc_score

    second = "test" if len(split.test) else "validation"
    random = np.random.default_rng(label_suspects.SEED)
    parts = [random.permutation(part)[:MOST] for part in (split.train, getattr(split, second))]
    if min(map(len, parts)) < 2:
        return Drift("train", second, float("nan"))
    origin = np.repeat([0, 1], [len(part) for part in parts])
    found = yield from label_suspects.out_of_fold(matrix[np.concatenate(parts)], origin, 2, STAGE)
    return Drift("train", second, float(roc_auc_score(origin, found[:, 1])))
