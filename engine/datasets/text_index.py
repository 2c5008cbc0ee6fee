"""Indexes texts as word ids once, and caches the arrays by the content that they came from."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.datasets import array_cache
from engine.datasets.dataset import Dataset, Split
from engine.datasets.ragged import Ragged
from engine.datasets.text import FIRST, START, Vocabulary, tokenise
from engine.errors import DataError
from engine.events import Preparation, Preparing

_STEP = 1000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts of a source with their class numbers (int64); only the first ``train`` may be trained on."""

    texts: Sequence[str]
    targets: NDArray[np.int64]
    train: int
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indexed:
    """Samples of ids over a whole vocabulary, with start marks; only the first ``train`` may be trained on."""

    samples: Ragged
    targets: NDArray[np.int64]
    train: int
    vocabulary: Vocabulary
    labels: tuple[str, ...] = ()
    original: Callable[[int], str] | None = None


def cached(key: str, build: Callable[[], Preparation[Any]]) -> Preparation[Indexed]:
    """Return the result of ``build`` (arrays by name), from the cache if it was built from the same content.

    ``key`` identifies the content and everything else that determines the ids.
    """
    file = array_cache.path("indexed", key)
    found = array_cache.read(file)
    if found is None:
        built: dict[str, NDArray[Any]] = yield from build()
        texts: array_cache.Arrays = {name: built.pop(name) for name in ("text", "text_offsets") if name in built}
        if texts:
            array_cache.keep(array_cache.path("text", key), texts)
        array_cache.keep(file, built)
        found = array_cache.read(file) or built
    return Indexed(
        Ragged(found["values"], found["offsets"]),
        found["targets"],
        int(found["train"][0]),
        Vocabulary.of_bytes(found["words"].tobytes()),
        tuple(json.loads(found["labels"].tobytes())),
        _Originals(key) if array_cache.path("text", key).exists() else None,
    )


class _Originals:
    """The samples' original texts, mapped from the cache at the first use."""

    def __init__(self, key: str) -> None:
        self._path = array_cache.path("text", key)
        self._texts: array_cache.Arrays | None = None

    def __call__(self, index: int) -> str:
        if self._texts is None:
            self._texts = array_cache.read(self._path) or {}
        if not self._texts:
            return ""
        start, end = self._texts["text_offsets"][index : index + 2]
        return self._texts["text"][start:end].tobytes().decode(errors="replace")


def of_ragged(
    samples: Ragged, targets: NDArray[Any], train: int, vocabulary: Vocabulary
) -> dict[str, NDArray[Any]]:
    """Return arrays for the cache from samples in Keras's layout: no start mark, word index without offset."""
    starts = samples.offsets[:-1] + np.arange(len(samples))
    values = np.empty(len(samples.values) + len(samples), np.int32)
    words = np.ones(len(values), bool)
    words[starts] = False
    values[starts] = START
    values[words] = samples.values + (FIRST - 1)
    return _arrays(values, samples.offsets + np.arange(len(samples) + 1), targets, train, vocabulary)


def of_corpus(corpus: Corpus, known: Vocabulary | None) -> Preparation[Any]:
    """Return arrays for the cache from texts, with the ids of a ``known`` vocabulary.

    Unknown words are left out, as in Keras's own files. Without ``known``, the vocabulary consists of all words in
    all texts, by frequency and then alphabetically.
    """
    found: defaultdict[str, int] = defaultdict(count(FIRST).__next__)
    id_of: Callable[[str], int | None] = found.__getitem__ if known is None else known.by_word.get
    values, offsets = array("i"), array("q", [0])
    text, text_offsets = bytearray(), array("q", [0])
    for index, words in enumerate(corpus.texts):
        values.append(START)
        values.extend(filter(None, map(id_of, tokenise(words))))
        offsets.append(len(values))
        text += words.encode(errors="replace")
        text_offsets.append(len(text))
        if index % _STEP == 0:
            yield Preparing("indexing words", index, len(corpus.texts))
    yield Preparing("indexing words", len(corpus.texts), len(corpus.texts))
    ids = np.frombuffer(values, np.int32)
    ids, vocabulary = (ids, known) if known is not None else _ranked(ids, found)
    built = _arrays(ids, np.frombuffer(offsets, np.int64), corpus.targets, corpus.train, vocabulary)
    texts = {"text": np.frombuffer(text, np.uint8), "text_offsets": np.frombuffer(text_offsets, np.int64)}
    return built | {"labels": _as_json(corpus.labels)} | texts


def _ranked(ids: NDArray[np.int32], id_of: Mapping[str, int]) -> tuple[NDArray[np.int32], Vocabulary]:
    """Renumber ids by frequency and then alphabetically; also return their words."""
    words = sorted(id_of)
    old = np.array([id_of[word] for word in words], np.int64)
    counts = np.bincount(ids, minlength=len(words) + FIRST)
    order = np.argsort(-counts[old], kind="stable")
    new = np.arange(len(words) + FIRST, dtype=np.int32)
    new[old[order]] = np.arange(FIRST, len(new))
    return new[ids], Vocabulary(tuple(words[index] for index in order.tolist()))


def _arrays(
    values: NDArray[np.int32], offsets: NDArray[np.int64], targets: NDArray[Any], train: int, words: Vocabulary
) -> dict[str, NDArray[Any]]:
    return {
        "values": values,
        "offsets": offsets,
        "targets": np.asarray(targets, np.int64),
        "train": np.array([train]),
        "words": np.frombuffer(words.to_bytes(), np.uint8),
        "labels": _as_json(()),
    }


def _as_json(labels: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(labels).encode(), np.uint8)


def read_index(index: Path) -> Vocabulary:
    """Read a word index in Keras's form; raises DataError."""
    try:
        return Vocabulary.of_index(json.loads(index.read_bytes()))
    except (OSError, ValueError, TypeError, AttributeError, IndexError, MemoryError, RecursionError) as error:
        raise DataError(f"{index} is not a word index as Keras publishes it: {error}") from error


def dataset(
    name: str,
    title: str,
    labels: tuple[str, ...],
    indexed: Indexed,
    split: Split,
    source: str,
    digest: str,
    *,
    ranked: bool = False,
    notes: Iterable[str] = (),
) -> Dataset:
    """Build a data set from indexed texts; unless ``ranked``, its vocabulary is counted on training samples."""
    return Dataset(
        name=name,
        title=title,
        kind="text",
        task="binary" if len(labels) == 2 else "classes",
        samples=indexed.samples,
        targets=indexed.targets,
        split=split,
        source=source,
        digest=digest,
        labels=labels,
        vocabulary=indexed.vocabulary,
        ranked=ranked,
        original=indexed.original,
        notes=tuple(notes),
    )
