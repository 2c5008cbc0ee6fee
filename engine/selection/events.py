"""The events of a cross-validation and of a search.

A search's stream is ``Preparing*  SelectionStarted  (FoldProgress | FoldLost | CellEnded | Pruned | Waiting)*``, a
cross-validation's the same with ``FoldEnded`` for ``CellEnded`` and without ``Pruned``. Folds count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import DataFacts, EpochEnded, Preparing
from engine.selection.results import CellScore, FoldScore


@dataclass(frozen=True, slots=True)
class SelectionStarted:
    """The data is loaded and divided: the number of folds, cells, networks (a cell's on each fold) and epochs.

    ``found`` of the networks were trained by an earlier search. Where a search prunes, networks and epochs are
    those that it is expected to train. ``scoring`` names a search's scores; see
    :class:`engine.selection.results.Search`. ``notes`` say what a person's own data was taken for.
    """

    data: DataFacts
    folds: int
    cells: int
    networks: int
    epochs: int
    found: int = 0
    scoring: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoldProgress:
    """A trial's network within an epoch on a fold, or at its end with all of its metrics.

    ``share`` is the part of all epochs that is done, over all folds and trials; ``seconds_left`` is None while
    unknown.
    """

    trial: int
    fold: int
    epoch: int
    epochs: int
    ended: EpochEnded | None
    share: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class FoldEnded:
    """A fold of a cross-validation is trained."""

    fold: int
    score: FoldScore
    share: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class CellEnded:
    """A cell of a grid is scored on one fold."""

    cell: CellScore
    share: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """Networks are dropped after a fold, with all of their ``cells`` (numbers in the grid); ``left`` go on."""

    fold: int
    networks: int
    cells: tuple[int, ...]
    left: int


@dataclass(frozen=True, slots=True)
class FoldLost:
    """The worker that trained a trial on a fold died; ``again`` tells whether another try follows."""

    trial: int
    fold: int
    tries: int
    again: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has happened for a while, as workers start or train a long epoch: a chance to stop."""


SelectionEvent = Preparing | Waiting | SelectionStarted | FoldProgress | FoldEnded | CellEnded | Pruned | FoldLost
