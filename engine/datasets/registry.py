"""A name or a path -> a data set: which reader reads what."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset
from engine.datasets.locations import Source
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment.model import Data
from engine.experiment.validation import shown
from engine.system.paths import exists, expanded


def load(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    """See :func:`engine.datasets.load`."""
    from engine.datasets.sources import housing, imdb, reuters, sklearn_sets

    name = data.dataset
    if name == "imdb":
        return (yield from imdb.load(data, seed))
    if name == "reuters":
        return (yield from reuters.load(data))
    if name in ("boston", "california"):
        return (yield from housing.load(name, data))
    if name in CATALOGUE:
        return (yield from sklearn_sets.load(name, data, seed))
    return (yield from _own(data, seed))


def sources_of(name: str) -> tuple[Source, ...]:
    """See :func:`engine.datasets.sources_of`."""
    from engine.datasets.sources import housing, imdb, reuters, sklearn_sets

    if name == "imdb":
        return imdb.sources()
    if name == "reuters":
        return reuters.sources()
    if name in ("boston", "california"):
        return housing.sources(name)
    if name in CATALOGUE:
        return sklearn_sets.sources(name)
    return (Source(Path(name).name, name, exists(expanded(name)), "a file or folder of your own"),)


def _own(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    from engine.datasets.sources import own_folder, own_table

    path = expanded(data.dataset)
    if not exists(path):
        raise DataError(_missing(data.dataset))
    if path.is_dir():
        return (yield from own_folder.load(path, data, seed))
    if path.is_file() and path.suffix.lower() in own_table.SEPARATORS:
        return (yield from own_table.load(path, data, seed))
    raise DataError(f"{path} cannot be read as data: give a .csv or .tsv file, or a folder of texts")


def _missing(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), CATALOGUE, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(CATALOGUE)}"
    return f"no data set and no file is called {shown(name)}: {hint}"
