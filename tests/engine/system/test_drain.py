"""Draining a generator of progress."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from engine.system.drain import LeftError, drain


def counted(closed: list[bool]) -> Generator[int, None, str]:
    """Two steps and a result; notes that it was closed."""
    try:
        yield 1
        yield 2
    finally:
        closed.append(True)
    return "done"


def test_every_step_is_passed_on_and_the_result_returned() -> None:
    seen: list[int] = []
    assert drain(counted([]), seen.append) == "done"
    assert seen == [1, 2]
    assert drain(counted([])) == "done"


def test_a_generator_is_left_when_its_caller_says_so() -> None:
    closed: list[bool] = []
    seen: list[int] = []
    with pytest.raises(LeftError):
        drain(counted(closed), seen.append, lambda: bool(seen))
    assert (seen, closed) == ([1], [True])


def test_a_caller_that_raises_closes_the_generator() -> None:
    closed: list[bool] = []

    def refuse(step: int) -> None:
        raise ValueError(step)

    with pytest.raises(ValueError, match="1"):
        drain(counted(closed), refuse)
    assert closed == [True]
