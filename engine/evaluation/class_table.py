"""The confusion matrix, and each class's precision, recall and F1 with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import intervals
from engine.evaluation.intervals import Interval
from engine.evaluation.metric_values import f1, share
from engine.evaluation.split_outputs import SplitOutputs


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Precision, recall and F1 of one class, NaN if undefined; ``predicted`` counts the samples assigned to it."""

    label: str
    samples: int
    predicted: int
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    f1: float
    f1_interval: Interval

    @property
    def values(self) -> tuple[tuple[float, Interval], ...]:
        """Precision, recall and F1, each with its interval."""
        return (
            (self.precision, self.precision_interval),
            (self.recall, self.recall_interval),
            (self.f1, self.f1_interval),
        )


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The confusion matrix (``confusion[i, j]``: samples of class ``i`` predicted as ``j``) and class scores."""

    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    classes: tuple[ClassScores, ...]
    accuracy: float
    accuracy_interval: Interval
    macro_f1: float

    @property
    def worst_first(self) -> list[ClassScores]:
        """Return the classes by F1, lowest first; those without F1 last."""
        return sorted(self.classes, key=lambda one: math.inf if math.isnan(one.f1) else one.f1)


def class_table(found: SplitOutputs) -> ClassTable:
    """Compute the table, equal to ``sklearn.metrics.precision_recall_fscore_support``."""
    count = max(len(found.labels), 2, found.outputs.shape[1])
    labels = (*found.labels, *(str(number) for number in range(len(found.labels), count)))
    cells = np.asarray(found.targets, np.int64) * count + found.predicted
    confusion = np.bincount(cells, minlength=count * count).reshape(count, count).astype(np.int64)
    classes = tuple(_scores(label, confusion, index) for index, label in enumerate(labels))
    present = [one.f1 for one in classes if one.samples or one.predicted]
    hits = int(np.trace(confusion))
    accuracy = share(hits, len(found))
    macro = float(np.mean(present)) if present else math.nan
    return ClassTable(labels, confusion, classes, accuracy, intervals.wilson(hits, len(found)), macro)


def _scores(label: str, confusion: NDArray[np.int64], index: int) -> ClassScores:
    hits = int(confusion[index, index])
    samples, predicted = int(confusion[index].sum()), int(confusion[:, index].sum())
    return ClassScores(
        label,
        samples,
        predicted,
        share(hits, predicted),
        intervals.wilson(hits, predicted),
        share(hits, samples),
        intervals.wilson(hits, samples),
        f1(hits, predicted, samples),
        intervals.f1(hits, predicted, samples),
    )
