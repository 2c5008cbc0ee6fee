"""Renders a sample as text, without a network's features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.datasets.dataset import Dataset, sample_at
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.datasets.text import FIRST


def readable(dataset: Dataset, index: int) -> str:
    """Return a sample's text, its words, or its columns with their values, on one line."""
    if dataset.original is not None:
        return " ".join(dataset.original(index).split())
    if isinstance(dataset.samples, Table):
        columns = dataset.samples.take(np.array([index])).columns
        return " ".join(f"{column.name} {' '.join(column.texts()[0].split())}" for column in columns)
    sample: Any = sample_at(dataset.samples, index)
    if isinstance(sample, Ragged):
        return _sparse(sample, dataset.columns)
    if dataset.vocabulary is None:
        return " ".join(f"{name} {value:g}" for name, value in zip(dataset.columns, sample.tolist(), strict=False))
    words = dataset.vocabulary.words
    return " ".join(
        words[number - FIRST] if 0 <= number - FIRST < len(words) else "?"
        for number in sample.tolist()
        if number >= 2
    )


def _sparse(sample: Ragged, names: Sequence[str]) -> str:
    weights = sample.values if sample.weights is None else sample.weights
    pairs = zip(sample.values.tolist(), weights.tolist(), strict=True)
    return " ".join(f"{names[column]} {value:g}" for column, value in pairs)
