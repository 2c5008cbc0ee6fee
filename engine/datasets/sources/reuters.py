"""Reuters newswires as published by Keras: ids without texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets import file_digest, locations, splits, text_index
from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset
from engine.datasets.locations import Source
from engine.datasets.readers import keras_npz, word_recovery
from engine.datasets.text_index import read_index
from engine.events import Preparation, Preparing
from engine.experiment.model import Data

INDEX = "reuters_word_index.json"
VALIDATION = 1000
"""The course's number of validation samples, out of the 8,982 for training."""


def sources_of(_name: str = "reuters") -> tuple[Source, ...]:
    """Return the possible locations of the newswires, best first."""
    return tuple(locations.sources(CATALOGUE["reuters"].file))


def load(data: Data, _seed: int) -> Preparation[Dataset]:
    """Load the newswires with Keras's own split, a fifth of them for testing."""
    missing = "Reuters is not on this machine: `workbench data get reuters` downloads it (2 MB)"
    source = locations.best(sources_of(), missing)
    path, index = Path(source.path), locations.find(INDEX)
    digest = yield from file_digest.digest(path)
    words = (yield from file_digest.digest(index)) if index else ""
    indexed = yield from text_index.cached(f"reuters {digest} {words}", lambda: _build(path, index))
    order = splits.keras_order(np.random.RandomState(113), len(indexed.samples))
    train = int(len(order) * 0.8)
    notes = () if index else (f"{INDEX} is missing, so words are shown by rank: workbench data get reuters",)
    split = splits.split(order[:train], order[train:], VALIDATION * train // 8982, data)
    entry = CATALOGUE["reuters"]
    known = (entry.name, entry.title, entry.labels)
    return text_index.dataset(*known, indexed, split, source.name, digest, ranked=True, notes=notes)


def _build(path: Path, index: Path | None) -> Preparation[Any]:
    yield Preparing(f"reading {path.name}")
    samples = keras_npz.ragged(path, "x")
    targets = keras_npz.classes(path, ("y",), (len(samples),), 46)
    words = word_recovery.complete(read_index(index) if index else None, (samples,))
    return text_index.of_ragged(samples, targets, len(samples), words)
