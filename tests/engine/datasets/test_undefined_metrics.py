"""Which metrics the samples of a split cannot have, and how values that were left out are shown."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.datasets.undefined_metrics import undefined_metrics, with_undefined
from tests.engine import tiny

DATASET = tiny.text()


@pytest.mark.parametrize(
    ("validation", "undefined"),
    [
        (np.flatnonzero(DATASET.targets == 1), {"val_auc"}),
        (np.flatnonzero(DATASET.targets == 0), {"val_auc", "val_recall"}),
        (np.arange(0), set()),
        (np.arange(30), set()),
    ],
    ids=["positive", "negative", "none", "both"],
)
def test_auc_needs_both_classes_and_recall_positive_samples(validation: np.ndarray, undefined: set[str]) -> None:
    split = replace(DATASET.split, validation=validation)
    assert undefined_metrics(replace(DATASET, split=split)) == undefined


def test_metrics_of_several_classes_and_of_numbers_are_always_defined() -> None:
    for dataset in (tiny.text(classes=4), tiny.columns()):
        split = replace(dataset.split, validation=dataset.split.validation[:1])
        assert undefined_metrics(replace(dataset, split=split)) == set()


def test_what_was_left_out_is_nan_where_the_samples_were_evaluated() -> None:
    shown = with_undefined({"loss": 0.5, "auc": 0.6, "val_loss": 0.4}, ("auc", "recall", "accuracy"))
    assert list(shown) == ["loss", "auc", "val_loss", "recall", "val_auc", "val_recall"]
    assert [name for name, value in shown.items() if math.isnan(value)] == ["recall", "val_auc", "val_recall"]
