"""Finds metrics that are undefined on some samples for any prediction. Cheap to import.

An undefined metric is left out of a run's logs and scores, and shown as n/a (null in JSON).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset

PARTS = ("", "val_", "eval_", "test_")
"""Prefixes of metrics in the history: training, validation, evaluated training and test samples."""


NEED_CLASSES = ("auc", "recall")
"""The metrics that need samples of certain classes; all others are always defined."""


def undefined_metrics(dataset: Dataset) -> frozenset[str]:
    """Return the history names of the metrics that are undefined on their samples.

    AUC needs samples of both classes and recall needs positive ones; Keras reports 0 without them.
    """
    if dataset.task != "binary":
        return frozenset()
    split = dataset.split
    found = []
    for prefix, samples in zip(PARTS, (split.train, split.validation, split.train, split.test), strict=True):
        positive = dataset.targets[samples] == 1
        if len(samples) and not positive.any():
            found += [f"{prefix}auc", f"{prefix}recall"]
        elif len(samples) and positive.all():
            found.append(f"{prefix}auc")
    return frozenset(found)


def with_undefined(values: Mapping[str, float], metrics: Sequence[str]) -> dict[str, float]:
    """Return logs or scores of an experiment with these metrics, with NaN for undefined ones.

    Samples with a loss have been evaluated, so metrics that they lack are undefined.
    """
    named = [name for name in metrics if name in NEED_CLASSES]
    expected = [prefix + name for prefix in PARTS if f"{prefix}loss" in values for name in named]
    return {**values, **{name: math.nan for name in expected if name not in values}}
