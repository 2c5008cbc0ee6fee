"""Cross-validation and grid search, as generators of events that end with their result.

A search's stream is ``Preparing*  SelectionStarted  (FoldProgress | FoldLost | CellEnded)*``, a
cross-validation's the same with ``FoldEnded`` for ``CellEnded``. Closing the generator stops all workers.
Importing this module does not import TensorFlow; training does.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from engine import checks, datasets
from engine.datasets.dataset import Dataset
from engine.errors import EngineError, ExperimentError, Mistake
from engine.events import DataFacts, EpochEnded, Preparing, Progress
from engine.experiment.keras_names import MetricName
from engine.experiment.model import Experiment
from engine.experiment.validation import unknown
from engine.selection import workers as executors
from engine.selection.folds import Bench, Outcome, Task
from engine.selection.folds import folds as divided
from engine.selection.grid import Grid
from engine.selection.outcome_cache import Journal, vectors_of
from engine.selection.results import Board, CellScore, CrossValidation, FoldScore, Search
from engine.selection.workers import Done, Idle, Lost, Reports

CHECKED = 10_000
"""Networks of a grid whose settings are tried together, and looked over for errors, before anything trains."""

SCORES = ("loss", *get_args(MetricName))
"""What a search can be ranked by."""

TOLD = 10
"""Errors of a grid's networks after which no more are looked for."""


@dataclass(frozen=True, slots=True)
class SelectionStarted:
    """The rows are read and divided: how many folds, cells, networks (a cell's on each fold) and epochs at most.

    ``found`` is the number of networks that an earlier search has trained already. ``scoring`` says what a
    search's scores are; see :class:`engine.selection.results.Search`.
    """

    data: DataFacts
    folds: int
    cells: int
    networks: int
    epochs: int
    found: int = 0
    scoring: str = ""


@dataclass(frozen=True, slots=True)
class FoldProgress:
    """A trial's network within an epoch on a fold (counted from 1), or at its end with all of its figures.

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
    """A fold of a cross-validation (counted from 1) is trained."""

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
class FoldLost:
    """The worker that trained a trial on a fold died; ``again`` tells whether another try follows."""

    trial: int
    fold: int
    tries: int
    again: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has happened for a while, as workers start or train a long epoch: a chance to stop."""


SelectionEvent = Preparing | Waiting | SelectionStarted | FoldProgress | FoldEnded | CellEnded | FoldLost


