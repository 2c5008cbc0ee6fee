"""The target of a user's table: class numbers with labels, or numbers to predict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Task
from engine.datasets.readers.table import Column
from engine.errors import DataError, listed
from engine.experiment.model import Data
from engine.system.suggest import alike, shown

MOST_WHOLE_CLASSES = 20
"""Number of different whole numbers in a target beyond which they are not classes."""

SAMPLES_OF_A_CLASS = 3
"""Average number of samples per whole number below which they are not classes."""

MOST_CLASSES = 1000

LARGEST_WHOLE = 2**53
"""From here on float64 does not distinguish consecutive whole numbers."""

_LIST = re.compile(r"""\[[^\[\]]*[,;][^\[\]]*\]|\[("[^"]*"|'[^']*')?\]|-?[\d.]+(\s*[;|]\s*-?[\d.]+)+""")
_QUOTED = re.compile(r"""\[\s*["']""")
_LABELS = re.compile(r"\s*[|;,]\s*")


@dataclass(frozen=True, slots=True)
class Target:
    """The prediction target: class numbers (int64) with labels, or numbers (float64) without."""

    name: str
    task: Task
    values: NDArray[Any]
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def target_of(column: Column, data: Data, title: str) -> Target:
    """Read the target from a column without missing values; raises DataError with ``title`` if unsuitable."""
    if column.kind == "date":
        raise DataError(f"{title}: the target {column.name!r} holds dates: name another column with data.target")
    if data.task == "regression" and column.kind != "number":
        raise DataError(f"{title}: data.task is regression, and the target {column.name!r} is not all numbers")
    if column.kind != "number" or data.task == "classes":
        return _classes(column, data, title, "")
    if data.task == "regression" or not _few_whole_numbers(column):
        return _numbers(column)
    how = "; data.task = 'regression' predicts them as numbers"
    return _classes(column, data, title, how)


def _few_whole_numbers(column: Column) -> bool:
    different = column.distinct
    few = different <= MOST_WHOLE_CLASSES and different * SAMPLES_OF_A_CLASS <= len(column)
    return few and column.is_whole and bool(np.abs(column.values).max() < LARGEST_WHOLE)


def _numbers(column: Column) -> Target:
    values = column.values.astype(np.float64)
    note = f"The target is the column {column.name!r}, predicted as a number (regression)."
    if column.is_whole and column.distinct <= MOST_WHOLE_CLASSES:
        note = note[:-1] + "; data.task = 'classes' takes each whole number as a class."
    return Target(column.name, "regression", values, (), (note,))


def _classes(column: Column, data: Data, title: str, how: str) -> Target:
    labels, codes = column.classes()
    if len(labels) < 2:
        raise DataError(
            f"{title}: the target {column.name!r} is {shown(labels[0])} in every row: there is nothing to learn"
            if labels
            else f"{title}: the target {column.name!r} is empty"
        )
    if all(_LIST.fullmatch(label) for label in labels) and (len(labels) > 2 or _QUOTED.search(labels[0])):
        raise DataError(
            f"{title}: the target {column.name!r} holds lists, as {shown(labels[0])}: several outputs are not "
            "predicted"
        )
    if len(labels) > min(MOST_CLASSES, len(codes) // 2):
        raise DataError(
            f"{title}: the target {column.name!r} has {len(labels):,} different values in {len(codes):,} rows, "
            "too many for classes: name another column with data.target"
        )
    if data.task is None:
        _refuse_several(column.name, labels, title)
    note = f"The target is the column {column.name!r}, taken as {len(labels)} classes{how}."
    counts = np.bincount(codes, minlength=len(labels)).tolist()
    task: Task = "binary" if len(labels) == 2 else "classes"
    return Target(column.name, task, codes, labels, (note, *lone_notes(labels, counts), *_spelt(labels)))


def _refuse_several(name: str, labels: Sequence[str], title: str) -> None:
    """Raise DataError for a target whose values combine several labels."""
    parts = [_LABELS.split(label.strip("[]")) for label in labels]
    several = [found for found in parts if len(found) > 1 and all(found)]
    counts = Counter(part for found in parts for part in found)
    shared = sum(all(counts[part] > 1 for part in found) for found in several)
    made_up = any(all(part in labels for part in found) for found in several)
    if len(labels) > 2 and several and (shared * 2 >= len(labels) or made_up):
        example = shown(labels[parts.index(several[0])])
        raise DataError(
            f"{title}: the target {name!r} holds several labels at once ({example}): "
            "multi-label targets are not predicted; data.task = 'classes' takes each combination as a class"
        )


def lone_notes(labels: Sequence[str], counts: Sequence[int]) -> Iterator[str]:
    """Return notes on classes with too few samples for training, validation and test."""
    lone = [label for label, count in zip(labels, counts, strict=True) if count == 1]
    pairs = [label for label, count in zip(labels, counts, strict=True) if count == 2]
    if lone:
        yield f"{_named(lone)} 1 sample and can be neither validated nor tested: merge or collect more."
    if pairs:
        yield f"{_named(pairs)} 2 samples: training, validation and test cannot all have one."


def _spelt(labels: Sequence[str]) -> Iterator[str]:
    """Return a note on classes that differ only in case or blanks."""
    several = [" and ".join(map(shown, found)) for found in alike(labels)]
    if several:
        yield (
            f"Classes differ only in case or blanks: {'; '.join(listed(several))}. Write them "
            "alike if they are one class."
        )


def _named(labels: Sequence[str]) -> str:
    names = ", ".join(listed([shown(label) for label in labels]))
    return f"Class {names} has" if len(labels) == 1 else f"The classes {names} have"
