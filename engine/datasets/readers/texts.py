"""Columns of text as flat arrays: UTF-8 bytes and offsets, with an index if texts repeat."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """An immutable array of texts, some of which may be missing.

    Entry ``i`` is ``blob[offsets[i]:offsets[i + 1]]``, in UTF-8. Row ``r`` is the entry ``codes[r]``, or missing
    if that is negative. If texts are ``repeated``, entries are sorted and distinct; otherwise each row has its
    own. ``known`` is the number of different texts, if known.
    """

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    codes: NDArray[np.int32]
    repeated: bool
    known: int | None = None

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> Texts:
        """Build from texts that repeat; each different text is stored once."""
        entries = sorted({text for text in texts if text is not None})
        index: dict[str | None, int] = {text: number for number, text in enumerate(entries)}
        codes = np.array([index.get(text, -1) for text in texts], np.int32)
        return cls.of_entries(entries, codes)

    @classmethod
    def of_entries(cls, entries: Sequence[str], codes: NDArray[np.int32]) -> Texts:
        """Build from the sorted different texts and each row's index among them."""
        encoded = [text.encode(errors="replace") for text in entries]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets, codes, True)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code < 0 else self._entry(code)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Whether each row is missing: bool of shape (rows,)."""
        return self.codes < 0

    def _entry(self, number: int) -> str:
        return self.blob[self.offsets[number] : self.offsets[number + 1]].tobytes().decode(errors="replace")

    def _decoded(self) -> tuple[list[str], NDArray[np.intp] | NDArray[np.int32]]:
        """Return decoded texts and each row's index among them (-1 if missing); for few rows, only their texts."""
        if len(self.codes) >= len(self.offsets) - 1:
            data, offsets = self.blob.tobytes(), self.offsets.tolist()
            return [data[a:b].decode(errors="replace") for a, b in itertools.pairwise(offsets)], self.codes
        used = np.unique(self.codes[self.codes >= 0])
        codes = np.where(self.codes < 0, -1, np.searchsorted(used, self.codes))
        return [self._entry(number) for number in used.tolist()], codes

    def objects(self) -> NDArray[Any]:
        """Return an object array of str, None for missing texts; equal texts share one object if texts repeat."""
        found, codes = self._decoded()
        entries = np.empty(len(found) + 1, object)
        entries[:-1] = found
        return entries[codes]  # the last entry, None, is that of code -1

    def to_list(self) -> list[str]:
        """Return every row's text, "" if missing."""
        found, codes = self._decoded()
        entries = [*found, ""]
        return [entries[code] for code in codes.tolist()]

    def hashes(self) -> NDArray[np.uint64]:
        """Return a hash of each row's text, 0 if missing; only comparable within this process."""
        data = self.blob.tobytes()
        found = [hash(data[a:b]) for a, b in itertools.pairwise(self.offsets.tolist())]
        hashes: NDArray[np.uint64] = np.array([*found, 0], np.int64).view(np.uint64)
        return hashes[self.codes]

    def classes(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Return the sorted different texts and each row's index among them (-1 if missing)."""
        if self.repeated:
            used = np.flatnonzero(np.bincount(self.codes[self.codes >= 0], minlength=len(self.offsets) - 1))
            number = np.full(len(self.offsets), -1, np.int64)
            number[used] = np.arange(len(used))
            return tuple(self._entry(entry) for entry in used.tolist()), number[self.codes]
        found = self.objects().tolist()
        labels = sorted({text for text in found if text is not None})
        index: dict[str | None, int] = {text: number for number, text in enumerate(labels)}
        return tuple(labels), np.array([index.get(text, -1) for text in found], np.int64)

    @property
    def distinct(self) -> int:
        """Return the number of different texts, without missing ones."""
        return len(self.classes()[0]) if self.known is None else self.known

    def take(self, rows: NDArray[np.int64] | slice) -> Texts:
        """Return the given rows; entries are shared."""
        return Texts(self.blob, self.offsets, self.codes[rows], self.repeated)
