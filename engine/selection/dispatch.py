"""Trains the tasks of a selection on its workers and converts their reports to the selection's events."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from engine.events import EpochEnded, Preparing, Progress
from engine.selection.events import FoldLost, FoldProgress, Waiting
from engine.selection.fold_trainer import FoldOutcome, FoldTask, FoldTrainer
from engine.selection.progress import SelectionProgress
from engine.selection.workers.cluster import cluster
from engine.selection.workers.in_process import in_process
from engine.selection.workers.processes import processes
from engine.selection.workers.reports import Done, Idle, Lost, Team


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a selection: this process, ``jobs`` processes, or a cluster.

    With ``apart``, even a single job is trained in a separate process.
    """

    jobs: int | None
    cluster: str | None
    apart: bool = False

    def team(self, trainer: FoldTrainer) -> AbstractContextManager[Team]:
        """Return the workers that train tasks; see :mod:`engine.selection.workers`."""
        if self.cluster is not None:
            return cluster(trainer, self.cluster)
        jobs = self.jobs or 1
        if jobs == 1 and not self.apart:
            return in_process(trainer)
        return processes(trainer, jobs)


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """The outcome of a task; ``lost`` says that it was given up after its workers died."""

    task: FoldTask
    outcome: FoldOutcome
    lost: bool = False


def trained(
    team: Team, tasks: Sequence[FoldTask], progress: SelectionProgress
) -> Generator[Preparing | Waiting | FoldProgress | FoldLost | TaskEnded, None, None]:
    """Train the tasks and yield events that identify them by trial and fold."""
    for report in team(tasks):
        if isinstance(report, Idle):
            yield Waiting()
            continue
        task = tasks[report.task]
        if isinstance(report, Done):
            progress.end(task, len(report.outcome.epochs))
            yield TaskEnded(task, report.outcome)
        elif isinstance(report, Lost):
            progress.reach(task, 0)
            yield FoldLost(task.trial, task.fold + 1, report.tries, report.again)
            if not report.again:
                progress.end(task, 0)
                died = (
                    f"its process died {report.tries} times: perhaps there is too little memory for this network"
                )
                yield TaskEnded(task, FoldOutcome((), 0.0, died), lost=True)
        elif isinstance(report.message, Preparing):
            yield report.message
        else:
            yield _progressed(task, report.message, progress)


def _progressed(task: FoldTask, event: Progress | EpochEnded, progress: SelectionProgress) -> FoldProgress:
    ended = event if isinstance(event, EpochEnded) else None
    within = 1.0 if isinstance(event, EpochEnded) else event.samples / max(event.total_samples, 1)
    progress.reach(task, event.epoch - 1 + within)
    epochs = task.experiment.training.epochs
    share, left = progress.share, progress.seconds_left
    return FoldProgress(task.trial, task.fold + 1, event.epoch, epochs, ended, share, left)
