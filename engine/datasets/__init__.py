"""Data sets: a catalogue, users' own files, and one form for all of them.

Importing this package is cheap; reading data imports what it needs.
"""

from __future__ import annotations

from pathlib import Path

from engine.datasets.catalogue import CATALOGUE, Entry, entry
from engine.datasets.registry import load, sources_of
from engine.events import Preparation

__all__ = ["CATALOGUE", "Entry", "entry", "get", "load", "sources_of"]


def get(name: str) -> Preparation[Path]:
    """Download a catalogue data set's published file into Keras's cache, verify its hash, and return its path."""
    from engine.datasets.download import get as download

    return (yield from download(name))
