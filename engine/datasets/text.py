"""Text as words, and words as ids in Keras's encoding: 0 padding, 1 start, 2 unknown, rank + 3."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

PADDING, START, UNKNOWN, FIRST = 0, 1, 2, 4
"""The special ids and the first id of a word; Keras adds 3 to ranks from 1 on, so 3 is not used."""

MOST_WORDS = 10_000_000
"""Larger than any real vocabulary; a higher rank means damaged or hostile data."""

_SPLITTING = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r', " "))

_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
"""Vowel and tone marks, written over, under or around the letter before them."""

UNSPACED = re.compile(
    "[\u0e01-\u0ec4\u1000-\u109f\u1780-\u17b3\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    f"\U00020000-\U0003134f][{_MARKS}]*"
)
"""A letter of a script without spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer."""

WIDE_MARKS = re.compile("[\u3000-\u303f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]")
"""Punctuation of these scripts."""

_BREAK = re.compile(r"<br\s*/?>|\r\n?", re.IGNORECASE)


def tokenise(text: str) -> list[str]:
    """Split a text into words like Keras's ``text_to_word_sequence`` with default filters.

    In addition, a carriage return separates words, and each letter of a script without spaces is a word.
    """
    if not text.isascii() and UNSPACED.search(text):
        text = UNSPACED.sub(r" \g<0> ", WIDE_MARKS.sub(" ", text))
    return list(filter(None, text.lower().translate(_SPLITTING).split(" ")))


def without_markup(text: str) -> str:
    """Replace ``<br />`` and all kinds of line ends in a user's text by line feeds."""
    return _BREAK.sub("\n", text) if "<" in text or "\r" in text else text


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of ids: word ``words[i]`` has the id ``i + 4``, most frequent first."""

    words: tuple[str, ...]

    @classmethod
    def of_index(cls, index: dict[str, int]) -> Vocabulary:
        """Build from a word index in Keras's form: word -> rank, counted from 1; gaps become empty words.

        Raises ValueError for other ranks.
        """
        if not all(1 <= rank <= MOST_WORDS for rank in index.values()):
            raise ValueError(f"its ranks are not between 1 and {MOST_WORDS:,}")
        words = [""] * max(index.values(), default=0)
        for word, rank in index.items():
            words[rank - 1] = word
        return cls(tuple(words))

    @classmethod
    def of_bytes(cls, data: bytes) -> Vocabulary:
        """Build from the result of :meth:`to_bytes`."""
        return cls(tuple(data.decode().split("\n")) if data else ())

    def to_bytes(self) -> bytes:
        """Serialise as UTF-8, one word per line; words from :func:`tokenise` contain no line feeds."""
        return "\n".join(self.words).encode()

    def __len__(self) -> int:
        """Return the number of ids, including those that are not words."""
        return len(self.words) + FIRST

    @cached_property
    def by_word(self) -> dict[str, int]:
        """The id of every word."""
        return {word: number for number, word in enumerate(self.words, FIRST) if word}

    def ids(self, text: str) -> NDArray[np.int32]:
        """Return a text's ids with the start mark first; int32 of shape (words + 1,)."""
        get = self.by_word.get
        return np.array([START, *(get(word, UNKNOWN) for word in tokenise(text))], np.int32)

    def named(self, ids: Iterable[int]) -> list[str]:
        """Return the words of ids, ``?`` for ids without a word; padding is left out."""
        words, count = self.words, len(self)
        return [
            (words[number - FIRST] if FIRST <= number < count else "") or "?"
            for number in ids
            if number != PADDING
        ]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the words of ids, separated by spaces."""
        return " ".join(self.named(ids))
