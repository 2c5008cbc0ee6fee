"""Cross-validation and grid search, as generators of events (:mod:`engine.selection.events`) that return a result.

Closing a generator stops all workers. Importing this module does not import TensorFlow; training does.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import checks, datasets
from engine.datasets.dataset import Dataset
from engine.datasets.interpretation import interpretation
from engine.errors import EngineError, ExperimentError, Mistake
from engine.experiment.model import Experiment
from engine.experiment.validation import unknown
from engine.selection.dispatch import TaskEnded, Workers, trained
from engine.selection.events import CellEnded, FoldEnded, FoldProgress, Pruned, SelectionEvent, SelectionStarted
from engine.selection.fold_trainer import FoldTask, FoldTrainer
from engine.selection.folds import divide
from engine.selection.grid import Grid
from engine.selection.outcome_cache import OutcomeCache, vectors_of
from engine.selection.progress import SelectionProgress
from engine.selection.pruning import Round, check_pruning, rounds
from engine.selection.results import SCORES, CellScore, CrossValidation, FoldScore, Search
from engine.selection.scoreboard import Scoreboard
from engine.selection.workers.reports import Team

MOST_CHECKED = 10_000
"""Maximum number of networks of a grid whose settings are checked before training."""

MOST_MISTAKES = 10
"""Maximum number of mistakes in a grid's networks that are reported."""


def cross_validate(
    experiment: Experiment,
    folds: int = 4,
    jobs: int | None = None,
    dataset: Dataset | None = None,
    cluster: str | None = None,
    apart: bool = False,
) -> Generator[SelectionEvent, None, CrossValidation]:
    """Train an experiment once per fold, with each fold of the samples except test samples held out in turn.

    Vocabulary, scaling and network are fitted on the other folds only. ``jobs`` folds are trained at a time in
    separate processes (-1: one per processor; None or 1: one after the other in this process, unless ``apart``),
    or all on the Dask ``cluster`` at an address. Early stopping and the plateau rule watch the held-out samples. A
    fold that fails has an error instead of scores, and the others continue.
    """
    _check_jobs(jobs)
    return _cross_validate(experiment, folds, dataset, Workers(jobs, cluster, apart))


def search(
    experiment: Experiment,
    grid: Mapping[str, Sequence[Any]],
    folds: int = 3,
    jobs: int | None = None,
    cluster: str | None = None,
    dataset: Dataset | None = None,
    cache_folder: Path | None = None,
    fresh: bool = False,
    apart: bool = False,
    score: str | None = None,
    prune: bool = False,
) -> Generator[SelectionEvent, None, Search]:
    """Train an experiment with every combination of settings on every fold.

    ``grid`` gives values by path, ``a+b`` for paths set together. ``folds``, ``jobs``, ``cluster`` and ``apart``
    are as in :func:`cross_validate`; all cells share the folds. Cells that differ only in ``training.epochs``
    share one network per fold. Outcomes are cached in ``cache_folder`` (by default in the cache), from which the
    same search continues, unless ``fresh`` is set. Cells are ranked by ``score``, a metric or "loss", by default
    the experiment's first metric. A network that fails leaves its cells without scores.

    ``prune`` trains all networks on the first fold, and after each fold drops the worse half of the remaining ones
    by their mean score over the folds so far; see :func:`engine.selection.pruning.rounds`. This works to the
    extent that folds agree on which network is better. Scores on a fold's few held-out samples are noisy, so the
    first rounds may drop the network that would have been the best: pruning is for many settings with large
    differences. Which networks remain depends only on scores, not on the speed of workers. Pruned cells keep the
    scores that they have.

    Raises ExperimentError, before anything is read, for an invalid grid, and if :func:`engine.checks.before` finds
    an error in one of its networks (unless ``dataset`` is given); EngineError if there is nothing to prune.
    """
    checked = Grid.of(experiment, grid)
    _check_score(score)
    _check_jobs(jobs)
    if prune:
        check_pruning(checked.runs, folds)
    if dataset is None:
        _check_networks(checked)
    workers = Workers(jobs, cluster, apart)
    return _GridSearch(checked, folds, workers, cache_folder, fresh, score, prune).run(dataset)


def _check_networks(grid: Grid) -> None:
    mistakes: dict[Mistake, None] = {}
    for trial in itertools.islice(grid.trials(), MOST_CHECKED):
        findings = checks.before(trial.experiment)
        mistakes |= {Mistake(one.where, one.message): None for one in findings if one.level == "error"}
        if len(mistakes) >= MOST_MISTAKES:
            break
    if mistakes:
        raise ExperimentError(grid.experiment.name, tuple(mistakes))


