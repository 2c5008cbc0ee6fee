"""Rows as a data set has them -> rows as a network reads them; fitted on training rows only."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.datasets import array_cache
from engine.datasets.dataset import Dataset, Rows, Task
from engine.datasets.ragged import Ragged
from engine.datasets.text import FIRST, PADDING, START, UNKNOWN, Vocabulary, tokenise
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data

Form = Literal["bag", "sequence", "columns"]

_CHUNK = 1024
"""Rows encoded at once: their ids fit a processor's cache while they are sorted, and progress is smooth."""

_LEFT_OUT = 512
"""Rows at once that lack a word each."""

_KEPT_IDS = 1_000_000
"""Smaller sets are encoded again quicker than they are found in the cache."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Features:
    """How rows are encoded, and what the encoded figures mean.

    ``form`` is "bag" (a Ragged of each row's distinct columns, ascending, with weights unless all are 1),
    "sequence" (a Ragged of the last ``length`` ids of each row) or "columns" (float32 of shape (rows, columns)).
    ``size`` is the number of ids, or of columns.

    For text, column ``i`` from 4 on is the word ``names[i - 4]``, whose id in the data set is ``ids_of[i - 4]``;
    columns 0 to 3 are padding, start, unknown and, as in Keras, nothing; ``idf`` holds each column's weight for
    tf-idf. For columns, ``names`` are theirs, and a figure x becomes ``(x - mean) / scale``.
    """

    form: Form
    encoding: str
    task: Task
    labels: tuple[str, ...]
    size: int
    length: int
    names: tuple[str, ...]
    ids_of: NDArray[np.int32]
    idf: NDArray[np.float32] | None = None
    mean: NDArray[np.float32] | None = None
    scale: NDArray[np.float32] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row as the network sees it."""
        return (self.length,) if self.form == "sequence" else (self.size,)

    @cached_property
    def column_words(self) -> tuple[str, ...]:
        """The word of each of the ``size`` ids that a network reads, "" where there is none."""
        return (("",) * FIRST + self.names + ("",) * self.size)[: self.size]

    def on(self, dataset: Dataset) -> Features:
        """The same encoding for a data set from another source, whose ids may stand for other words.

        Raises DataError where the rows have other columns, or are no text where these are.
        """
        words = dataset.vocabulary
        if self.form == "columns" or words is None:
            if dataset.columns != self.names:
                raise DataError(f"{dataset.title} has other columns than the network was trained on")
            return self
        beyond = range(len(words), len(words) + len(self.names))
        ids = [words.by_word.get(name, other) for name, other in zip(self.names, beyond, strict=True)]
        return replace(self, ids_of=np.array(ids, np.int32))

    def encode(self, rows: Rows) -> Rows:
        """Encode rows as a data set has them, in the form stated above."""
        if isinstance(rows, np.ndarray):
            assert self.mean is not None
            assert self.scale is not None
            return ((rows - self.mean) / self.scale).astype(np.float32)
        return self._formed(self.columns(rows))

    def columns(self, rows: Ragged) -> Ragged:
        """Rows of the data set's ids as rows of columns, each word's number among the known words."""
        return Ragged(self._column_of.take(rows.values, mode="clip"), rows.offsets)

    def _formed(self, rows: Ragged) -> Ragged:
        if self.form == "sequence":
            return rows.last(self.length)
        return _bag(rows, self.size, self.encoding, self.idf)

    def encode_all(self, dataset: Dataset) -> Generator[Preparing, None, Rows]:
        """Encode every row of a data set; large text comes from the cache where it was encoded before."""
        rows = dataset.rows
        if not isinstance(rows, Ragged) or len(rows.values) < _KEPT_IDS:
            return self.encode(rows)
        place = array_cache.path("encoded", dataset.digest, str(len(rows)), self.to_json())
        found = array_cache.read(place)
        if found is None:
            built = yield from self._encode_chunks(rows)
            array_cache.keep(place, built)
            found = array_cache.read(place) or built
        return Ragged(found["values"], found["offsets"], found.get("weights"))

    def _encode_chunks(self, rows: Ragged) -> Generator[Preparing, None, dict[str, NDArray[Any]]]:
        weighted = self.form == "bag" and self.encoding != "multi-hot"
        values = array_cache.room(len(rows.values), np.int32)  # a row is never longer encoded
        weights = array_cache.room(len(rows.values), np.float32) if weighted else None
        offsets = np.zeros(len(rows) + 1, np.int64)
        for place in range(0, len(rows), _CHUNK):
            yield Preparing("encoding", place, len(rows))
            part = self.encode(rows.part(place, place + _CHUNK))
            assert isinstance(part, Ragged)
            start, end = offsets[place], offsets[place] + len(part.values)
            offsets[place : place + len(part) + 1] = start + part.offsets
            values[start:end] = part.values
            if weights is not None:
                weights[start:end] = part.weights
        built = {"values": values[: offsets[-1]], "offsets": offsets}
        return built if weights is None else built | {"weights": weights[: offsets[-1]]}

    def ids(self, text: str) -> NDArray[np.int32]:
        """A text's ids as the data set would have them, start mark first, 2 for words that are not known.

        Raises DataError where rows are columns, not text.
        """
        if self.form == "columns":
            raise DataError("this network reads columns, not text")
        get = self._id_of.get
        return np.array([START, *(get(word, UNKNOWN) for word in tokenise(text))], np.int32)

    def words(self, ids: NDArray[Any]) -> list[str]:
        """The words of a row of ids as the network reads it (``?`` for unknown), or the columns' names."""
        if self.form == "columns":
            return list(self.names)
        seen = ids[-self.length :] if self.form == "sequence" else ids
        columns = self._column_of.take(seen, mode="clip").tolist()
        return [self.word(column) for column in columns if column != PADDING]

    def decode(self, ids: NDArray[Any]) -> str:
        """A row as the network reads it: words with spaces between them, or columns with their figures."""
        if self.form == "columns":
            return " ".join(f"{name} {value:g}" for name, value in zip(self.names, ids.tolist(), strict=True))
        return " ".join(self.words(ids))

    def without(self, ids: NDArray[Any]) -> tuple[list[str], Iterator[Rows]]:
        """A row's distinct known words (or its columns), and encoded rows: the row itself, then without each.

        The rows come some at a time, for a long text has many. Every occurrence of a word is left out; a column
        is given its mean over the training rows.
        """
        if self.form == "columns":
            assert self.mean is not None
            rows = np.tile(np.asarray(ids, np.float32), (len(self.names) + 1, 1))
            rows[np.arange(1, len(rows)), np.arange(len(self.names))] = self.mean
            return list(self.names), iter([self.encode(rows)])
        whole = self.columns(Ragged.of([ids]))
        read = self._formed(whole)
        left_out = np.unique(read.values)
        left_out = left_out[left_out >= FIRST]
        words = [self.word(column) for column in left_out.tolist()]
        if self.form == "bag":
            return words, _bags_without(read, left_out)
        shortened = (whole.values[whole.values != column][-self.length :] for column in left_out)
        return words, iter([Ragged.of([read.values, *shortened])])

    def to_json(self) -> str:
        """Everything needed to encode the same way again."""
        content = {
            "form": self.form,
            "encoding": self.encoding,
            "task": self.task,
            "labels": self.labels,
            "size": self.size,
            "length": self.length,
            "names": self.names,
            "ids_of": None if self._ranked else self.ids_of.tolist(),
        }
        figures = {name: getattr(self, name) for name in ("idf", "mean", "scale")}
        return json.dumps(content | {name: a if a is None else a.tolist() for name, a in figures.items()})

    @classmethod
    def from_json(cls, text: str) -> Features:
        """The features that :meth:`to_json` gave; raises DataError for anything else."""
        try:
            content = json.loads(text)
            for name in ("idf", "mean", "scale"):
                content[name] = None if content[name] is None else np.array(content[name], np.float32)
            names, ids = tuple(content.pop("names")), content.pop("ids_of")
            ids = np.arange(FIRST, FIRST + len(names)) if ids is None else ids
            labels = tuple(content.pop("labels"))
            return cls(names=names, ids_of=np.asarray(ids, np.int32), labels=labels, **content)
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"these are not saved features: {error}") from error

    @property
    def _ranked(self) -> bool:
        return bool((self.ids_of == np.arange(FIRST, FIRST + len(self.ids_of))).all())

    @cached_property
    def _column_of(self) -> NDArray[np.int32]:
        """The column of each id of the data set; the last one stands for all ids beyond."""
        table = np.full(int(self.ids_of.max(initial=FIRST - 1)) + 2, UNKNOWN, np.int32)
        table[:FIRST] = np.arange(FIRST)
        table[self.ids_of] = np.arange(FIRST, FIRST + len(self.ids_of))
        return table

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {name: number for name, number in zip(self.names, self.ids_of.tolist(), strict=True) if name}

    def word(self, column: int) -> str:
        """The word that a column stands for, ``?`` where it stands for none."""
        return (self.names[column - FIRST] if column >= FIRST else "") or "?"


