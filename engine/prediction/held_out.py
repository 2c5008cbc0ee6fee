"""Many held-out predictions at once: selection, confidence histogram and confusions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.prediction.answers import HeldOut, HeldOutAnswer, classes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10
"""Number of bars of a histogram."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The predictions from ``low`` to ``high``: how many are right, and how many wrong."""

    low: float
    high: float
    right: int
    wrong: int


def histogram(held_out: HeldOut) -> tuple[Bar, ...]:
    """Count predictions by probability: of the second class for one output, else of the predicted class."""
    import numpy as np

    outputs = held_out.outputs
    values = outputs[:, 0] if outputs.shape[1] == 1 else sureness(outputs, held_out.predicted)
    right = held_out.predicted == held_out.targets
    edges = np.linspace(0, 1, BINS + 1)
    counts = [np.histogram(values[mask].clip(0, 1), edges)[0] for mask in (right, ~right)]
    return tuple(Bar(edges[n], edges[n + 1], int(counts[0][n]), int(counts[1][n])) for n in range(BINS))


def confused(matrix: NDArray[np.int64], count: int) -> tuple[tuple[int, int, int], ...]:
    """Return the most frequent confusions as (true class, predicted class, count)."""
    import numpy as np

    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = wrong.ravel().argsort(kind="stable")[::-1][:count]
    size = len(matrix)
    return tuple((int(p) // size, int(p) % size, int(wrong.flat[p])) for p in order if wrong.flat[p])


def sureness(outputs: NDArray[np.float32], predicted: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the predicted class's probability for each sample."""
    import numpy as np

    if outputs.shape[1] == 1:
        return np.asarray(np.where(predicted == 1, outputs[:, 0], 1 - outputs[:, 0]))
    return np.asarray(outputs.max(axis=1))


def selected(
    held_out: HeldOut, kind: str, task: str, label: int = 0, among: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return the positions in ``held_out`` that a filter keeps, in listing order.

    ``kind`` is "wrong", "confident" (wrong, most confident first; for regression the largest errors first),
    "unsure" (least confident or smallest errors first), "flipped" since the epoch before, "label" (samples of
    class ``label``) or "word" (samples with an index in ``among``, which are those with the word).
    """
    import numpy as np

    every: NDArray[np.int64] = np.arange(len(held_out.indices), dtype=np.int64)
    if kind == "word":
        return every[np.isin(held_out.indices, among)] if among is not None else every[:0]
    if kind == "label":
        return np.flatnonzero(held_out.targets == label)
    if task == "regression":
        errors: NDArray[np.float64] = np.abs(held_out.outputs[:, 0] - held_out.targets)
        return every[errors.argsort(kind="stable")][:: -1 if kind == "confident" else 1]
    predicted = held_out.predicted
    sure = sureness(held_out.outputs, predicted)
    wrong: NDArray[np.int64] = every[predicted != held_out.targets]
    if kind == "wrong":
        return wrong
    if kind == "confident":
        return wrong[(-sure[wrong]).argsort(kind="stable")]
    if kind == "unsure":
        return every[sure.argsort(kind="stable")]
    if held_out.before is None:
        return every[:0]
    before = classes_of(held_out.before, held_out.decision.threshold)
    return np.flatnonzero(before != predicted)


def answer_at(held_out: HeldOut, position: int, labels: tuple[str, ...], task: str) -> HeldOutAnswer:
    """Return the prediction at a position of ``held_out``."""
    index, target = int(held_out.indices[position]), float(held_out.targets[position])
    outputs = held_out.outputs[position]
    if task == "regression":
        return HeldOutAnswer(index, "", target, float(outputs[0]))
    threshold = held_out.decision.threshold
    predicted = int(classes_of(outputs[None], threshold)[0])
    value = float(outputs[0] if len(outputs) == 1 else outputs[predicted])
    before = held_out.before
    flipped = before is not None and int(classes_of(before[position][None], threshold)[0]) != predicted
    name = labels[predicted] if predicted < len(labels) else str(predicted)
    return HeldOutAnswer(index, labels[int(target)], target, value, name, flipped)
