"""A name or a path -> a data set: which reader reads what."""

from __future__ import annotations

from collections.abc import Generator

from engine.datasets import imdb
from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset
from engine.datasets.places import Source
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment import Data

_READERS = {"imdb": imdb}


def load(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    """See :func:`engine.datasets.load`."""
    reader = _READERS.get(data.dataset)
    if reader is None:
        raise DataError(f"no data set {data.dataset!r}: there are {', '.join(CATALOGUE)}, or give a path")
    return (yield from reader.load(data, seed))


def sources(name: str) -> tuple[Source, ...]:
    """See :func:`engine.datasets.sources`."""
    return _READERS[name].sources() if name in _READERS else ()