def fit(dataset: Dataset, data: Data, rows: NDArray[np.int64]) -> Generator[Preparing, None, Features]:
    """Fit an encoding on the given (training) rows: the vocabulary, the figures of tf-idf, or the scaling."""
    if isinstance(dataset.rows, np.ndarray):
        return _fit_columns(dataset, dataset.rows[rows], data)
    words = dataset.vocabulary or Vocabulary(())
    yield Preparing("choosing words")
    ids = np.arange(FIRST, min(data.vocabulary, len(words)), dtype=np.int32)
    if not dataset.ranked:
        ids = _most_frequent(dataset.rows.take(rows).values, words, data.vocabulary - FIRST)
    sequence = data.encoding == "sequence"
    features = Features(
        form="sequence" if sequence else "bag",
        encoding=data.encoding,
        task=dataset.task,
        labels=dataset.labels,
        size=data.vocabulary,
        length=data.length if sequence else 0,
        names=tuple(words.words[number - FIRST] for number in ids.tolist()),
        ids_of=ids,
    )
    return _weighted(features, dataset.rows.take(rows)) if data.encoding == "tf-idf" else features


def _most_frequent(ids: NDArray[np.int32], words: Vocabulary, number: int) -> NDArray[np.int32]:
    """The ids of the words that occur most often, the lower id first among equals."""
    counts = np.bincount(ids, minlength=len(words))
    counts[:FIRST] = 0
    ranked = np.argsort(-counts, kind="stable")[:number]
    return ranked[counts[ranked] > 0].astype(np.int32)


