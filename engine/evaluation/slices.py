"""Scores on slices of the held-out samples: by length, word, class, column and category."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, take
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Column, Table
from engine.datasets.text import FIRST
from engine.errors import DataError
from engine.evaluation import intervals
from engine.evaluation.audit.duplicates import distinct_words
from engine.evaluation.intervals import Interval
from engine.evaluation.split_outputs import SplitOutputs

Named = tuple[str, NDArray[np.bool_]]
"""A slice's name and its samples: bool of shape (samples,)."""

FEWEST = 20
"""Minimum number of samples in a slice."""

PARTS = 4
"""Number of equally large slices by a number."""

CATEGORIES = 10
"""Maximum number of distinct values of a column that is a category."""

WORDS = 200
"""Number of most frequent words that are slices; words in more than half of the samples are not."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The samples for which ``name`` holds, such as "words 120 to 174", and their score with its interval.

    The score is accuracy or, for regression, mean absolute error; ``rest`` is the score of all other samples,
    ``gap`` the number of standard errors by which the slice is worse than them.
    """

    name: str
    samples: int
    score: float
    interval: Interval
    rest: float
    gap: float


def slices(found: SplitOutputs, dataset: Dataset) -> tuple[Slice, ...]:
    """Return the slices of these samples, those most significantly worse than the other samples first."""
    masks = _masks(found, dataset)
    made = [one for name, mask in masks if (one := slice_of(found, name, mask)) is not None]
    return tuple(sorted(made, key=lambda one: -one.gap))


def slice_of(found: SplitOutputs, name: str, mask: NDArray[np.bool_]) -> Slice | None:
    """Return the slice of the samples in ``mask``; None if these, or the others, are too few."""
    if min(mask.sum(), (~mask).sum()) < FEWEST:
        return None
    merits = -np.abs(found.errors[:, 0]) if found.regression else found.correct.astype(np.float64)
    ours, rest = merits[mask], merits[~mask]
    error = float(merits.std()) * math.sqrt(1 / len(ours) + 1 / len(rest))
    gap = float(rest.mean() - ours.mean()) / error if error else 0.0
    sign = -1 if found.regression else 1
    interval = intervals.mean(-ours) if found.regression else intervals.wilson(int(ours.sum()), len(ours))
    return Slice(name, len(ours), sign * float(ours.mean()), interval, sign * float(rest.mean()), gap)


def with_word(found: SplitOutputs, dataset: Dataset, word: str) -> NDArray[np.bool_]:
    """Return which samples contain a word: bool of shape (samples,)."""
    samples = take(dataset.samples, found.indices)
    number = dataset.vocabulary.by_word.get(word.lower(), -1) if dataset.vocabulary else -1
    if not isinstance(samples, Ragged):
        return np.zeros(len(found), bool)
    held = np.zeros(len(found), bool)
    held[np.repeat(np.arange(len(samples)), samples.lengths)[samples.values == number]] = True
    return held


_LENGTH = re.compile(r"^length\s*(<=|>=|<|>)\s*(\d+)$")
_COMPARED: Mapping[str, Callable[[NDArray[Any], int], NDArray[np.bool_]]] = {
    "<": lambda lengths, bound: lengths < bound,
    ">": lambda lengths, bound: lengths > bound,
    "<=": lambda lengths, bound: lengths <= bound,
    ">=": lambda lengths, bound: lengths >= bound,
}


def where(found: SplitOutputs, dataset: Dataset, asked: str) -> NDArray[np.bool_]:
    """Return which samples match ``asked``, bool of shape (samples,): the name of a slice, a length, or a word.

    Lengths are in words, as in ``length>200``. Raises DataError for a length if the samples are not texts.
    """
    named = next((mask for name, mask in _masks(found, dataset) if name == asked), None)
    if named is not None:
        return named
    if (length := _LENGTH.match(asked)) is None:
        return with_word(found, dataset, asked)
    samples = take(dataset.samples, found.indices)
    if not isinstance(samples, Ragged) or dataset.vocabulary is None:
        raise DataError(f"{asked}: the samples of {dataset.title} are not texts and have no length")
    return _COMPARED[length[1]](_word_counts(samples), int(length[2]))


def _word_counts(samples: Ragged) -> NDArray[np.int64]:
    """Return the number of words of each text, without the start mark."""
    return samples.lengths - 1


def _masks(found: SplitOutputs, dataset: Dataset) -> Iterator[Named]:
    samples = take(dataset.samples, found.indices)
    for number, label in enumerate(found.labels):
        yield f"class {label}", np.asarray(found.targets == number)
    if isinstance(samples, Ragged) and dataset.vocabulary is not None:
        yield from _by_number("words", _word_counts(samples).astype(np.float64))
        yield from _by_word(samples, dataset.vocabulary.words)
    elif isinstance(samples, Table):
        for column in samples.columns:
            yield from _by_table_column(column)
    elif isinstance(samples, np.ndarray):
        for index, name in enumerate(dataset.columns):
            yield from _by_column(name, samples[:, index].astype(np.float64))


def _by_column(name: str, values: NDArray[np.float64]) -> Iterator[Named]:
    distinct = np.unique(values)
    if len(distinct) <= CATEGORIES:
        for value in distinct.tolist():
            yield f"{name} {value:g}", values == value
    else:
        yield from _by_number(name, values)


def _by_table_column(column: Column) -> Iterator[Named]:
    """Yield slices by a column's values: each value if they are few, else ranges of numbers; none for texts."""
    if column.distinct <= CATEGORIES:
        labels, codes = column.classes()
        for number, label in enumerate(labels):
            yield f"{column.name} {label}", codes == number
    elif column.kind == "number":
        values = np.where(column.missing, np.nan, column.values.astype(np.float64))
        yield from _by_number(column.name, values)
    if column.missing.any():
        yield f"{column.name} missing", column.missing


def _by_number(name: str, values: NDArray[np.float64]) -> Iterator[Named]:
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, PARTS + 1)))
    for index, (low, high) in enumerate(pairwise(edges.tolist())):
        above = values >= low if index == 0 else values > low
        yield f"{name} {low:g} to {high:g}", above & (values <= high)


def _by_word(samples: Ragged, words: tuple[str, ...]) -> Iterator[Named]:
    sets = distinct_words(samples)
    counts = np.bincount(sets.values, minlength=FIRST)
    counts[:FIRST] = 0
    counts[counts > len(samples) / 2] = 0
    number = np.repeat(np.arange(len(samples)), sets.lengths)
    for column in np.argsort(-counts, kind="stable")[:WORDS].tolist():
        if counts[column] >= FEWEST and column - FIRST < len(words):
            mask = np.zeros(len(samples), bool)
            mask[number[sets.values == column]] = True
            yield f"with “{words[column - FIRST]}”", mask
