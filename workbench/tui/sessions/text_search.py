"""Finds texts by words and phrases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.datasets.ragged import Ragged


def phrases(text: str) -> list[str]:
    """The words of a search; those between quotes are one phrase."""
    parts = re.findall(r'["“”]([^"“”]*)["“”]?|(\S+)', text)
    return [found for phrase, word in parts if (found := (phrase or word).strip())]


def texts_with(texts: Ragged, wanted: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which of the texts have these word ids one after another."""
    values, length = texts.values, len(wanted)
    starts = np.flatnonzero(values == wanted[0])
    starts = starts[starts + length <= len(values)]
    for step in range(1, length):
        starts = starts[values[starts + step] == wanted[step]]
    owner = np.searchsorted(texts.offsets, starts, side="right") - 1
    inside = starts + length <= texts.offsets[owner + 1]
    found = np.zeros(len(texts), np.bool_)
    found[owner[inside]] = True
    return found