def cross_validate(
    experiment: Experiment,
    folds: int = 4,
    jobs: int | None = None,
    dataset: Dataset | None = None,
    cluster: str | None = None,
    apart: bool = False,
) -> Generator[SelectionEvent, None, CrossValidation]:
    """Train an experiment once for each fold of the rows that are not test rows, each held out in turn.

    All that is fitted, vocabulary, scaling and network, is fitted on the other folds alone. ``jobs`` folds are
    trained at a time in processes of their own (-1: one for each processor; None or 1: here, one after the
    other, unless ``apart``), or all on the Dask ``cluster`` at an address. Early stopping and the plateau rule
    watch the held-out rows. A fold that fails has an error in place of its scores, and the others go on.
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
    journal: Path | None = None,
    fresh: bool = False,
    apart: bool = False,
    score: str | None = None,
) -> Generator[SelectionEvent, None, Search]:
    """Train an experiment with every combination of settings, each on every fold.

    ``grid`` gives values by path, ``a+b`` for places set together; folds, ``jobs``, ``cluster`` and ``apart``
    are as for :func:`cross_validate`, the folds the same for every cell. Cells that differ only in
    ``training.epochs`` share one network for each fold. Outcomes are kept in ``journal`` (a folder, by default
    in the home folder), from which the same search goes on, unless ``fresh``. Cells are ranked by ``score``, a
    metric or "loss"; by default by the experiment's first metric. A network that fails leaves its
    cells without a score. Raises ExperimentError for a bad grid, and where :func:`engine.checks.before` finds an
    error in one of its networks (but for a ``dataset`` given), before anything is read.
    """
    laid = Grid.of(experiment, grid)
    _check_score(score)
    _check_jobs(jobs)
    _check_networks(laid, judged=dataset is None)
    return _search(laid, folds, dataset, Workers(jobs, cluster, apart), journal, fresh, score)


def _check_networks(grid: Grid, judged: bool) -> None:
    mistakes: dict[Mistake, None] = {}
    for trial in itertools.islice(grid.trials(), CHECKED):
        findings = checks.before(trial.experiment) if judged else ()
        mistakes |= {Mistake(one.where, one.message): None for one in findings if one.level == "error"}
        if len(mistakes) >= TOLD:
            break
    if mistakes:
        raise ExperimentError(grid.experiment.name, tuple(mistakes))


@dataclass(frozen=True, slots=True)
class Workers:
    """Where a selection trains: here, in ``jobs`` processes, or on a cluster."""

    jobs: int | None
    cluster: str | None
    apart: bool = False

    def run(self, bench: Bench, tasks: Sequence[Task]) -> Reports:
        """Train the tasks; see :mod:`engine.selection.workers`."""
        if self.cluster is not None:
            return executors.cluster(bench, tasks, self.cluster)
        jobs = self.jobs or 1
        if jobs == 1 and not self.apart:
            return executors.in_process(bench, tasks)
        return executors.processes(bench, tasks, jobs)


@dataclass(frozen=True, slots=True)
class _Ended:
    task: Task
    outcome: Outcome
    lost: bool = False


def _cross_validate(
    experiment: Experiment, folds: int, dataset: Dataset | None, workers: Workers
) -> Generator[SelectionEvent, None, CrossValidation]:
    if dataset is None:
        dataset = yield from datasets.load(experiment.data, experiment.seed)
    splits = divided(dataset, folds, experiment.seed)
    tasks = [Task(experiment, 0, fold) for fold in range(folds)]
    clock = _Clock(tasks)
    yield SelectionStarted(dataset.facts, folds, 1, folds, clock.total)
    scores: dict[int, FoldScore] = {}
    for event in _train(workers.run(Bench(dataset, splits), tasks), tasks, clock):
        if not isinstance(event, _Ended):
            yield event
            continue
        fold, outcome = event.task.fold, event.outcome
        scores[fold] = FoldScore.of(outcome.epochs, experiment.training.metrics, outcome.error)
        yield FoldEnded(fold + 1, scores[fold], clock.share, clock.seconds_left)
    return CrossValidation.of(tuple(scores[fold] for fold in range(folds)))


def _search(
    grid: Grid,
    folds: int,
    dataset: Dataset | None,
    workers: Workers,
    journal: Path | None,
    fresh: bool,
    score: str | None,
) -> Generator[SelectionEvent, None, Search]:
    began = time.monotonic()
    if dataset is None:
        dataset = yield from datasets.load(grid.experiment.data, grid.experiment.seed)
    splits = divided(dataset, folds, grid.experiment.seed)
    board = Board(grid, folds, dataset.task, score)
    tasks, found = board.tasks(), []
    kept = Journal(journal, dataset, splits, (yield from vectors_of(tasks)))
    if not fresh:
        found = [(task, outcome) for task in tasks if (outcome := kept.read(task)) is not None]
    known = {(task.trial, task.fold) for task, _ in found}
    rest = [task for task in tasks if (task.trial, task.fold) not in known]
    clock = _Clock(rest)
    counts = folds, len(grid), len(tasks), clock.total, len(found)
    yield SelectionStarted(dataset.facts, *counts, board.scoring)
    for task, outcome in found:
        for cell in board.ended(task, outcome):
            yield CellEnded(cell, clock.share, clock.seconds_left)
    for event in _train(workers.run(Bench(dataset, splits), rest), rest, clock) if rest else ():
        if isinstance(event, _Ended):
            if not event.lost:
                kept.keep(event.task, event.outcome)
            scored = board.ended(event.task, event.outcome)
        else:
            yield event
            scored = _passed(board, event)
        for cell in scored:
            yield CellEnded(cell, clock.share, clock.seconds_left)
    return board.search(time.monotonic() - began)


def _train(
    reports: Reports, tasks: Sequence[Task], clock: _Clock
) -> Generator[Preparing | Waiting | FoldProgress | FoldLost | _Ended, None, None]:
    """What the workers report, told of the tasks by trial and fold."""
    for report in reports:
        if isinstance(report, Idle):
            yield Waiting()
            continue
        task = tasks[report.task]
        if isinstance(report, Done):
            clock.end(task, len(report.outcome.epochs))
            yield _Ended(task, report.outcome)
        elif isinstance(report, Lost):
            clock.reach(task, 0)
            yield FoldLost(task.trial, task.fold + 1, report.tries, report.again)
            if not report.again:
                clock.end(task, 0)
                yield _Ended(task, Outcome((), 0.0, _died(report.tries)), lost=True)
        elif isinstance(report.message, Preparing):
            yield report.message
        else:
            yield _progress(task, report.message, clock)


def _progress(task: Task, event: Progress | EpochEnded, clock: _Clock) -> FoldProgress:
    ended = event if isinstance(event, EpochEnded) else None
    within = 1.0 if isinstance(event, EpochEnded) else event.rows / max(event.total_rows, 1)
    clock.reach(task, event.epoch - 1 + within)
    epochs = task.experiment.training.epochs
    return FoldProgress(task.trial, task.fold + 1, event.epoch, epochs, ended, clock.share, clock.seconds_left)


def _passed(board: Board, event: SelectionEvent) -> Iterator[CellScore]:
    """The cells that an ended epoch completes."""
    if isinstance(event, FoldProgress) and event.ended is not None:
        yield from board.passed(event.trial, event.fold - 1, event.ended)


def _died(tries: int) -> str:
    return f"its process died {tries} times: perhaps there is too little memory for this network"


class _Clock:
    """How far the epochs of all tasks are, and how long the rest will take at the pace so far."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.total = sum(task.experiment.training.epochs for task in tasks)
        self._left = float(self.total)
        self._reached: dict[tuple[int, int], float] = {}
        self._done = 0.0
        self._first: tuple[float, float] | None = None

    @property
    def share(self) -> float:
        """The part of all epochs that is done."""
        whole = self._done + self._left
        return self._done / whole if whole else 1.0

    @property
    def seconds_left(self) -> float | None:
        """At the pace since the first epochs, so that the start of workers counts for nothing; None before."""
        if self._first is None or self._done <= self._first[1]:
            return None if self._left else 0.0
        began, done = self._first
        return (time.monotonic() - began) * self._left / (self._done - done)

    def reach(self, task: Task, epochs: float) -> None:
        """A task has come so far; back to 0 where its worker died."""
        place = task.trial, task.fold
        step = epochs - self._reached.get(place, 0.0)
        self._reached[place] = epochs
        self._done += step
        self._left -= step
        self._first = self._first or (time.monotonic(), self._done)

    def end(self, task: Task, epochs: int) -> None:
        """A task has ended after so many epochs, which may be fewer than were planned."""
        self.reach(task, epochs)
        self._left -= task.experiment.training.epochs - epochs


def _check_score(score: str | None) -> None:
    if score is not None and score not in SCORES:
        raise EngineError(unknown("metric to rank by", score, SCORES))


def _check_jobs(jobs: int | None) -> None:
    if jobs is not None and jobs < 1 and jobs != -1:
        raise EngineError(f"{jobs} jobs are too few: take at least 1, or -1 for one for each processor")
