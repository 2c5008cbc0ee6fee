"""Measures the difference between two splits by how well a classifier separates their samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.datasets.dataset import Split
from engine.evaluation.audit import label_suspects
from engine.events import Preparation

MOST = 20_000
"""Maximum number of samples used per split."""

STAGE = "comparing the splits"

NOTABLE = 0.6
"""Area under the ROC curve from which a difference between splits is reported."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The area under the ROC curve (``auc``) of a classifier that separates samples of ``first`` and ``second``.

    0.5 means that it cannot; NaN if a split has too few samples.
    """

    first: str
    second: str
    auc: float


def find_drift(matrix: Any, split: Split) -> Preparation[Drift]:
    """Separate training from test samples (validation samples if there are none) by their inputs.

    The area is that of out-of-fold predictions (classifier two-sample test, Lopez-Paz and Oquab 2017).
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
