"""Runs generators of progress to their end, or passes their steps on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

Step = TypeVar("Step")
Other = TypeVar("Other")
Result = TypeVar("Result")


class LeftError(Exception):
    """A generator was left before its end because its caller wanted so."""


def drain(
    steps: Generator[Step, None, Result],
    on_step: Callable[[Step], object] = lambda _: None,
    leave: Callable[[], bool] = lambda: False,
) -> Result:
    """Runs a generator to its end, passes each step to ``on_step``, and returns what the generator returns.

    Long work is written as a generator of steps, so that its caller can show progress and stop it: where
    ``on_step`` raises, the generator is closed and the exception goes on. ``leave`` is asked before the first step
    and after each; where it says so, the generator is closed and LeftError raised.
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
    """Passes a generator's steps on, each changed, and returns what the generator returns."""
    results: list[Result] = []
    with closing(_kept(steps, results)) as running:
        for step in running:
            yield change(step)
    return results[0]


def _kept(steps: Generator[Step, None, Result], results: list[Result]) -> Generator[Step, None, None]:
    """A generator's steps; what it returns is added to ``results``."""
    results.append((yield from steps))
