"""ROC and precision-recall curves with their areas, each class against the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import intervals
from engine.evaluation.intervals import Interval
from engine.evaluation.split_outputs import SplitOutputs

Points = tuple[tuple[float, float], ...]

POINTS = 200
"""Maximum number of points of a curve, including its ends; areas are computed before thinning."""


@dataclass(frozen=True, slots=True)
class RankingCurves:
    """The curves of one class against the rest: ``roc`` as (false positive rate, recall), ``precision_recall``.

    ``average_precision`` is the area under the second curve; guessing gives ``share``, the share of the class.
    """

    label: str
    roc: Points
    auc: float
    auc_interval: Interval
    precision_recall: Points
    average_precision: float
    share: float


def ranking_curves(found: SplitOutputs) -> tuple[RankingCurves, ...]:
    """Return the curves of the second of two classes, or of each of several; classes without samples have none."""
    classes = [1] if found.probabilities.shape[1] == 2 else range(found.probabilities.shape[1])
    labels = (*found.labels, *map(str, range(len(found.labels), found.probabilities.shape[1])))
    made = [(labels[number], found.targets == number, found.probabilities[:, number]) for number in classes]
    return tuple(_curves(*one) for one in made if one[1].any() and not one[1].all())


def _curves(label: str, positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> RankingCurves:
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

    false_rate, recall, _ = roc_curve(positive, scores)
    precision, recalled, _ = precision_recall_curve(positive, scores)
    return RankingCurves(
        label,
        _thinned(false_rate, recall),
        float(roc_auc_score(positive, scores)),
        intervals.auc(positive, scores),
        _thinned(recalled[::-1], precision[::-1]),
        float(average_precision_score(positive, scores)),
        float(positive.mean()),
    )


def _thinned(across: NDArray[np.float64], up: NDArray[np.float64]) -> Points:
    kept = np.unique(np.linspace(0, len(across) - 1, min(POINTS, len(across))).round().astype(np.int64))
    return tuple(zip(across[kept].tolist(), up[kept].tolist(), strict=True))
