"""The folders that are searched for data sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.system import paths


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder that may hold a data set: ``name`` as recorded by runs, ``available`` if it exists."""

    name: str
    path: str
    available: bool
    note: str = ""


def keras_cache() -> Path:
    """Return Keras's folder of data sets: ``datasets`` in ``KERAS_HOME`` or ``~/.keras``."""
    named = os.environ.get("KERAS_HOME")
    return (Path(named) if named else Path.home() / ".keras") / "datasets"


def folders() -> Iterator[tuple[str, Path]]:
    """Yield the folders to search, in order, each with the name of its sources; raises DataError."""
    for folder in paths.data_folders():
        if not folder.is_dir():
            raise DataError(
                f"WORKBENCH_DATA names {folder}, which is not a folder: name the folder with the data, or unset it"
            )
        yield "WORKBENCH_DATA", folder
    yield "Keras cache", keras_cache()


def find(file: str) -> Path | None:
    """Return the file with this name in the first folder that has it; None if there is none."""
    return next((folder / file for _, folder in folders() if (folder / file).is_file()), None)


def sources(*files: str, there: Callable[[Path], bool] = Path.is_file) -> list[Source]:
    """Return the possible locations of these files; ``there`` tests whether one exists."""
    paths = [(f"{at}/{file}", folder / file) for at, folder in folders() for file in files]
    return [Source(name, str(path), there(path)) for name, path in paths]


def best(known: Iterable[Source], otherwise: str) -> Source:
    """Return the first available source; raises DataError with the message ``otherwise`` if there is none."""
    found = next((source for source in known if source.available), None)
    if found is None:
        raise DataError(otherwise)
    return found
