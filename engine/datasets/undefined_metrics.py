"""Tells which metrics are undefined on which samples, whatever is predicted. Cheap to import.

An undefined metric is left out of a run's logs and scores, and shown as n/a (null in JSON).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset

PARTS = ("", "val_", "eval_", "test_")
"""What stands before a metric's name in the history: training, validation, evaluated training and test samples."""


NEED_CLASSES = ("auc", "recall")
"""The metrics that need samples of certain classes; all others are defined on any."""


def undefined_metrics(dataset: Dataset) -> frozenset[str]:
    """The history names of the metrics that are undefined on the samples they are of.

    AUC needs samples of both classes and recall needs positive ones; Keras reports 0 where they are missing.
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
    """The logs or scores of an experiment with these metrics, those that were left out as NaN.

    Samples whose loss is there have been evaluated: what they lack is undefined on them.
    """
    named = [name for name in metrics if name in NEED_CLASSES]
    expected = [prefix + name for prefix in PARTS if f"{prefix}loss" in values for name in named]
    return {**values, **{name: math.nan for name in expected if name not in values}}
