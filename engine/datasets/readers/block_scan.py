"""Scans large blocks of delimited bytes in parts that fit a CPU cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CACHED = 1 << 17
"""Number of bytes compared at once; with the intermediate results they fit a CPU cache."""

Bytes = NDArray[np.uint8]

_END, _BLANK, _POINT, _ZERO = (np.uint8(ord(character)) for character in "\n .0")


@dataclass(frozen=True, slots=True)
class Scan:
    """Properties of a block of whole lines.

    ``odd`` says whether a line may be blank, start with a blank or be a comment; ``zeros`` whether a field may
    start with a zero and another digit, which makes it a code rather than a number.
    """

    lines: int
    separators: int
    odd: bool
    zeros: bool


def scan(block: bytes, separator: bytes, comment: str | None) -> Scan:
    """Scan a block in one pass."""
    comma, mark = np.uint8(ord(separator)), np.uint8(ord(comment[0])) if comment else None
    lines = separators = 0
    odd = zeros = False
    for part in _windows(block):
        here = part[2:-1]
        ends = part == _END
        lines += int(np.count_nonzero(ends[2:-1]))
        separators += int(np.count_nonzero(here == comma))
        odd = odd or _odd(ends[1:-2], here, mark)
        zeros = zeros or _leading_zeros(part[:-3], part[1:-2], here, part[3:], comma)
    return Scan(lines, separators, odd, zeros)


def _odd(starts: NDArray[np.bool_], here: Bytes, mark: np.uint8 | None) -> bool:
    found = here <= _BLANK
    if mark is not None:
        found |= here == mark
    found &= starts
    return bool(found.any())


def _leading_zeros(earlier: Bytes, before: Bytes, here: Bytes, after: Bytes, separator: np.uint8) -> bool:
    found = here == _ZERO
    found &= (after - _ZERO) < np.uint8(10)
    found &= _mark(before, separator)
    if not found.any():
        return False
    found &= _mark(earlier, separator) | (before == separator) | (before == _END)  # not 2024-05-31
    return bool(found.any())


def _mark(found: Bytes, separator: np.uint8) -> NDArray[np.bool_]:
    """Mark the bytes that are signs, blanks, line ends, quotes or separators."""
    marks = found < _POINT
    if separator >= _POINT:
        marks |= found == separator
    return marks


def _windows(block: bytes) -> Iterator[Bytes]:
    """Yield the bytes in parts with the two bytes before and the one after; the block is enclosed in line ends."""
    whole = np.frombuffer(block, np.uint8)
    for start in range(0, len(block), _CACHED):
        before, after = max(2 - start, 0), start + _CACHED >= len(block)
        part = slice(max(start - 2, 0), start + _CACHED + 1)
        if before or after:
            yield np.frombuffer(b"\n" * before + block[part] + b"\n" * after, np.uint8)
        else:
            yield whole[part]
