"""The exceptions that the engine raises.

EngineError
├── MistakesError     a file that cannot be used; carries every mistake in it
│   └── ExperimentError   an experiment that cannot be read or run
├── DataError         a data set that is missing, damaged, hostile or of the wrong form
├── TrainingError     a run that cannot go on (a loss that is not a number, memory, ...)
└── StoreError        a run store or one of its files that cannot be read or written

The command line and the screen show an EngineError's message as it stands. Any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_LISTED = 10
"""Items that a message lists before it counts the rest."""


class EngineError(Exception):
    """A problem a person can understand and act on: the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a file: where (a file's line, or a key's path), and what to do about it."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line is not None else ""
        location = ", ".join(filter(None, (line, self.path)))
        return f"{location}: {self.message}" if location else self.message


def listed(items: Sequence[object]) -> tuple[str, ...]:
    """The first ten items as lines of text, and a line that counts the rest."""
    rest = len(items) - MOST_LISTED
    return (*map(str, items[:MOST_LISTED]), *([f"and {rest:,} more"] if rest > 0 else []))


class MistakesError(EngineError):
    """A file that cannot be used; ``mistakes`` holds all of them, the message shows the first ten."""

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
    """A run that cannot go on."""


class StoreError(EngineError):
    """A run store, or one of its files, that cannot be read or written."""
