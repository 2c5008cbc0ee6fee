"""Figures over many held-out answers: how sure, how often wrong, what is taken for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.tui.experiment.held_out_filter import sureness
from workbench.tui.sessions.protocol import HeldOut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10
"""Bars of a histogram."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The answers from ``low`` to ``high``: how many are right, and how many wrong."""

    low: float
    high: float
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How the network does on one class; NaN where there is nothing to divide by.

    ``precision`` is the share of the answers "this class" that are right, ``recall`` the share of the class's
    rows that are found, ``support`` the number of those rows.
    """

    number: int
    precision: float
    recall: float
    support: int


def histogram(held_out: HeldOut) -> tuple[Bar, ...]:
    """Answers by the predicted probability: of the second class for one output, else of the predicted class."""
    import numpy as np

    from engine.prediction.predictor import classes_of

    outputs = held_out.outputs
    values = outputs[:, 0] if outputs.shape[1] == 1 else sureness(outputs)
    right = classes_of(outputs) == held_out.targets
    edges = np.linspace(0, 1, BINS + 1)
    counts = [np.histogram(values[mask].clip(0, 1), edges)[0] for mask in (right, ~right)]
    return tuple(Bar(edges[n], edges[n + 1], int(counts[0][n]), int(counts[1][n])) for n in range(BINS))


def confusion(held_out: HeldOut, classes: int) -> NDArray[np.int64]:
    """How often a row of a class (down) was taken for another (across): of shape (classes, classes)."""
    import numpy as np

    from engine.prediction.predictor import classes_of

    predicted = classes_of(held_out.outputs)
    size = max(classes, int(predicted.max(initial=0)) + 1, int(held_out.targets.max(initial=0)) + 1)
    places = held_out.targets.astype(np.int64) * size + predicted
    return np.bincount(places, minlength=size * size).reshape(size, size)


def by_class(matrix: NDArray[np.int64]) -> tuple[ClassFigures, ...]:
    """Precision and recall of each class, as ``sklearn.metrics.precision_recall_fscore_support`` has them."""
    said, there, right = matrix.sum(axis=0), matrix.sum(axis=1), matrix.diagonal()
    return tuple(
        ClassFigures(
            number, _share(right[number], said[number]), _share(right[number], there[number]), int(there[number])
        )
        for number in range(len(matrix))
    )


def confused(matrix: NDArray[np.int64], count: int) -> tuple[tuple[int, int, int], ...]:
    """The pairs (true class, predicted class, how often) that are confused most often."""
    import numpy as np

    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = wrong.ravel().argsort(kind="stable")[::-1][:count]
    size = len(matrix)
    return tuple((int(p) // size, int(p) % size, int(wrong.flat[p])) for p in order if wrong.flat[p])


def _share(part: int, whole: int) -> float:
    return int(part) / int(whole) if whole else float("nan")
