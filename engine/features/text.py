"""The base of bags and sequences of words: a vocabulary and the ids of its words."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.datasets import array_cache
from engine.datasets.dataset import Dataset, RawSamples
from engine.datasets.ragged import Ragged
from engine.datasets.text import FIRST, PADDING, START, UNKNOWN, tokenise
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.features.base import Encoded, Features

CHUNK = 1024
"""Number of samples encoded at once: their ids fit a CPU cache while they are sorted, and progress is smooth."""

CACHED_IDS = 1_000_000
"""Data sets with fewer ids are encoded faster than they are read from the cache."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TextFeatures(Features):
    """Features of text.

    Column ``i`` from 4 on is the word ``names[i - 4]``, whose id in the data set is ``ids_of[i - 4]``; columns 0
    to 3 are padding, start, unknown and, as in Keras, unused. ``vocabulary`` is the number of columns.
    ``text_column`` is the table column with the texts, "" if the data is not a table.
    """

    vocabulary: int
    ids_of: NDArray[np.int32]
    text_column: str = ""

    @property
    def size(self) -> int:
        """The number of ids that the network reads."""
        return self.vocabulary

    @property
    @abstractmethod
    def weighted(self) -> bool:
        """Whether encoded samples have a weight for each id."""

    @abstractmethod
    def formed(self, samples: Ragged) -> Ragged:
        """Encode samples of columns, as returned by :meth:`columns`."""

    @cached_property
    def column_words(self) -> tuple[str, ...]:
        """Return the word of each of the ``size`` ids that a network reads, "" for ids without one."""
        return (("",) * FIRST + self.names + ("",) * self.size)[: self.size]

    def on(self, dataset: Dataset) -> Features:
        """Return the same encoding for a data set from another source, where ids may stand for other words.

        Raises DataError if the samples are not text.
        """
        words = dataset.vocabulary
        if words is None:
            raise DataError(f"{dataset.title} has other columns than the network was trained on")
        beyond = range(len(words), len(words) + len(self.names))
        ids = [words.by_word.get(name, other) for name, other in zip(self.names, beyond, strict=True)]
        return replace(self, ids_of=np.array(ids, np.int32))

    def encode(self, samples: RawSamples) -> Ragged:
        """Encode samples of the data set's ids."""
        assert isinstance(samples, Ragged)
        return self.formed(self.columns(samples))

    def columns(self, samples: Ragged) -> Ragged:
        """Convert samples of the data set's ids to samples of columns, the words' numbers in the vocabulary."""
        return Ragged(self._column_of.take(samples.values, mode="clip"), samples.offsets)

    def encode_all(self, dataset: Dataset) -> Preparation[Encoded]:
        """Encode all samples of a data set; large texts that were encoded before are read from the cache."""
        samples = dataset.samples
        assert isinstance(samples, Ragged)
        if len(samples.values) < CACHED_IDS:
            return self.encode(samples)
        path = array_cache.path("encoded", dataset.digest, str(len(samples)), self.to_json())
        found = array_cache.read(path)
        if found is None:
            built = yield from self._encode_chunks(samples)
            array_cache.keep(path, built)
            found = array_cache.read(path) or built
        return Ragged(found["values"], found["offsets"], found.get("weights"))

    def _encode_chunks(self, samples: Ragged) -> Preparation[dict[str, NDArray[Any]]]:
        values = array_cache.room(len(samples.values), np.int32)  # encoding never adds ids
        weights = array_cache.room(len(samples.values), np.float32) if self.weighted else None
        offsets = np.zeros(len(samples) + 1, np.int64)
        for index in range(0, len(samples), CHUNK):
            yield Preparing("encoding", index, len(samples))
            part = self.encode(samples.part(index, index + CHUNK))
            start, end = offsets[index], offsets[index] + len(part.values)
            offsets[index : index + len(part) + 1] = start + part.offsets
            values[start:end] = part.values
            if weights is not None:
                weights[start:end] = part.weights
        built = {"values": values[: offsets[-1]], "offsets": offsets}
        return built if weights is None else built | {"weights": weights[: offsets[-1]]}

    def ids(self, text: str) -> NDArray[np.int32]:
        """Return a text's ids in the data set, with the start mark first and 2 for unknown words."""
        get = self._id_of.get
        return np.array([START, *(get(word, UNKNOWN) for word in tokenise(text))], np.int32)

    def words(self, sample: NDArray[Any]) -> list[str]:
        """Return the words of a sample of ids as the network reads it, ``?`` for unknown words."""
        columns = self._column_of.take(sample, mode="clip").tolist()
        return [self.word(column) for column in columns if column != PADDING]

    def decode(self, sample: NDArray[Any]) -> str:
        """Return a sample as the network reads it: words separated by spaces."""
        return " ".join(self.words(sample))

    def word(self, column: int) -> str:
        """Return the word of a column, ``?`` if it has none."""
        return (self.names[column - FIRST] if column >= FIRST else "") or "?"

    def content(self) -> dict[str, Any]:
        """Return the vocabulary as plain JSON values."""
        ranked = bool((self.ids_of == np.arange(FIRST, FIRST + len(self.ids_of))).all())
        column = {"text_column": self.text_column} if self.text_column else {}
        return {"size": self.vocabulary, "ids_of": None if ranked else self.ids_of.tolist()} | column

    @classmethod
    def from_content(cls, common: dict[str, Any], content: dict[str, Any]) -> Self:
        """Create features from the result of :meth:`content`."""
        names, ids, size = common["names"], content.pop("ids_of"), content.pop("size")
        ids = np.arange(FIRST, FIRST + len(names)) if ids is None else ids
        return cls(vocabulary=size, ids_of=np.asarray(ids, np.int32), **common, **content)

    @cached_property
    def _column_of(self) -> NDArray[np.int32]:
        """The column of each id of the data set; the last entry stands for all higher ids."""
        table = np.full(int(self.ids_of.max(initial=FIRST - 1)) + 2, UNKNOWN, np.int32)
        table[:FIRST] = np.arange(FIRST)
        table[self.ids_of] = np.arange(FIRST, FIRST + len(self.ids_of))
        return table

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {name: number for name, number in zip(self.names, self.ids_of.tolist(), strict=True) if name}
