"""Runs generators of progress to their end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


def _ignore(step: object) -> None:
    pass


def drain(steps: Generator[Step, None, Result], on_step: Callable[[Step], object] = _ignore) -> Result:
    """Runs a generator to its end, passes each step to ``on_step``, and returns what the generator returns.

    Long work is written as a generator of steps, so that its caller can show progress and stop it: where
    ``on_step`` raises, the generator is closed and the exception goes on.
    """
    results: list[Result] = []

    def kept() -> Generator[Step, None, None]:
        results.append((yield from steps))

    with closing(kept()) as running:
        for step in running:
            on_step(step)
    return results[0]