def _cross_validate(
    experiment: Experiment, folds: int, dataset: Dataset | None, workers: Workers
) -> Generator[SelectionEvent, None, CrossValidation]:
    if dataset is None:
        dataset = yield from datasets.load(experiment.data, experiment.seed)
    splits = divide(dataset, folds, experiment.seed)
    tasks = [FoldTask(experiment, 0, fold) for fold in range(folds)]
    progress = SelectionProgress()
    epochs = progress.plan(tasks)
    yield SelectionStarted(dataset.facts, folds, 1, folds, epochs, notes=tuple(interpretation(dataset)))
    scores: dict[int, FoldScore] = {}
    with workers.team(FoldTrainer(dataset, splits)) as team:
        for event in trained(team, tasks, progress):
            if not isinstance(event, TaskEnded):
                yield event
                continue
            fold, outcome = event.task.fold, event.outcome
            scores[fold] = FoldScore.of(outcome.epochs, experiment.training.metrics, outcome.error)
            yield FoldEnded(fold + 1, scores[fold], progress.share, progress.seconds_left)
    return CrossValidation.of(tuple(scores[fold] for fold in range(folds)))


@dataclass(frozen=True, slots=True)
class _GridSearch:
    """A validated grid and the options of its search."""

    grid: Grid
    folds: int
    workers: Workers
    cache_folder: Path | None
    fresh: bool
    score: str | None
    prune: bool

    def run(self, dataset: Dataset | None) -> Generator[SelectionEvent, None, Search]:
        """Load the known outcomes and train the other networks, round by round."""
        began, experiment = time.monotonic(), self.grid.experiment
        if dataset is None:
            dataset = yield from datasets.load(experiment.data, experiment.seed)
        trainer = FoldTrainer(dataset, divide(dataset, self.folds, experiment.seed))
        board = Scoreboard(self.grid, self.folds, dataset.task, self.score)
        tasks = board.tasks()
        cache = OutcomeCache(self.cache_folder, dataset, trainer.splits, (yield from vectors_of(tasks)))
        known = {} if self.fresh else {task.key: outcome for task in tasks if (outcome := cache.read(task))}
        progress = SelectionProgress()
        team: Team | None = None
        with ExitStack() as stack:
            for number, now in enumerate(rounds(board, self.prune)):
                rest = [task for task in now.tasks if task.key not in known]
                epochs = progress.plan(rest, now.ahead(known) * now.usual_epochs)
                if number == 0:
                    networks = len(now.tasks) + sum(now.later)
                    counts = self.folds, len(self.grid), networks, epochs, networks - len(rest) - now.ahead(known)
                    yield SelectionStarted(dataset.facts, *counts, board.scoring, tuple(interpretation(dataset)))
                yield from pruned(now)
                for task in now.tasks:
                    if task.key in known:
                        yield from _scored(board.ended(task, known[task.key]), progress)
                if rest:
                    team = team or stack.enter_context(self.workers.team(trainer))
                    yield from _train(team, rest, board, cache, progress)
        return board.search(time.monotonic() - began)


def _train(
    team: Team, tasks: Sequence[FoldTask], board: Scoreboard, cache: OutcomeCache, progress: SelectionProgress
) -> Generator[SelectionEvent, None, None]:
    """Train the networks, cache their outcomes and report each cell when it is scored."""
    for event in trained(team, tasks, progress):
        if isinstance(event, TaskEnded):
            if not event.lost:
                cache.keep(event.task, event.outcome)
            yield from _scored(board.ended(event.task, event.outcome), progress)
            continue
        yield event
        if isinstance(event, FoldProgress) and event.ended is not None:
            yield from _scored(board.passed(event.trial, event.fold - 1, event.ended), progress)


def pruned(now: Round) -> Iterator[Pruned]:
    """Report the networks that were dropped before a round."""
    if now.dropped:
        cells = tuple(cell.number for trial in now.dropped for cell in trial.cells)
        yield Pruned(now.tasks[0].fold, len(now.dropped), cells, len(now.tasks))


def _scored(cells: Iterator[CellScore], progress: SelectionProgress) -> Iterator[CellEnded]:
    for cell in cells:
        yield CellEnded(cell, progress.share, progress.seconds_left)


def _check_score(score: str | None) -> None:
    if score is not None and score not in SCORES:
        raise EngineError(unknown("metric to rank by", score, SCORES))


def _check_jobs(jobs: int | None) -> None:
    if jobs is not None and jobs < 1 and jobs != -1:
        raise EngineError(f"{jobs} jobs are too few: use at least 1, or -1 for one per processor")
