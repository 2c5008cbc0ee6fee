"""The exceptions raised by the engine.

EngineError ├── MistakesError     a file that cannot be used; contains every mistake in it │   └── ExperimentError
an experiment that cannot be read or run ├── DataError         a data set that is missing, damaged, hostile or of
the wrong form ├── TrainingError     a run that cannot continue (a loss that is not a number, memory, ...) └──
StoreError        a run store or one of its files that cannot be read or written

The command line and the screen show an EngineError's message unchanged. Any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LISTED = 10
"""Maximum number of items that a message lists before it counts the rest."""


class EngineError(Exception):
    """A problem that the user can resolve: the message says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a file: its location (a line or a key's path), and what to do about it."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line is not None else ""
        location = ", ".join(filter(None, (line, self.path)))
        return f"{location}: {self.message}" if location else self.message


def listed(items: Sequence[object]) -> tuple[str, ...]:
    """Return the first ten items as text, followed by a count of the others."""
    rest = len(items) - MOST_LISTED
    return (*map(str, items[:MOST_LISTED]), *([f"and {rest:,} more"] if rest > 0 else []))


class MistakesError(EngineError):
    """A file that cannot be used; ``mistakes`` holds all mistakes, the message shows the first ten."""

    def __init__(self, source: str, mistakes: tuple[Mistake, ...]) -> None:
        self.source = source
        self.mistakes = mistakes
        if len(mistakes) == 1:
            super().__init__(f"{source}: {mistakes[0]}")
        else:
            super().__init__("\n  ".join((f"{source}: {len(mistakes)} mistakes", *listed(mistakes))))


class ExperimentError(MistakesError):
    """An experiment that cannot be read."""


class DataError(EngineError):
    """A data set that is missing, damaged, hostile or of the wrong form."""


class TrainingError(EngineError):
    """A run that cannot continue."""


class StoreError(EngineError):
    """A run store, or one of its files, that cannot be read or written."""
