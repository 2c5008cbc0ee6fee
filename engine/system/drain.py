"""Helpers for generators that report progress."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

Step = TypeVar("Step")
Other = TypeVar("Other")
Result = TypeVar("Result")


class LeftError(Exception):
    """Raised if a generator is left before its end at its caller's request."""


def drain(
    steps: Generator[Step, None, Result],
    on_step: Callable[[Step], object] = lambda _: None,
    leave: Callable[[], bool] = lambda: False,
) -> Result:
    """Run a generator to its end, pass each step to ``on_step``, and return the generator's result.

    Long tasks are generators of steps, so that their caller can show progress and stop them: if ``on_step``
    raises, the generator is closed and the exception is passed on. ``leave`` is called before the first step and
    after each; if it returns True, the generator is closed and LeftError raised.
    """
    results: list[Result] = []
    with closing(_kept(steps, results)) as running:
        while not leave():
            try:
                step = next(running)
            except StopIteration:
                return results[0]
            on_step(step)
    raise LeftError


def relayed(
    steps: Generator[Step, None, Result], change: Callable[[Step], Other]
) -> Generator[Other, None, Result]:
    """Yield a generator's steps, each converted by ``change``, and return the generator's result."""
    results: list[Result] = []
    with closing(_kept(steps, results)) as running:
        for step in running:
            yield change(step)
    return results[0]


def _kept(steps: Generator[Step, None, Result], results: list[Result]) -> Generator[Step, None, None]:
    """Yield a generator's steps and append its result to ``results``."""
    results.append((yield from steps))
