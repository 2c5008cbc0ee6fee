"""Counts and searches in large blocks of delimited bytes, some at a time that fit a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CACHED = 1 << 16
"""Bytes that are compared at once: they and what is made of them fit a processor's cache."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in a block of whole lines.

    ``odd`` tells whether a line may be blank, begin with a blank or be a comment; ``zeros`` whether a field may
    begin with a zero and another digit: a code, which is not a number.
    """

    lines: int
    separators: int
    odd: bool
    zeros: bool


def scan(block: bytes, separator: bytes, comment: str | None) -> Scan:
    """Read a block once."""
    end, mark, comma = np.uint8(ord("\n")), np.uint8(ord(comment[0]) if comment else 0), np.uint8(ord(separator))
    lines = separators = 0
    odd = zeros = False
    for earlier, before, here, after in _windows(block):
        starts = before == end
        lines += int(np.count_nonzero(here == end))
        separators += int(np.count_nonzero(here == comma))
        odd = odd or bool((starts & ((here <= np.uint8(ord(" "))) | (here == mark))).any())
        zeros = zeros or _leading_zeros(earlier, before, here, after, comma)
    return Scan(lines, separators, odd, zeros)


def _leading_zeros(earlier: Bytes, before: Bytes, here: Bytes, after: Bytes, separator: np.uint8) -> bool:
    found = here == np.uint8(ord("0"))
    found &= (after - np.uint8(ord("0"))) < np.uint8(10)
    found &= _mark(before, separator)
    if not found.any():
        return False
    found &= _mark(earlier, separator) | (before == separator) | (before == np.uint8(ord("\n")))  # no 2024-05-31
    return bool(found.any())


def _mark(found: Bytes, separator: np.uint8) -> NDArray[np.bool_]:
    """Which bytes are signs, blanks, line ends, quotes or separators."""
    return np.asarray((found < np.uint8(ord("."))) | (found == separator))


def _windows(block: bytes) -> Iterator[tuple[Bytes, Bytes, Bytes, Bytes]]:
    """Every byte with the two before it and the one after it; line ends stand around the block."""
    found = np.frombuffer(b"".join((b"\n\n", block, b"\n")), np.uint8)
    for start in range(0, len(found) - 3, _CACHED):
        part = found[start : start + _CACHED + 3]
        yield part[:-3], part[1:-2], part[2:-1], part[3:]