def _weighted(features: Features, rows: Ragged) -> Features:
    """With each column's inverse document frequency, ``log(1 + rows / (1 + rows with the word))``.

    The formula is that of ``keras.layers.TextVectorization``.
    """
    counted = replace(features, encoding="multi-hot").encode(rows)
    assert isinstance(counted, Ragged)
    frequency = np.bincount(counted.values, minlength=features.size)
    return replace(features, idf=np.log1p(len(rows) / (1 + frequency)).astype(np.float32))


def _fit_columns(dataset: Dataset, rows: NDArray[np.float32], data: Data) -> Features:
    columns = rows.shape[1]
    mean, scale = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
    if data.scaling == "none":
        mean, scale = np.zeros(columns), np.ones(columns)
    return Features(
        form="columns",
        encoding=data.scaling,
        task=dataset.task,
        labels=dataset.labels,
        size=columns,
        length=0,
        names=dataset.columns,
        ids_of=np.empty(0, np.int32),
        mean=mean.astype(np.float32),
        scale=np.where(scale >= np.finfo(np.float32).tiny, scale, 1.0).astype(np.float32),
    )


def _bags_without(bag: Ragged, left_out: NDArray[np.int32]) -> Iterator[Ragged]:
    """The one row as it is, then without each of these columns."""
    left_out = np.append(np.int32(-1), left_out)
    for place in range(0, len(left_out), _LEFT_OUT):
        kept = bag.values != left_out[place : place + _LEFT_OUT, None]
        offsets = np.append(0, np.cumsum(kept.sum(axis=1))).astype(np.int64)
        weights = None if bag.weights is None else np.broadcast_to(bag.weights, kept.shape)[kept]
        yield Ragged(np.broadcast_to(bag.values, kept.shape)[kept], offsets, weights)


def _bag(rows: Ragged, size: int, encoding: str, idf: NDArray[np.float32] | None) -> Ragged:
    """The distinct columns of each row, ascending, and what each weighs: sorted all at once, a row's key first."""
    keys = np.repeat(np.arange(len(rows), dtype=np.int64) * size, rows.lengths) + rows.values
    if len(rows) * size < 2**31:
        keys = keys.astype(np.int32)
    keys.sort()
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.empty(0, np.int64)
    distinct = keys[first]
    offsets = np.searchsorted(distinct, np.arange(len(rows) + 1, dtype=np.int64) * size).astype(np.int64)
    columns = (distinct % size).astype(np.int32)
    if encoding == "multi-hot":
        return Ragged(columns, offsets)
    counts = np.diff(np.append(first, len(keys))).astype(np.float32)
    return Ragged(columns, offsets, counts if idf is None else counts * idf[columns])
