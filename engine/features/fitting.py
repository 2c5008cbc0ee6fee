"""Fits features on training samples: the vocabulary, tf-idf weights, treatments and scaling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import Dataset
from engine.datasets.ragged import Ragged
from engine.datasets.readers.table import Table
from engine.datasets.text import FIRST, Vocabulary, tokenise
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.experiment.model import Data
from engine.features.bag import Bag
from engine.features.base import Features
from engine.features.columns import Columns
from engine.features.scaling import fit_scaling
from engine.features.sequence import Sequence
from engine.features.sparse import SparseColumns
from engine.features.table import TableFeatures, joined_texts
from engine.features.target import fit_target
from engine.features.text import CHUNK
from engine.features.treatment_fitting import fit_treatment

COPIED_COLUMNS = 16
"""Number of columns copied at once for fitting: a cache line holds this many float32 values of a sample."""


def fit(dataset: Dataset, data: Data, indices: NDArray[np.int64]) -> Preparation[Features]:
    """Fit features on the given (training) samples; raises DataError if the settings do not fit the data set."""
    common = {"task": dataset.task, "labels": dataset.labels, "target": fit_target(dataset, data, indices)}
    samples = dataset.samples
    if isinstance(samples, np.ndarray):
        return _fit_columns(samples[indices], dataset.columns, data, common)
    if isinstance(samples, Table):
        return (yield from _fit_table(dataset, data, indices, common))
    if dataset.kind == "columns":
        return _fit_sparse(samples.take(indices), dataset.columns, data, common)
    yield Preparing("choosing words")
    return _fit_text(dataset, data, indices, common)


def _fit_text(dataset: Dataset, data: Data, indices: NDArray[np.int64], common: dict[str, Any]) -> Features:
    assert isinstance(dataset.samples, Ragged)
    indices = np.sort(indices)  # sorted, so that memory is read in order; the fit does not depend on the order
    words = dataset.vocabulary or Vocabulary(())
    roles = dataset.table.roles if dataset.table else ()
    ids = np.arange(FIRST, min(data.vocabulary, len(words)), dtype=np.int32)
    if not dataset.ranked:
        ids = _most_frequent(dataset.samples.take(indices).values, words, data.vocabulary - FIRST)
    common = common | {
        "names": tuple(words.words[number - FIRST] for number in ids.tolist()),
        "vocabulary": data.vocabulary,
        "ids_of": ids,
        "text_column": next((one.name for one in roles if one.role == "text"), ""),
    }
    if data.encoding == "sequence":
        return Sequence(**common, length=data.length)
    found = Bag(**common, bag_encoding=data.encoding)
    return _weighted(found, dataset.samples.take(indices)) if data.encoding == "tf-idf" else found


def _most_frequent(ids: NDArray[np.int32], words: Vocabulary, number: int) -> NDArray[np.int32]:
    """Return the ids of the most frequent words; ties are broken by the lower id."""
    counts = np.bincount(ids, minlength=len(words))
    counts[:FIRST] = 0
    ranked = np.argsort(-counts, kind="stable")[:number]
    return ranked[counts[ranked] > 0].astype(np.int32)


def _weighted(features: Bag, samples: Ragged) -> Bag:
    """Add each column's inverse document frequency, ``log(1 + samples / (1 + samples with the word))``.

    The formula is that of ``keras.layers.TextVectorization``.
    """
    counted = replace(features, bag_encoding="multi-hot").encode(samples)
    frequency = np.bincount(counted.values, minlength=features.size)
    return replace(features, idf=np.log1p(len(samples) / (1 + frequency)).astype(np.float32))


def _fit_columns(samples: NDArray[Any], names: tuple[str, ...], data: Data, common: dict[str, Any]) -> Features:
    scalings = [fit_scaling(*column, data.scaling) for column in zip(names, _columns_of(samples), strict=True)]
    center, scale, power = (np.array(part) for part in zip(*scalings, strict=True))
    return Columns(
        **common,
        names=names,
        method=data.scaling,
        center=center,
        scale=scale,
        mean=samples.mean(axis=0, dtype=np.float64),
        power=power if data.scaling == "power" else None,
    )


def _columns_of(samples: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """Yield each column as a contiguous array, several times faster to read repeatedly than a strided one."""
    for start in range(0, samples.shape[1], COPIED_COLUMNS):
        yield from np.asarray(samples[:, start : start + COPIED_COLUMNS].T, np.float64, order="C")


def _fit_sparse(samples: Ragged, names: tuple[str, ...], data: Data, common: dict[str, Any]) -> Features:
    """Fit scales that preserve zeros: each column's standard deviation, zeros included."""
    if data.scaling not in ("standard", "none"):
        raise DataError(f"data.scaling = {data.scaling!r} would make sparse columns dense: use standard or none")
    scale = None
    if data.scaling != "none":
        from scipy import sparse
        from sklearn.preprocessing import StandardScaler

        matrix = sparse.csr_array(
            (samples.amounts, samples.values, samples.offsets), shape=(len(samples), len(names))
        )
        scale = StandardScaler(with_mean=False).fit(matrix).scale_
    return SparseColumns(**common, names=names, width=len(names), scale=scale)


def _fit_table(
    dataset: Dataset, data: Data, indices: NDArray[np.int64], common: dict[str, Any]
) -> Preparation[Features]:
    samples, facts = dataset.samples, dataset.table
    assert isinstance(samples, Table)
    assert facts is not None
    roles = {one.name: one.role for one in facts.roles}
    indices = np.sort(indices)  # sorted, so that memory is read in order; the fit does not depend on the order
    fitted, text = [], None
    names = samples.names
    for number, name in enumerate(names):
        yield Preparing("fitting columns", number, len(names))
        if roles[name] != "text":
            fitted.append(fit_treatment(samples.column(name).take(indices), roles[name], data))
        samples.column(name).release()  # of all columns, it would take a time that grows with their square
    if texts := tuple(name for name in samples.names if roles[name] == "text"):
        read = joined_texts(samples.select(texts).take(indices), texts)
        text = yield from _fit_text_beside(read, data, common)
        samples.release()
    return TableFeatures(**common, names=samples.names, treatments=tuple(fitted), text=text, text_columns=texts)


def _fit_text_beside(texts: list[str], data: Data, common: dict[str, Any]) -> Preparation[Bag]:
    """Fit the encoding of text that is combined with other columns."""
    counts: Counter[str] = Counter()
    for start in range(0, len(texts), CHUNK):
        yield Preparing("choosing words", start, len(texts))
        counts.update(word for text in texts[start : start + CHUNK] for word in tokenise(text))
    names = sorted(counts, key=lambda word: (-counts[word], word))[: data.vocabulary - FIRST]
    ids = np.arange(FIRST, FIRST + len(names), dtype=np.int32)
    size = FIRST + len(names)
    found = Bag(**common, names=tuple(names), vocabulary=size, ids_of=ids, bag_encoding=data.encoding)
    if data.encoding != "tf-idf":
        return found
    return _weighted(found, Ragged.of(list(map(found.ids, texts))))
