"""Which held-out rows to look at: by how the network does on them, by label, by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.tui.experiment.review_list import Answer
from workbench.tui.sessions.protocol import HeldOut, Predictions, Samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LISTED = 200
"""How many rows a filter lists at most."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of rows: ``kind`` is a key of KINDS, "label" with a class's number, or "word" with a word."""

    kind: str = "watched"
    label: int = 0
    word: str = ""


KINDS: Mapping[str, str] = {
    "watched": "the watched rows",
    "wrong": "wrong answers",
    "confident": "most confident wrong",
    "unsure": "least sure",
    "flipped": "flipped since last epoch",
}
"""The filters without an argument, as they are offered (classes only, but for the first)."""

REGRESSION_KINDS: Mapping[str, str] = {
    "watched": "the watched rows",
    "confident": "largest errors",
    "unsure": "smallest errors",
}
"""The same for regression."""


def title(chosen: Filter, labels: tuple[str, ...], task: str) -> str:
    """What a filter is called above the list."""
    if chosen.kind == "label":
        return labels[chosen.label]
    if chosen.kind == "word":
        return f"“{chosen.word}”"
    if chosen.kind == "watched":
        return ""
    return (REGRESSION_KINDS if task == "regression" else KINDS)[chosen.kind]


def watched(samples: Samples, predictions: Predictions | None) -> tuple[Answer, ...]:
    """The watched rows, with the network's answers where there are any."""
    if predictions is None:
        return tuple(Answer(s.row, s.label, s.target, course=s.course) for s in samples.samples)
    return tuple(
        Answer(s.row, s.label, s.target, p.value, p.label, flipped, s.course)
        for s, p, flipped in zip(samples.samples, predictions.predictions, predictions.flipped, strict=True)
    )


def sureness(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """How sure each answer is: the predicted class's probability."""
    import numpy as np

    if outputs.shape[1] == 1:
        return np.asarray(np.maximum(outputs[:, 0], 1 - outputs[:, 0]))
    return np.asarray(outputs.max(axis=1))


def chosen(
    held_out: HeldOut, wanted: Filter, labels: tuple[str, ...], task: str, among: NDArray[np.int64] | None = None
) -> tuple[tuple[Answer, ...], int]:
    """The first rows that a filter lets through, and how many there are; ``among`` are the rows with the word."""
    places = _places(held_out, wanted, task, among)
    return tuple(_answer(held_out, place, labels, task) for place in places[:LISTED].tolist()), len(places)


def _places(held_out: HeldOut, wanted: Filter, task: str, among: NDArray[np.int64] | None) -> NDArray[np.int64]:
    import numpy as np

    from engine.prediction.predictor import classes_of

    every: NDArray[np.int64] = np.arange(len(held_out.rows), dtype=np.int64)
    if wanted.kind == "word":
        return every[np.isin(held_out.rows, among)] if among is not None else every[:0]
    if wanted.kind == "label":
        return np.flatnonzero(held_out.targets == wanted.label)
    if task == "regression":
        errors: NDArray[np.float64] = np.abs(held_out.outputs[:, 0] - held_out.targets)
        return every[errors.argsort(kind="stable")][:: -1 if wanted.kind == "confident" else 1]
    predicted, sure = classes_of(held_out.outputs), sureness(held_out.outputs)
    wrong: NDArray[np.int64] = every[predicted != held_out.targets]
    if wanted.kind == "wrong":
        return wrong
    if wanted.kind == "confident":
        return wrong[(-sure[wrong]).argsort(kind="stable")]
    if wanted.kind == "unsure":
        return every[sure.argsort(kind="stable")]
    return every[classes_of(held_out.before) != predicted] if held_out.before is not None else every[:0]


def _answer(held_out: HeldOut, place: int, labels: tuple[str, ...], task: str) -> Answer:
    from engine.prediction.predictor import classes_of

    row, target, outputs = int(held_out.rows[place]), float(held_out.targets[place]), held_out.outputs[place]
    if task == "regression":
        return Answer(row, "", target, float(outputs[0]))
    predicted = int(classes_of(outputs[None])[0])
    value = float(outputs[0] if len(outputs) == 1 else outputs[predicted])
    flipped = held_out.before is not None and int(classes_of(held_out.before[place][None])[0]) != predicted
    name = labels[predicted] if predicted < len(labels) else str(predicted)
    return Answer(row, labels[int(target)], target, value, name, flipped)
