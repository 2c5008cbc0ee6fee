"""The small data sets shipped with scikit-learn."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import numpy as np

from engine.datasets import array_cache, tabular
from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset
from engine.datasets.locations import Source
from engine.events import Preparation, Preparing
from engine.experiment.model import Data

SOURCE = "scikit-learn"


def sources_of(name: str) -> tuple[Source, ...]:
    """Return the source, which always exists."""
    return (Source(SOURCE, f"sklearn.datasets.load_{name}", True, "shipped by the package scikit-learn"),)


def load(data: Data, seed: int) -> Preparation[Dataset]:
    """Load the set with scikit-learn's ``load_*`` function, diabetes in its original units."""
    name, entry = data.dataset, CATALOGUE[data.dataset]
    yield Preparing(f"reading {entry.title}")
    path = array_cache.path("bundled", name, version("scikit-learn"))
    found = array_cache.read(path)
    if found is None:
        found = _read(name)
        array_cache.keep(path, found)
    names = json.loads(found["columns"].tobytes())
    split = tabular.fifths(found["targets"], seed, data)
    return tabular.dataset(entry, found["rows"], found["targets"], names, split, SOURCE)


def _read(name: str) -> array_cache.Arrays:
    """Read and cache a set, since importing scikit-learn takes longer than training on it."""
    import sklearn.datasets

    options: dict[str, Any] = {"scaled": False} if name == "diabetes" else {}
    found = getattr(sklearn.datasets, f"load_{name}")(**options)
    names = json.dumps([str(column) for column in found.feature_names])
    return {
        "rows": found.data.astype(np.float32),
        "targets": found.target.astype(np.int64 if CATALOGUE[name].classes else np.float32),
        "columns": np.frombuffer(names.encode(), np.uint8),
    }
