"""A sample as a person reads it, without a network's features."""

from __future__ import annotations

import numpy as np

from engine.datasets.dataset import Dataset
from engine.datasets.text import FIRST


def readable(dataset: Dataset, index: int) -> str:
    """A sample's own text, its words, or its columns with their values, on one line."""
    if dataset.original is not None:
        return " ".join(dataset.original(index).split())
    row = np.asarray(dataset.rows[index])
    if dataset.vocabulary is None:
        return " ".join(f"{name} {value:g}" for name, value in zip(dataset.columns, row.tolist(), strict=False))
    words = dataset.vocabulary.words
    return " ".join(
        words[number - FIRST] if 0 <= number - FIRST < len(words) else "?"
        for number in row.tolist()
        if number >= 2
    )
