"""The folders of this machine in which data sets are searched for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.system import paths


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder that may hold a data set: ``name`` as runs record it, ``available`` whether it exists."""

    name: str
    path: str
    available: bool
    note: str = ""


def keras_cache() -> Path:
    """Keras's folder of data sets: ``KERAS_HOME``, else ``~/.keras``, and ``datasets`` within."""
    named = os.environ.get("KERAS_HOME")
    return (Path(named) if named else Path.home() / ".keras") / "datasets"


def folders() -> Iterator[tuple[str, Path]]:
    """Yields the folders to search, in order, each with the name of a source found there; raises DataError."""
    for folder in paths.data_folders():
        if not folder.is_dir():
            raise DataError(
                f"WORKBENCH_DATA names {folder}, which is no folder: name the folder with the data, or unset it"
            )
        yield "WORKBENCH_DATA", folder
    yield "Keras cache", keras_cache()


def find(file: str) -> Path | None:
    """The first folder's file of this name, None where no folder has it."""
    return next((folder / file for _, folder in folders() if (folder / file).is_file()), None)


def sources(*files: str, there: Callable[[Path], bool] = Path.is_file) -> list[Source]:
    """Where the folders may have these files; ``there`` tells whether one has."""
    paths = [(f"{at}/{file}", folder / file) for at, folder in folders() for file in files]
    return [Source(name, str(path), there(path)) for name, path in paths]


def best(known: Iterable[Source], otherwise: str) -> Source:
    """The first source that is available; raises DataError, saying ``otherwise``, where none is."""
    found = next((source for source in known if source.available), None)
    if found is None:
        raise DataError(otherwise)
    return found
