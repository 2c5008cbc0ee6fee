"""The folders of this machine in which data sets are searched for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.system import paths


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a data set may be: ``name`` as runs record it, ``available`` whether it is there."""

    name: str
    place: str
    available: bool
    note: str = ""


def keras_cache() -> Path:
    """Keras's folder of data sets: ``KERAS_HOME``, else ``~/.keras``, and ``datasets`` within."""
    named = os.environ.get("KERAS_HOME")
    return (Path(named) if named else Path.home() / ".keras") / "datasets"


def folders() -> Iterator[tuple[str, Path]]:
    """The folders to look in, the first first, with the name that a source found there has; raises DataError."""
    named = os.environ.get("WORKBENCH_DATA")
    if named:
        folder = paths.expanded(named)
        if not folder.is_dir():
            raise DataError(
                f"WORKBENCH_DATA names {named}, which is no folder: name the folder with the data, or unset it"
            )
        yield "WORKBENCH_DATA", folder
    yield "Keras cache", keras_cache()


def find(file: str) -> Path | None:
    """The first folder's file of this name, None where no folder has it."""
    return next((folder / file for _, folder in folders() if (folder / file).is_file()), None)
