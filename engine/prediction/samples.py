"""Held-out samples to watch while a network trains, and to predict interactively."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset, sample_at
from engine.datasets.ragged import Ragged
from engine.features import Features

COURSE_REVIEWS = ("please give this one a miss", "this film is where the batman franchise")
"""The beginnings of the two reviews discussed in the course."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A held-out sample to watch: its index in the data set (``index``), its true class or number, and its text.

    ``ids`` are the sample's word ids (int32) or columns (float32) in the data set; ``decoded`` is the text as the
    network reads it, ``?`` for unknown words; ``original`` is the source's text, if it has one. ``course`` marks
    the reviews discussed in the course.
    """

    index: int
    label: str
    target: float
    ids: Any
    decoded: str
    original: str | None = None
    course: bool = False


def samples(dataset: Dataset, features: Features, count: int = 20) -> tuple[Sample, ...]:
    """Return the first held-out samples (test, else validation), starting with the course's reviews if present."""
    split = dataset.split
    held_out = split.test if len(split.test) else split.validation
    found = _course_reviews(dataset, features, held_out)
    rest = [index for index in held_out[:count].tolist() if index not in found]
    chosen = (found + rest)[:count]
    return tuple(sample(dataset, features, index, course=index in found) for index in chosen)


def sample(dataset: Dataset, features: Features, index: int, course: bool = False) -> Sample:
    """Return one sample of a data set, ready to be shown and predicted."""
    target = float(dataset.targets[index])
    label = dataset.labels[int(target)] if dataset.labels else ""
    original = dataset.original(index) if dataset.original else None
    ids = sample_at(dataset.samples, index)
    return Sample(index, label, target, ids, features.decode(ids), original, course)


def _course_reviews(dataset: Dataset, features: Features, among: NDArray[np.int64]) -> list[int]:
    """Find the samples that begin like the course's reviews, in any order of the source."""
    if dataset.kind != "text" or not isinstance(dataset.samples, Ragged):
        return []
    found: list[int] = []
    for beginning in COURSE_REVIEWS:
        ids = features.ids(beginning)
        if 2 in ids[1:]:
            continue
        fits = among[dataset.samples.lengths[among] >= len(ids)]
        starts = dataset.samples.offsets[fits]
        same = (dataset.samples.values[starts[:, None] + np.arange(len(ids))] == ids).all(axis=1)
        found += fits[same][:1].tolist()
    return found
