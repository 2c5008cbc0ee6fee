"""Ranks labels that contradict a model trained on the other samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import linear_model
from engine.events import Preparation, Preparing

FOLDS = 5
ALPHA = 5e-6
"""L2 penalty for tf-idf features of texts."""

PASSES = 12
SEED = 0
STAGE = "cross-validating labels"


@dataclass(frozen=True, slots=True)
class Suspects:
    """Samples (``indices``) with labels that a model doubts, most suspicious first, and the labels' probabilities.

    ``likely`` marks those that cleanlab considers label errors. ``accuracy`` is that of the out-of-fold
    predictions over ``judged`` samples; samples whose class is missing in all other folds are not judged.
    """

    indices: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    likely: NDArray[np.bool_]
    accuracy: float
    judged: int


_NO_SUSPECTS = Suspects(np.empty(0, np.int64), np.empty(0), np.empty(0, bool), float("nan"), 0)


def find_suspects(
    matrix: Any,
    labels: NDArray[np.int64],
    chosen: NDArray[np.int64],
    groups: NDArray[np.int64] | None = None,
) -> Preparation[Suspects]:
    """Rank the labels of ``chosen`` samples by out-of-fold probabilities (confident learning, Northcutt 2021).

    Every sample is judged by logistic regression on the other folds. Samples with the same number in ``groups``
    (of shape (all samples,)) are in the same fold, so that none is judged by a model of its own group. Suspects
    are samples whose label is not the most probable one, ranked by cleanlab's self-confidence; likely errors are
    those of cleanlab's "prune_by_noise_rate".
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    counts = np.bincount(labels[chosen])
    chosen = chosen[counts[labels[chosen]] >= 2]
    if len(np.unique(labels[chosen])) < 2 or (groups is not None and len(np.unique(groups[chosen])) < 2):
        return _NO_SUSPECTS
    classes, given = np.unique(labels[chosen], return_inverse=True)
    probabilities = yield from out_of_fold(
        matrix[chosen], given, len(classes), groups=None if groups is None else groups[chosen]
    )
    yield Preparing(STAGE, FOLDS, FOLDS)
    judged = ~np.isnan(probabilities).any(axis=1)
    judged &= np.bincount(given[judged], minlength=len(classes))[given] >= 2
    if len(np.unique(given[judged])) < 2:
        return _NO_SUSPECTS
    chosen, given, probabilities = chosen[judged], given[judged], probabilities[judged]
    quality = get_label_quality_scores(given, probabilities, method="self_confidence")
    likely = find_label_issues(*_renumbered(given, probabilities), filter_by="prune_by_noise_rate", n_jobs=1)
    doubted = np.flatnonzero((probabilities.argmax(axis=1) != given) | likely)
    ranked = doubted[np.argsort(quality[doubted], kind="stable")]
    accuracy = float((probabilities.argmax(axis=1) == given).mean())
    return Suspects(chosen[ranked], quality[ranked], likely[ranked], accuracy, len(chosen))


def _renumbered(given: NDArray[np.int64], probabilities: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Renumber labels and probabilities to the classes that occur, as cleanlab requires."""
    present, numbers = np.unique(given, return_inverse=True)
    if len(present) == probabilities.shape[1]:
        return given, probabilities
    among = np.maximum(probabilities[:, present], 1e-12)
    return numbers, among / among.sum(axis=1, keepdims=True)


def out_of_fold(
    matrix: Any,
    labels: NDArray[np.int64],
    classes: int,
    stage: str = STAGE,
    groups: NDArray[np.int64] | None = None,
) -> Preparation[NDArray[Any]]:
    """Return class probabilities of shape (samples, classes), each sample's from a model not fitted on it.

    With ``groups``, the model is not fitted on other samples of its group either. NaN for samples whose class, or
    the only other class, is missing in the groups that the model is fitted on.
    """
    splits = _splits(labels, groups)
    found = np.zeros((len(labels), classes))
    for fold, (kept, judged) in enumerate(splits):
        yield Preparing(stage, fold, len(splits))
        known = np.unique(labels[kept])
        if len(known) > 1:
            with np.errstate(invalid="ignore"):  # BLAS may set the flag in unused parts of its vectors
                model = _estimator(matrix).fit(matrix[kept], labels[kept])
                found[np.ix_(judged, known)] = model.predict_proba(matrix[judged])
        found[judged[(len(known) < 2) | ~np.isin(labels[judged], known)]] = np.nan
    return found


def _splits(labels: NDArray[np.int64], groups: NDArray[np.int64] | None) -> list[tuple[Any, Any]]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    folds = min(FOLDS, int(np.bincount(labels).min()))
    if groups is None:
        return list(StratifiedKFold(folds, shuffle=True, random_state=SEED).split(labels, labels))
    folds = min(folds, len(np.unique(groups)))
    return list(StratifiedGroupKFold(folds, shuffle=True, random_state=SEED).split(labels, labels, groups))


def _estimator(matrix: Any) -> Any:
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if isinstance(matrix, np.ndarray):
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    passes = linear_model.passes(matrix.shape[0], PASSES)
    return SGDClassifier(loss="log_loss", alpha=ALPHA, max_iter=passes, tol=None, random_state=SEED)
