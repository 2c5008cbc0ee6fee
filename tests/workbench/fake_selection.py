"""Made-up selections: generators of events in the shape of the real ones, that train nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import TrainingError
from engine.events import DataFacts, EpochEnded, Preparing
from engine.selection.events import CellEnded, FoldEnded, FoldLost, FoldProgress, SelectionStarted, Waiting
from engine.selection.fold_trainer import FoldOutcome, FoldTask
from engine.selection.grid import Grid
from engine.selection.pruning import rounds
from engine.selection.results import CrossValidation, FoldScore
from engine.selection.scoreboard import Scoreboard
from engine.selection.search import pruned

FACTS = DataFacts("imdb", "packaged", 15_000, 5_000, 5_000, "abc")


def epoch(number: int, fold: int, trial: int = 0) -> EpochEnded:
    """An epoch whose validation loss is lowest at the third; better in later trials, worse in later folds."""
    val = 0.3 + 0.02 * (number - 3) ** 2 + 0.02 * fold - 0.01 * trial
    accuracy = 0.9 - 0.01 * abs(number - 3) - 0.005 * fold + 0.002 * trial
    logs = {"loss": 0.6 / number, "accuracy": 1 - 0.2 / number, "val_loss": val, "val_accuracy": accuracy}
    return EpochEnded(number, logs | {"eval_accuracy": 1 - 0.15 / number}, 0.1, number <= 3, 0.001)


@dataclass
class FakeSelections:
    """Stands for :mod:`engine.selection.search`'s two functions.

    With ``gate`` each epoch waits until it is released.
    """

    gate: threading.Semaphore | None = None
    problem: str = ""
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    closed: int = 0

    def cross_validate(self, experiment: Any, folds: int, jobs: int, **options: Any) -> Iterator[Any]:
        """Folds of made-up epochs."""
        self.asked.append((experiment, None, folds, jobs, options))
        return self._counted(self._folds(experiment, folds))

    def search(
        self, experiment: Any, grid: Any, folds: int, jobs: int, cluster: Any, **options: Any
    ) -> Iterator[Any]:
        """Cells of made-up epochs; the first worker dies once."""
        self.asked.append((experiment, grid, folds, jobs, options | {"cluster": cluster}))
        return self._counted(self._cells(Grid.of(experiment, grid), folds, options.get("prune", False)))

    def _folds(self, experiment: Any, folds: int) -> Generator[Any, None, CrossValidation]:
        epochs = experiment.training.epochs
        yield Preparing("reading data", 1, 2)
        yield SelectionStarted(FACTS, folds, 1, folds, folds * epochs)
        scores = []
        for fold in range(1, folds + 1):
            passed = []
            for number in range(1, epochs + 1):
                yield from self._wait()
                if self.problem:
                    raise TrainingError(self.problem)
                passed.append(epoch(number, fold))
                share = ((fold - 1) * epochs + number) / (folds * epochs)
                yield FoldProgress(0, fold, number, epochs, passed[-1], share, 10 * (1 - share))
            scores.append(FoldScore.of(passed))
            yield FoldEnded(fold, scores[-1], fold / folds, 10 * (1 - fold / folds))
        return CrossValidation.of(tuple(scores))

    def _cells(self, grid: Grid, folds: int, prune: bool) -> Generator[Any, None, Any]:
        board = Scoreboard(grid, folds, "binary")
        tasks = board.tasks()
        total = sum(task.experiment.training.epochs for task in tasks)
        yield SelectionStarted(FACTS, folds, len(grid), len(tasks), total, 0, board.scoring)
        yield FoldLost(0, 1, 1, True)
        done = 0
        for now in rounds(board, prune):
            yield from pruned(now)
            done = yield from self._round(board, now.tasks, done, total)
        return board.search(2.5)

    def _round(
        self, board: Scoreboard, tasks: Sequence[FoldTask], done: int, total: int
    ) -> Generator[Any, None, int]:
        for task in tasks:
            epochs = task.experiment.training.epochs
            for number in range(1, epochs + 1):
                yield from self._wait()
                done += 1
                ended = epoch(number, task.fold + 1, task.trial)
                yield FoldProgress(
                    task.trial, task.fold + 1, number, epochs, ended, done / total, float(total - done)
                )
                for cell in board.passed(task.trial, task.fold, ended):
                    yield CellEnded(cell, done / total, float(total - done))
            list(board.ended(task, FoldOutcome(tuple(epoch(number, 1) for number in range(1, epochs + 1)), 0.1)))
        return done

    def _wait(self) -> Iterator[Waiting]:
        while self.gate and not self.gate.acquire(timeout=0.01):
            yield Waiting()

    def _counted(self, events: Generator[Any, None, Any]) -> Generator[Any, None, Any]:
        try:
            return (yield from events)
        finally:
            self.closed += 1


def install(monkeypatch: Any, **options: Any) -> FakeSelections:
    """Put made-up selections in the place of the real ones."""
    fake = FakeSelections(**options)
    functions: dict[str, Callable[..., Any]] = {"cross_validate": fake.cross_validate, "search": fake.search}
    for name, function in functions.items():
        monkeypatch.setattr(f"engine.selection.search.{name}", function)
    return fake
