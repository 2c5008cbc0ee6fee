"""Columns of text as bytes and offsets: any rows of them as texts, and texts by their hashes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.datasets.readers.texts import Texts


def each_its_own(texts: Sequence[str | None]) -> Texts:
    """Texts of which each row has its own entry."""
    there = [text.encode() for text in texts if text is not None]
    offsets = np.append(0, np.cumsum([len(text) for text in there])).astype(np.int64)
    known = np.array([text is not None for text in texts])
    codes = np.where(known, np.cumsum(known) - 1, -1).astype(np.int32)
    return Texts(np.frombuffer(b"".join(there), np.uint8), offsets, codes, False)


TEXTS = some.lists(some.none() | some.sampled_from(["", "a", "good film", "schöner Film", "a"]), min_size=1)


@given(TEXTS, some.data())
def test_any_rows_have_the_texts_of_the_whole(texts: list[str | None], data: some.DataObject) -> None:
    rows = data.draw(some.lists(some.integers(0, len(texts) - 1)))
    wanted = [texts[row] for row in rows]

    for column in (Texts.of(texts), each_its_own(texts)):
        taken = column.take(np.array(rows, np.int64))
        assert taken.objects().tolist() == wanted
        assert taken.to_list() == [text or "" for text in wanted]
        assert taken.classes()[0] == tuple(sorted({text for text in wanted if text is not None}))


@given(TEXTS)
def test_equal_texts_alone_have_equal_hashes(texts: list[str | None]) -> None:
    for column in (Texts.of(texts), each_its_own(texts)):
        hashes = dict(zip(texts, column.hashes().tolist(), strict=True))
        again = column.hashes().tolist()
        assert [hashes[text] for text in texts] == again
        assert len({value for text, value in hashes.items() if text}) == len({text for text in texts if text})


def test_a_few_rows_are_decoded_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    column, decoded = each_its_own(["one", "two", "three", "four"]), list[int]()
    entry = Texts._entry

    def noted(texts: Texts, number: int) -> str:
        decoded.append(number)
        return entry(texts, number)

    monkeypatch.setattr(Texts, "_entry", noted)

    assert column.take(slice(1, 3)).to_list() == ["two", "three"]
    assert decoded == [1, 2]
