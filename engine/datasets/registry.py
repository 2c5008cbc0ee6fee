"""Maps data sets to their sources, by the catalogue's names or the content of a user's path."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.datasets.catalogue import CATALOGUE
from engine.datasets.locations import Source
from engine.errors import DataError
from engine.events import Preparation
from engine.system.paths import exists, expanded
from engine.system.suggest import hint, shown

if TYPE_CHECKING:  # importing this module is nearly free
    from engine.datasets.dataset import Dataset
    from engine.experiment.model import Data

_OTHERS = {"imdb": "imdb", "reuters": "reuters", "boston": "housing", "california": "housing"}
SOURCES = {name: _OTHERS.get(name, "sklearn_sets") for name in CATALOGUE}
"""The module of ``engine.datasets.sources`` for each catalogue name."""


def load(data: Data, seed: int) -> Preparation[Dataset]:
    """Read the samples of an experiment's data from the best source on this machine; never uses the network.

    The same data and seed give the same samples and splits. Raises DataError with advice.
    """
    read = _module(data.dataset).load if data.dataset in SOURCES else _own
    found: Dataset = yield from read(data, seed)
    return found


def sources_of(name: str) -> tuple[Source, ...]:
    """Return the possible locations of a data set on this machine, best first."""
    if name in SOURCES:
        return tuple(_module(name).sources_of(name))
    return (Source(Path(name).name, name, exists(expanded(name)), "a file or folder of your own"),)


def _module(name: str) -> Any:
    """Return the module of a data set, with functions ``load(data, seed)`` and ``sources_of(name)``."""
    return import_module(f"engine.datasets.sources.{SOURCES[name]}")


def _own(data: Data, seed: int) -> Preparation[Dataset]:
    from engine.datasets.readers.formats import file_format
    from engine.datasets.sources import own_folder, own_sparse, own_table

    path = expanded(data.dataset)
    if not exists(path):
        raise DataError(f"no data set or file is called {shown(data.dataset)}: {hint(data.dataset, CATALOGUE)}")
    if path.is_dir():
        return (yield from own_folder.load(path, data, seed))
    if file_format(path) == "svmlight":
        return (yield from own_sparse.load(path, data, seed))
    return (yield from own_table.load(path, data, seed))
