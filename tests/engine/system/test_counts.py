"""Numbers of things: one of them is singular, thousands are grouped."""

from __future__ import annotations

import pytest

from engine.system.counts import counted


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0 epochs"), (1, "1 epoch"), (2, "2 epochs"), (2000, "2,000 epochs")]
)
def test_one_is_singular_and_thousands_are_grouped(amount: int, words: str) -> None:
    assert counted(amount, "epoch") == words
