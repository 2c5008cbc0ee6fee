"""Text is cut and padded in terminal cells, not characters."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from workbench.text.widths import fitted, padded, shared, shortened, widest


@pytest.mark.parametrize(
    "text", ["a plain name", "\u65e5\u672c\u8a9e\u306e\u540d\u524d", "a\u65e5b\u672cc", "", "ab"]
)
def test_a_shortened_text_fits_and_keeps_both_ends(text: str) -> None:
    for cells in range(20):
        cut = shortened(text, cells)
        assert cell_len(cut) <= cells
        if cells >= cell_len(text):
            assert cut == text
        elif cells >= 8:
            assert (cut[0], cut[-1]) == (text[0], text[-1])
            assert "..." in cut


def test_a_padded_text_has_the_width_asked_for() -> None:
    assert padded("\u65e5", 4) == "\u65e5  "
    assert padded("1", 3, right=True) == "  1"


@pytest.mark.parametrize("text", ["日本語の名前", "a plain name", ""])
def test_a_fitted_text_has_exactly_the_width_asked_for(text: str) -> None:
    assert [cell_len(fitted(text, cells)) for cells in range(20)] == list(range(20))


def test_the_widest_text_is_found_by_cells() -> None:
    assert widest(["abc", "日本"]) == 4
    assert widest([], 7) == 7


def test_columns_get_what_they_want_and_else_the_widest_gives_way() -> None:
    assert shared([4, 9], 20) == [4, 9]
    assert shared([4, 30, 10], 26) == [4, 12, 10]
    assert shared([30, 30], 20) == [10, 10]
    assert shared([3, 3], 0) == [1, 1]
    assert shared([], 5) == []
