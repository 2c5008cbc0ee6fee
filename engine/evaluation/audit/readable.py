"""A sample as a person reads it, without a network's features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.datasets.dataset import Dataset, sample_at
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.datasets.text import FIRST


def readable(dataset: Dataset, index: int) -> str:
    """A sample's own text, its words, or its columns with their values, on one line."""
    if dataset.original is not None:
        return " ".join(dataset.original(index).split())
    if isinstance(dataset.rows, Table):
        columns = dataset.rows.take(np.array([index])).columns
        return " ".join(f"{column.name} {' '.join(column.texts()[0].split())}" for column in columns)
    if isinstance(dataset.rows, Ragged) and dataset.rows.weights is not None:
        return _sparse(dataset.rows.take(np.array([index])), dataset.columns)
    if isinstance(dataset.rows, Table):
        row = dataset.rows.take(np.array([index]))
        return " ".join(f"{column.name} {column.texts()[0]}" for column in row.columns)
    sample: Any = sample_at(dataset.rows, index)
    if isinstance(sample, Ragged):
        named = zip(
            sample.values.tolist(),
            (sample.weights if sample.weights is not None else sample.values).tolist(),
            strict=True,
        )
        return " ".join(f"{dataset.columns[number]} {value:g}" for number, value in named)
    if dataset.vocabulary is None:
        return " ".join(f"{name} {value:g}" for name, value in zip(dataset.columns, sample.tolist(), strict=False))
    words = dataset.vocabulary.words
    return " ".join(
        words[number - FIRST] if 0 <= number - FIRST < len(words) else "?"
        for number in sample.tolist()
        if number >= 2
    )


def _sparse(row: Ragged, names: Sequence[str]) -> str:
    weights = row.values if row.weights is None else row.weights
    pairs = zip(row.values.tolist(), weights.tolist(), strict=True)
    return " ".join(f"{names[column]} {value:g}" for column, value in pairs)
