"""The complete audit of a data set, as one long task with progress."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.evaluation.audit.audit_features import audit_matrix, encoded_samples
from engine.evaluation.audit.audit_marks import Mark
from engine.evaluation.audit.drift import Drift, find_drift
from engine.evaluation.audit.duplicates import SPLITS, Duplicates, find_duplicates, splits_of
from engine.evaluation.audit.label_suspects import Suspects, find_suspects
from engine.events import Preparation


@dataclass(frozen=True, slots=True)
class Conflict:
    """Samples with equal inputs and different labels."""

    samples: tuple[int, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A sample with a doubtful label: its ``probability``; ``likely`` if an error according to cleanlab."""

    sample: int
    split: str
    label: str
    probability: float
    likely: bool
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings of an audit.

    ``accuracy`` is that of out-of-fold predictions, ``cleaned_accuracy`` the same without samples marked "wrong"
    (NaN if there are none, or for regression). The labels of ``judged`` samples were examined.
    """

    duplicates: Duplicates
    conflicts: tuple[Conflict, ...]
    suspects: tuple[Suspect, ...]
    drift: Drift
    accuracy: float
    cleaned_accuracy: float
    judged: int
    includes_test: bool

    def as_object(self) -> dict[str, Any]:
        """Return the audit as the command's ``--json`` shows it."""
        return {
            "duplicates": self.duplicates.as_object(),
            "conflicts": [asdict(one) for one in self.conflicts],
            "suspects": [asdict(one) for one in self.suspects],
            "drift": {"auc": self.drift.auc, "between": [self.drift.first, self.drift.second]},
            "accuracy": self.accuracy,
            "cleaned_accuracy": self.cleaned_accuracy,
            "judged": self.judged,
            "includes_test": self.includes_test,
        }


def audit(dataset: Dataset, marks: Mapping[int, Mark] | None = None, test: bool = True) -> Preparation[Audit]:
    """Audit a data set; leaving the loop stops it.

    Duplicates and drift are found from the inputs alone. With ``test``, the labels of the test samples are
    examined too; the caller has to count this as a read. Regression data has neither conflicts nor suspects.
    """
    plain = isinstance(dataset.samples, np.ndarray) or (
        isinstance(dataset.samples, Ragged) and dataset.samples.weights is None
    )
    encoded, size = (None, 0) if plain else (yield from encoded_samples(dataset))
    duplicates = yield from find_duplicates(dataset, encoded)
    matrix = yield from audit_matrix(dataset, encoded, size)
    drift = yield from find_drift(matrix, dataset.split)
    names = SPLITS if test else SPLITS[:2]
    chosen = np.sort(np.concatenate([getattr(dataset.split, name) for name in names]))
    if not dataset.labels:
        return Audit(duplicates, (), (), drift, math.nan, math.nan, 0, test)
    labels = np.asarray(dataset.targets, np.int64)
    marks, cleaned = marks or {}, math.nan
    found = yield from find_suspects(matrix, labels, chosen, dataset.groups)
    if wrong := [index for index, mark in marks.items() if mark == "wrong"]:
        rest = np.setdiff1d(chosen, wrong)
        cleaned = (yield from find_suspects(matrix, labels, rest, dataset.groups)).accuracy
    conflicts, suspects = _conflicts(dataset, duplicates, chosen), _described(dataset, found, marks)
    return Audit(duplicates, conflicts, suspects, drift, found.accuracy, cleaned, found.judged, test)


def _conflicts(dataset: Dataset, duplicates: Duplicates, chosen: NDArray[np.int64]) -> tuple[Conflict, ...]:
    judged = set(chosen.tolist())
    found = []
    for group in duplicates.exact:
        samples = tuple(index for index in group if index in judged)
        labels = tuple(dataset.labels[int(dataset.targets[index])] for index in samples)
        if len(set(labels)) > 1:
            found.append(Conflict(samples, labels))
    return tuple(found)


def _described(dataset: Dataset, found: Suspects, marks: Mapping[int, Mark]) -> tuple[Suspect, ...]:
    split_of = splits_of(dataset)
    return tuple(
        Suspect(
            index,
            SPLITS[split_of[index]],
            dataset.labels[int(dataset.targets[index])],
            float(probability),
            bool(likely),
            marks.get(index),
        )
        for index, probability, likely in zip(
            found.indices.tolist(), found.probabilities, found.likely, strict=True
        )
    )
