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
    """The data is loaded and divided; gives the numbers of folds, cells, networks (one per fold) and epochs.

    ``found`` of the networks were trained by an earlier search. If a search prunes, networks and epochs are the
    expected numbers. ``scoring`` names a search's scores; see :class:`engine.selection.results.Search`. ``notes``
    describe how a user's own data was interpreted.
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
    """Progress of a trial's network within an epoch on a fold, or at its end with all metrics.

    ``share`` is the completed share of all epochs, over all folds and trials; ``seconds_left`` is None while
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
    """Networks were dropped after a fold, with all their ``cells`` (numbers in the grid); ``left`` remain."""

    fold: int
    networks: int
    cells: tuple[int, ...]
    left: int


@dataclass(frozen=True, slots=True)
class FoldLost:
    """The worker that trained a trial on a fold died; ``again`` says whether it is tried again."""

    trial: int
    fold: int
    tries: int
    again: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has happened for a while, as workers start or train a long epoch: a chance to stop."""


SelectionEvent = Preparing | Waiting | SelectionStarted | FoldProgress | FoldEnded | CellEnded | Pruned | FoldLost
