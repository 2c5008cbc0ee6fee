"""The input of the audit's models: words and pairs of words of a text, or standardised columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import features
from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.evaluation import linear_model
from engine.events import Preparation, Preparing
from engine.experiment.model import Data

BUCKETS = 1 << 20
"""Number of hash buckets for words, and likewise for pairs of words."""

STAGE = "reading words and pairs of words"


def audit_matrix(dataset: Dataset, encoded: Any = None, size: int = 0) -> Preparation[Any]:
    """Return the samples as a matrix for linear models: tf-idf of texts, as SciPy's CSR, else ``encoded``."""
    samples: Any = dataset.samples
    if encoded is None and isinstance(samples, Ragged) and samples.weights is None:
        return (yield from _words_and_pairs(samples))
    return linear_model.design_matrix(samples if encoded is None else encoded, size)


def encoded_samples(dataset: Dataset) -> Preparation[tuple[Any, int]]:
    """Encode all samples that are neither texts nor plain numbers; also return the number of features."""
    fitted = yield from features.fit(dataset, Data(dataset=dataset.name), dataset.split.train)
    return (yield from fitted.encode_all(dataset)), fitted.size


def _words_and_pairs(inputs: Ragged) -> Preparation[Any]:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfTransformer

    yield Preparing(STAGE, 0, 2)
    ids = np.asarray(inputs.values, np.int64)
    number = np.repeat(np.arange(len(inputs), dtype=np.int32), inputs.lengths)
    follows = np.flatnonzero(number[1:] == number[:-1])
    pairs = (ids[follows] * 1_000_003 + ids[follows + 1]) * 2_654_435_761 >> 7
    columns = np.concatenate([ids % BUCKETS, pairs % BUCKETS + BUCKETS]).astype(np.int32)
    samples = np.concatenate([number, number[follows]])
    matrix = csr_matrix((np.ones(len(columns), np.float32), (samples, columns)), (len(inputs), 2 * BUCKETS))
    matrix.data[:] = 1
    yield Preparing(STAGE, 1, 2)
    return TfidfTransformer().fit_transform(matrix)
