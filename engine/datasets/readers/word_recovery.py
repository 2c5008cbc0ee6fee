"""Recovers the words for the ids in Keras's files without the word index."""

from __future__ import annotations

from collections.abc import Sequence

from engine.datasets.ragged import Ragged
from engine.datasets.text import Vocabulary, tokenise
from engine.events import Preparation, Preparing

_STEP = 1000

_SHORTEST = 50
"""Number of words from which the pattern of a row is unique in practice."""


def matched(rows: Ragged, texts: Sequence[str]) -> Preparation[Vocabulary]:
    """Find the words of ranks from the texts that the rows were made from, in any order.

    A row and its text repeat their words at the same positions; this pattern identifies the text of a row, and
    thereby the word of each rank. Patterns shared by several rows or texts are skipped.
    """
    total = len(texts) + len(rows)
    text_of: dict[bytes, int | None] = {}
    for index, text in enumerate(texts):
        if index % _STEP == 0:
            yield Preparing("finding the words of the ids", index, total)
        if len(words := tokenise(text)) >= _SHORTEST:
            pattern = _pattern(words)
            known = text_of.get(pattern, index)
            text_of[pattern] = index if known is not None and texts[known] == text else None
    names = [""] * int(rows.values.max(initial=0))
    for index in range(len(rows)):
        if index % _STEP == 0:
            yield Preparing("finding the words of the ids", len(texts) + index, total)
        ranks = rows[index].tolist()
        if (found := text_of.get(_pattern(ranks))) is not None:
            for rank, word in zip(ranks, tokenise(texts[found]), strict=True):
                names[rank - 1] = word
    return Vocabulary(tuple(names))


def _pattern(row: Sequence[object]) -> bytes:
    """Return the index of the first occurrence of each item of a row."""
    first: dict[object, int] = {}
    return b"".join(first.setdefault(item, index).to_bytes(3) for index, item in enumerate(row))


def complete(known: Vocabulary | None, rows: Sequence[Ragged]) -> Vocabulary:
    """Return a vocabulary with a word for every rank in the rows, ``#`` and the rank if it is unknown."""
    ranks = max(int(part.values.max(initial=0)) for part in rows)
    words = known.words if known else ()
    named = (*words, *[""] * (ranks - len(words)))
    return Vocabulary(tuple(word or f"#{rank}" for rank, word in enumerate(named, 1)))
