"""Undo and redo: experiments are immutable, so a history is a list of them and an index into it."""

from __future__ import annotations

from engine.experiment.model import Experiment

LONGEST = 500
"""How many steps back are kept."""


class History:
    """The experiments that were on the screen, in order, and the one that is."""

    def __init__(self, first: Experiment) -> None:
        self._steps = [first]
        self._index = 0

    @property
    def now(self) -> Experiment:
        """The experiment as it is."""
        return self._steps[self._index]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to take again."""
        return self._index < len(self._steps) - 1

    def put(self, experiment: Experiment) -> None:
        """Go on to another experiment; what had been undone is forgotten. The same one again is no step."""
        if experiment != self.now:
            self._steps = [*self._steps[: self._index + 1], experiment][-LONGEST:]
            self._index = len(self._steps) - 1

    def undo(self) -> Experiment:
        """One step back."""
        self._index = max(self._index - 1, 0)
        return self.now

    def redo(self) -> Experiment:
        """One step forward again."""
        self._index = min(self._index + 1, len(self._steps) - 1)
        return self.now
