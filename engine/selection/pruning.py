"""Successive halving over folds: the rounds of a search, and which networks remain after each.

The method of Jamieson and Talwalkar (Non-stochastic best arm identification and hyperparameter optimization,
2016), with folds as the resource, where scikit-learn's ``HalvingGridSearchCV`` uses samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.errors import EngineError
from engine.selection.fold_trainer import FoldTask
from engine.selection.grid import Trial
from engine.selection.scoreboard import Scoreboard


@dataclass(frozen=True, slots=True)
class Round:
    """Tasks to train before networks are compared, and the networks that were dropped before them.

    ``later`` contains the expected number of networks for each later fold.
    """

    tasks: Sequence[FoldTask]
    dropped: Sequence[Trial] = ()
    later: Sequence[int] = ()

    def ahead(self, known: Iterable[tuple[int, int]]) -> int:
        """Return the expected number of networks to train after this round, without tasks with ``known`` keys."""
        found = Counter(fold for _, fold in known)
        folds = range(self.tasks[0].fold + 1, self.tasks[0].fold + 1 + len(self.later))
        return sum(max(count - found[fold], 0) for count, fold in zip(self.later, folds, strict=True))

    @property
    def usual_epochs(self) -> float:
        """The mean number of epochs of the tasks."""
        return sum(task.experiment.training.epochs for task in self.tasks) / len(self.tasks)


def rounds(board: Scoreboard, prune: bool) -> Iterator[Round]:
    """Yield the rounds of a search; ask for each after the tasks of the previous one are scored.

    Without pruning, all networks on all folds are one round. Otherwise each fold is a round, after which the worse
    half of the networks, by their best cell's mean score over the folds so far, is dropped: failed ones first, and
    of equal ones the later in the grid. If no network has a score, as when it is undefined on the fold's samples,
    all remain.
    """
    if not prune:
        yield Round(board.tasks())
        return
    racing: tuple[Trial, ...] = board.trials
    dropped: tuple[Trial, ...] = ()
    for fold in range(board.folds):
        if fold:
            racing, dropped = _halved(board, racing)
        later = sizes(len(racing), board.folds - fold)[1:]
        yield Round([board.task(trial, fold) for trial in racing], dropped, later)


def sizes(networks: int, folds: int) -> list[int]:
    """Return the number of networks trained on each fold: half of the previous fold's, rounded up."""
    found = [networks]
    while len(found) < folds:
        found.append((found[-1] + 1) // 2)
    return found


def check_pruning(networks: int, folds: int) -> None:
    """Raise EngineError if there is nothing to prune: one network or one fold."""
    if networks < 2:
        raise EngineError(
            "nothing to prune: the grid has only one network (cells that differ only in epochs share one); "
            "add values of another setting, or search without pruning"
        )
    if folds < 2:
        raise EngineError("nothing to prune: networks are dropped between folds; use at least 2 folds")


def _halved(board: Scoreboard, racing: Sequence[Trial]) -> tuple[tuple[Trial, ...], tuple[Trial, ...]]:
    """Return the networks that remain and those that are dropped, both in the grid's order."""
    scores = {trial.number: board.best_score(trial) for trial in racing}
    if all(score is None for score in scores.values()):
        return tuple(racing), ()
    ranked = sorted(scores, key=lambda number: (scores[number] is None, -(scores[number] or 0.0), number))
    kept = set(ranked[: (len(ranked) + 1) // 2])
    return (
        tuple(trial for trial in racing if trial.number in kept),
        tuple(trial for trial in racing if trial.number not in kept),
    )
