"""Filters of held-out samples: by prediction, by label, by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.prediction.answers import HeldOut, HeldOutAnswer, Predictions, Samples
from engine.prediction.held_out import answer_at, selected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LISTED = 200
"""The most samples that a filter lists."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of samples: ``kind`` is a key of KINDS, "label" with a class's number, or "word" with a word."""

    kind: str = "watched"
    label: int = 0
    word: str = ""


KINDS: Mapping[str, str] = {
    "watched": "the watched samples",
    "wrong": "wrong predictions",
    "confident": "most confident wrong",
    "unsure": "least sure",
    "flipped": "flipped since last epoch",
}
"""The filters without an argument and their titles; all but the first are for classes only."""

REGRESSION_KINDS: Mapping[str, str] = {
    "watched": "the watched samples",
    "confident": "largest errors",
    "unsure": "smallest errors",
}
"""The filters for regression."""


def title(chosen: Filter, labels: tuple[str, ...], task: str) -> str:
    """Return a filter's title above the list."""
    if chosen.kind == "label":
        return labels[chosen.label]
    if chosen.kind == "word":
        return f"“{chosen.word}”"
    if chosen.kind == "watched":
        return ""
    return (REGRESSION_KINDS if task == "regression" else KINDS)[chosen.kind]


def watched(samples: Samples, predictions: Predictions | None) -> tuple[HeldOutAnswer, ...]:
    """Return the watched samples, with the network's predictions if there are any."""
    if predictions is None:
        return tuple(HeldOutAnswer(s.index, s.label, s.target, course=s.course) for s in samples.samples)
    return tuple(
        HeldOutAnswer(s.index, s.label, s.target, p.value, p.label, flipped, s.course)
        for s, p, flipped in zip(samples.samples, predictions.predictions, predictions.flipped, strict=True)
    )


def chosen(
    held_out: HeldOut, wanted: Filter, labels: tuple[str, ...], task: str, among: NDArray[np.int64] | None = None
) -> tuple[tuple[HeldOutAnswer, ...], int]:
    """Return the first samples that a filter keeps, and their total; ``among`` are the samples with the word."""
    kept = selected(held_out, wanted.kind, task, wanted.label, among)
    return tuple(answer_at(held_out, position, labels, task) for position in kept[:LISTED].tolist()), len(kept)
