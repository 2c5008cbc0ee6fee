"""Maps data sets to their sources: the catalogue's names, and the content of a person's own path."""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset
from engine.datasets.locations import Source
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data
from engine.system.paths import exists, expanded
from engine.system.suggest import hint, shown

_OTHERS = {"imdb": "imdb", "reuters": "reuters", "boston": "housing", "california": "housing"}
SOURCES = {name: _OTHERS.get(name, "sklearn_sets") for name in CATALOGUE}
"""The module of ``engine.datasets.sources`` for each name of the catalogue."""


class _Module(Protocol):
    """What such a module holds."""

    def load(self, name: str, data: Data, seed: int, /) -> Generator[Preparing, None, Dataset]: ...

    def sources_of(self, name: str, /) -> tuple[Source, ...]: ...


def load(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    """See :func:`engine.datasets.load`."""
    if data.dataset in SOURCES:
        return (yield from _module(data.dataset).load(data.dataset, data, seed))
    return (yield from _own(data, seed))


def sources_of(name: str) -> tuple[Source, ...]:
    """See :func:`engine.datasets.sources_of`."""
    if name in SOURCES:
        return _module(name).sources_of(name)
    return (Source(Path(name).name, name, exists(expanded(name)), "a file or folder of your own"),)


def _module(name: str) -> _Module:
    return cast(_Module, import_module(f"engine.datasets.sources.{SOURCES[name]}"))


def _own(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
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
