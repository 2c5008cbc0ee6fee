"""Data sets: a catalogue, a person's own files, and one form for all of them.

Importing this package is cheap; reading data imports what it needs.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.datasets.catalogue import CATALOGUE, Entry, entry
from engine.events import Preparing

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.datasets.locations import Source
    from engine.experiment.model import Data

__all__ = ["CATALOGUE", "Entry", "entry", "get", "load", "sources_of"]


def load(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
    """Read the samples of an experiment's data from the best source on this machine; never touches the network.

    The same data and seed give the same samples and splits. Raises DataError with what to do about it.
    """
    from engine.datasets.registry import load as read

    return (yield from read(data, seed))


def sources_of(name: str) -> tuple[Source, ...]:
    """Where a data set may be on this machine, the best source first."""
    from engine.datasets.registry import sources_of as known

    return known(name)


def get(name: str) -> Generator[Preparing, None, Path]:
    """Download a catalogue data set's published file into Keras's cache, its hash checked; gives its path."""
    from engine.datasets.download import get as download

    return (yield from download(name))
