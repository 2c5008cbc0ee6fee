"""The different values of a column of numbers, however they are counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.datasets.readers import table
from engine.datasets.readers.table import Column

NEAR, FAR = st.integers(-5, 20), st.integers(-(2**62), 2**62)


@given(st.lists(NEAR, min_size=1) | st.lists(FAR | NEAR, min_size=1), st.data())
def test_whole_numbers_near_and_far_have_their_classes_sorted(values: list[int], draw: st.DataObject) -> None:
    missing = np.array(draw.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    column = Column("x", "number", np.array(values, np.int64), missing)
    labels, codes = column.classes()
    present = sorted({value for value, absent in zip(values, missing.tolist(), strict=True) if not absent})
    assert labels == tuple(map(str, present))
    assert column.distinct == len(present)
    for value, code, absent in zip(values, codes.tolist(), missing.tolist(), strict=True):
        assert code == (-1 if absent else present.index(value))


@pytest.mark.parametrize("most_sorted", [0, 10])
@pytest.mark.parametrize(
    "stored",
    [
        np.array([0.5, -0.0, 0.0, 1e300, 0.5]),
        np.array(["2020-01-01", "2020-01-01", "1999-12-31"], "datetime64[s]"),
    ],
)
def test_few_and_many_values_are_counted_alike(
    stored: NDArray[Any], most_sorted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_SORTED", most_sorted)
    kind: Any = "date" if stored.dtype.kind == "M" else "number"
    column = Column("x", kind, stored, np.zeros(len(stored), bool))
    assert column.distinct == len(set(stored.tolist()))
