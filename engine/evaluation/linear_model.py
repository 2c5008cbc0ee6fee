"""Fits a linear model on a network's input features in about a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.ragged import Ragged
from engine.events import Preparation, Preparing

ALPHAS = (1e-4, 1e-3, 1e-2)
"""L2 penalties that are tried on a part of the training samples."""

TRIED = 6000
"""Maximum number of training samples for choosing the penalty, a third of them held out."""

ITERATIONS = 10
"""Passes of gradient descent over many training samples."""

STEPS = 50_000
"""Minimum number of steps of gradient descent; with few samples more passes are needed to converge."""

SEED = 0
STAGE = "fitting the linear baseline"

Matrix = Any
"""A NumPy array or a SciPy CSR matrix of shape (samples, features)."""


def design_matrix(encoded: Ragged | NDArray[np.float32], size: int) -> Matrix:
    """Convert encoded samples to a CSR matrix (bags) or a dense array (columns): float32 of shape (samples, size).

    Ids of a sequence count once each, regardless of position; padding (0) does not count.
    """
    if isinstance(encoded, np.ndarray):
        return encoded.reshape(len(encoded), -1)
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((encoded.amounts, encoded.values, encoded.offsets), shape=(len(encoded), size), copy=True)
    if encoded.weights is None:
        matrix.sum_duplicates()
        matrix.data[:] = matrix.indices != 0
    return matrix


@dataclass(frozen=True)
class LinearModel:
    """A fitted linear model; its outputs have the shape of a network's for the same task.

    Regression targets are fitted minus their mean, ``center``, since scikit-learn converts them to the samples'
    float32.
    """

    estimator: Any
    classes: int
    center: float = 0.0

    def outputs(self, matrix: Matrix) -> NDArray[np.floating[Any]]:
        """Return outputs like a network's: one probability for two classes, one per class, or a value."""
        if not self.classes:
            return np.asarray(self.estimator.predict(matrix), np.float64)[:, None] + self.center
        found = np.zeros((matrix.shape[0], self.classes), np.float32)
        known = np.asarray(self.estimator.classes_, np.int64)
        found[:, known] = self.estimator.predict_proba(matrix) if len(known) > 1 else 1.0
        return found[:, 1:] if self.classes == 2 else found


def fit(matrix: Matrix, targets: NDArray[Any], classes: int) -> Preparation[LinearModel]:
    """Fit logistic regression (ridge regression if ``classes`` is 0) on training samples; choose its penalty.

    Classes of sparse samples, such as texts, are fitted by stochastic gradient descent
    (``sklearn.linear_model.SGDClassifier``), which takes a second for tens of thousands of them; otherwise by
    ``LogisticRegression`` or ``Ridge``. Columns are standardised.
    """
    order = np.random.default_rng(SEED).permutation(len(targets))[:TRIED]
    held, kept = np.split(order, [len(order) // 3])
    losses: list[float] = []
    for alpha in ALPHAS:
        yield Preparing(STAGE, len(losses), len(ALPHAS) + 1)
        if len(held):
            tried = _fitted(matrix[kept], targets[kept], classes, alpha)
            losses.append(_loss(tried.outputs(matrix[held]), targets[held]))
    yield Preparing(STAGE, len(ALPHAS), len(ALPHAS) + 1)
    best = ALPHAS[int(np.argmin(losses))] if losses else ALPHAS[0]
    return _fitted(matrix, targets, classes, best)


def _fitted(matrix: Matrix, targets: NDArray[Any], classes: int, alpha: float) -> LinearModel:
    if classes and len(np.unique(targets)) < 2:
        from sklearn.dummy import DummyClassifier

        return LinearModel(DummyClassifier().fit(matrix, targets), classes)
    center = 0.0 if classes else float(targets.mean(dtype=np.float64))
    learnt = targets if classes else targets - center
    with np.errstate(invalid="ignore"):  # BLAS may set the flag in unused parts of its vectors
        return LinearModel(_estimator(matrix, classes, alpha).fit(matrix, learnt), classes, center)


def _estimator(matrix: Matrix, classes: int, alpha: float) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    samples, sparse = matrix.shape[0], not isinstance(matrix, np.ndarray)
    if sparse and classes:
        iterations = passes(samples, ITERATIONS)
        return SGDClassifier(loss="log_loss", alpha=alpha, max_iter=iterations, tol=None, random_state=SEED)
    model = LogisticRegression(C=1 / (alpha * samples), max_iter=200) if classes else Ridge(alpha=alpha * samples)
    return model if sparse else make_pipeline(StandardScaler(), model)


def passes(samples: int, usual: int) -> int:
    """Return the number of passes of gradient descent: the usual one, more for few samples."""
    return max(usual, STEPS // samples)


def _loss(outputs: NDArray[np.floating[Any]], targets: NDArray[Any]) -> float:
    """Return the share of wrong predictions, or the mean squared error."""
    if outputs.shape[1] > 1:
        return float((outputs.argmax(axis=1) != targets).mean())
    if targets.dtype.kind == "f":
        return float(np.square(outputs[:, 0] - targets).mean())
    return float(((outputs[:, 0] > 0.5) != targets).mean())
