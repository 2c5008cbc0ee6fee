"""Detects the kind of samples passed to an estimator, and converts them to a network's input.

There are four kinds: "columns" (a 2-D array of numbers), "bags" (a sparse matrix, or an array that only contains 0
and 1), "ids" (sequences of word ids in Keras's encoding) and "texts".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from engine import features
from engine.datasets.dataset import Dataset, RawSamples
from engine.datasets.ragged import Ragged
from engine.datasets.text import FIRST, Vocabulary, tokenise
from engine.experiment.model import Data, Experiment
from engine.features import Features
from engine.features.columns import Columns
from engine.features.sparse import SparseColumns
from engine.system.drain import drain

InputKind = Literal["columns", "bags", "ids", "texts"]


def kind_of(given: Any, experiment: Experiment) -> InputKind:
    """Detect the kind of samples; whole numbers in an array are ids if an Embedding reads them."""
    embeds = bool(experiment.stack) and experiment.stack[0].kind == "embedding"
    if not _is_list(given):
        whole = embeds and isinstance(given, np.ndarray) and given.ndim == 2 and given.dtype.kind in "iu"
        return "ids" if whole else "columns"
    samples = list(given)
    if samples and isinstance(samples[0], str):
        return "texts"
    lengths = {len(sample) if isinstance(sample, Sequence | np.ndarray) else None for sample in samples}
    apart = len(lengths) > 1 or embeds or isinstance(given, np.ndarray)
    return "ids" if samples and apart and None not in lengths else "columns"


def samples_of(given: Any, kind: InputKind, vocabulary: Vocabulary | None) -> RawSamples:
    """Convert samples to a data set's form. Raises ValueError if they are not of the given kind."""
    if kind == "columns":
        return np.asarray(given.toarray() if hasattr(given, "toarray") else given)
    if kind == "bags":
        return _bags(given)
    if kind == "ids":
        return _ids(given)
    assert vocabulary is not None
    if not all(isinstance(text, str) for text in given):
        raise ValueError("some samples are texts and others are not")
    return Ragged.of([vocabulary.ids(text) for text in given])


def check_like(given: Any, kind: InputKind) -> None:
    """Raise ValueError unless samples (which may be empty) are of the kind that was fitted: ids or texts."""
    table = isinstance(given, np.ndarray) and (not given.size or (kind == "ids" and given.ndim == 2))
    fits = _is_list(given) or table
    if not fits or (kind == "texts" and not all(isinstance(text, str) for text in given)):
        raise ValueError(f"this was fitted on {kind}: predict on {kind} too")


def check_finite(values: Any, name: str) -> None:
    """Raise ValueError if values are too large for float32, in which networks compute."""
    values = values.data if hasattr(values, "toarray") else values
    if values.size and np.abs(values).max() > np.finfo(np.float32).max:
        raise ValueError(f"{name} holds a value beyond 3.4e38, which is infinite in float32: scale it first")


def vocabulary_of(given: Any, kind: InputKind, data: Data) -> Vocabulary | None:
    """Return the words of texts by frequency; unnamed ones for ids; None for other kinds."""
    if kind == "ids":
        return Vocabulary(("",) * (data.vocabulary - FIRST))
    if kind != "texts":
        return None
    counts = Counter(word for text in given for word in tokenise(str(text)))
    return Vocabulary(tuple(sorted(counts, key=lambda word: (-counts[word], word))))


def fit(dataset: Dataset, kind: InputKind, data: Data, width: int) -> Features:
    """Fit the features of a data set of such samples; bags have ``width`` columns and are not scaled.

    Standard scaling leaves columns that only contain 0 and 1 unchanged, as in tables.
    """
    if kind == "bags":
        return SparseColumns(task=dataset.task, labels=dataset.labels, names=(), width=width)
    found: Features = drain(features.fit(dataset, data, dataset.split.train))
    if isinstance(found, Columns) and data.scaling == "standard":
        flags = np.isin(np.asarray(dataset.samples), (0, 1)).all(axis=0)
        center, scale = np.where(flags, 0, found.center), np.where(flags, 1, found.scale)
        found = replace(found, center=center, scale=scale)
    return found


def is_bag(values: Any) -> bool:
    """Whether a matrix is sparse, or an array only contains 0 and 1."""
    return not isinstance(values, np.ndarray) or bool(((values == 0) | (values == 1)).all())


def _is_list(given: Any) -> bool:
    """Whether samples are a list rather than a table."""
    if isinstance(given, np.ndarray):
        return given.ndim == 1 and given.dtype.kind in "OUT"
    return isinstance(given, list | tuple) or len(getattr(given, "shape", ())) == 1


def _bags(matrix: Any) -> Ragged:
    """Return each sample's nonzero columns with their values."""
    from scipy import sparse

    samples = sparse.csr_array(matrix, dtype=np.float32)
    samples.sum_duplicates()
    return Ragged(samples.indices.astype(np.int32), samples.indptr.astype(np.int64), samples.data)


def _ids(sequences: Any) -> Ragged:
    samples = [np.asarray(sample) for sample in sequences]
    for index, sample in enumerate(samples):
        if sample.ndim != 1 or (sample.size and (sample.dtype.kind not in "iu" or sample.min() < 0)):
            raise ValueError(
                f"sample {index} is not a sequence of ids: whole numbers from 0 on, in Keras's encoding"
            )
    return Ragged.of(samples)
