"""A selection in a worker thread and its latest snapshot, which the screen polls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.events import Preparing, Status
from engine.experiment.model import Experiment
from engine.selection.events import (
    CellEnded,
    FoldEnded,
    FoldLost,
    FoldProgress,
    Pruned,
    SelectionEvent,
    SelectionStarted,
)
from engine.selection.grid import Grid
from engine.selection.pruning import check_pruning
from engine.selection.results import CellScore, CrossValidation, History, Search
from engine.system.drain import LeftError, drain
from workbench.text.numbers import duration

if TYPE_CHECKING:
    from engine.selection.grid import Cell

MOST_NETWORKS = 2_000
"""The most networks that the screen lays out; larger grids are for `workbench search`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A selection to run: a search if there are axes, else a cross-validation.

    ``axes`` holds values by path, ``a+b`` for paths set together; ``folds`` None stands for the default number;
    ``score`` is the metric that cells are ranked by, empty for the experiment's first; ``prune`` drops the worse
    half of a search's networks after each fold.
    """

    experiment: Experiment
    axes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    folds: int | None = None
    jobs: int = 1
    cluster: str = ""
    fresh: bool = False
    score: str = ""
    prune: bool = False

    @property
    def parts(self) -> int:
        """The number of folds."""
        return self.folds or (3 if self.axes else 4)

    def grid(self) -> Grid | None:
        """Return the grid around the experiment; None without axes. Raises ExperimentError if it does not fit."""
        return Grid.of(self.experiment, self.axes) if self.axes else None

    def layout(self) -> tuple[tuple[Cell, ...], ...]:
        """Return the cells of each network to train.

        Raises EngineError if they do not fit the experiment, are too many for a screen, or there is nothing to
        prune.
        """
        grid = self.grid()
        if grid is None:
            return ()
        if grid.runs > MOST_NETWORKS:
            raise EngineError(f"{grid.runs:,} networks are too many for a screen: use `workbench search`")
        if self.prune:
            check_pruning(grid.runs, self.parts)
        return tuple(grid.layout())

    def start(self) -> Generator[SelectionEvent, None, Search | CrossValidation]:
        """Start the selection in worker processes, which keeps this one free for the screen; return its events."""
        from engine.selection import search as selection

        cluster = self.cluster or None
        if not self.axes:
            return selection.cross_validate(self.experiment, self.parts, self.jobs, cluster=cluster, apart=True)
        return selection.search(
            self.experiment,
            self.axes,
            self.parts,
            self.jobs,
            cluster,
            fresh=self.fresh,
            apart=True,
            score=self.score or None,
            prune=self.prune,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a selection at one moment, as screens show it; the thread replaces it, the screen polls it.

    ``curves`` are histories by trial and fold, ``cells`` scores by the cell's number and fold; folds count from 1.
    ``pruned`` holds the numbers of the cells that were dropped.
    """

    plan: Plan
    status: Status = Status.QUEUED
    stage: Preparing | None = None
    started: SelectionStarted | None = None
    where: FoldProgress | None = None
    share: float = 0.0
    seconds_left: float | None = None
    curves: Mapping[tuple[int, int], History] = field(default_factory=dict)
    cells: Mapping[tuple[int, int], CellScore] = field(default_factory=dict)
    pruned: frozenset[int] = frozenset()
    lost: int = 0
    result: Search | CrossValidation | None = None
    reason: str = ""

    def after(self, event: SelectionEvent) -> Seen:
        """Return the state after an event."""
        if isinstance(event, Preparing):
            return self if self.where else replace(self, status=Status.PREPARING, stage=event)
        if isinstance(event, SelectionStarted):
            return replace(self, status=Status.TRAINING, started=event, stage=None)
        if isinstance(event, FoldLost):
            return replace(self, lost=self.lost + 1)
        if isinstance(event, Pruned):
            return replace(self, pruned=self.pruned.union(event.cells))
        if isinstance(event, FoldProgress | FoldEnded | CellEnded):
            seen = replace(self, share=event.share, seconds_left=event.seconds_left, stage=None)
            if isinstance(event, FoldProgress):
                return seen._progressed(event)
            if isinstance(event, CellEnded):
                return replace(seen, cells={**self.cells, (event.cell.number, event.cell.fold): event.cell})
            # the fold's whole curve, because not every quick epoch is reported
            return replace(seen, curves={**self.curves, (0, event.fold): event.score.history})
        return self

    def ended(self, result: Search | CrossValidation) -> Seen:
        """Return the state at the end; a cross-validation with a failed fold has failed."""
        error = result.error if isinstance(result, CrossValidation) else None
        status = Status.FAILED if error else Status.FINISHED
        return replace(self, status=status, reason=error or "", result=result, share=1.0, seconds_left=0.0)

    def _progressed(self, event: FoldProgress) -> Seen:
        cell = event.trial, event.fold
        known = self.curves.get(cell, {})
        if event.ended is None or len(known.get("loss", ())) >= event.epoch:
            return replace(self, where=event)
        logs = {name: value for name, value in event.ended.logs.items() if not name.startswith("eval_")}
        longer = {name: (*known.get(name, ()), value) for name, value in logs.items()}
        return replace(self, where=event, curves={**self.curves, cell: longer})


@dataclass
class Selecting:
    """A selection that runs in a thread. ``done`` is set at the end; what was trained is stored."""

    plan: Plan
    seen: Seen = field(init=False)
    done: threading.Event = field(init=False, default_factory=threading.Event)
    can_leave: bool = field(init=False, default=False)
    trial_of: dict[int, int] = field(init=False, default_factory=dict)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.seen = Seen(self.plan)
        self.trial_of = {cell.number: trial for trial, cells in enumerate(self.plan.layout()) for cell in cells}

    @property
    def title(self) -> str:
        """The selection's name in questions."""
        return "the search" if self.plan.axes else "the cross-validation"

    @property
    def headline(self) -> str:
        """The progress, for the header of every screen."""
        name = "search" if self.plan.axes else "folds"
        left = self.seen.seconds_left
        return f"{name} {self.seen.share:.0%}" + (f" · {duration(round(left))} left" if left is not None else "")

    @property
    def stopping(self) -> bool:
        """Whether it has been asked to stop but has not ended yet."""
        return self._stop.is_set() and not self.done.is_set()

    def stop(self) -> None:
        """Stop at the next event; the trained networks are kept."""
        self._stop.set()

    interrupt = leave = stop
    """A selection ends with the app; starting the same search again resumes it."""

    def run(self, start: Callable[[], Generator[SelectionEvent, None, Any]] | None = None) -> None:
        """Run the selection to its end, without raising; the body of a thread worker."""
        try:
            result = drain((start or self.plan.start)(), self._see, self._stop.is_set)
            self.seen = self.seen.ended(result)
        except LeftError:
            self.seen = replace(self.seen, status=Status.STOPPED)
        except EngineError as error:
            self.seen = replace(self.seen, status=Status.FAILED, reason=str(error))
        except Exception as error:
            from workbench.terminal.streams import bug

            self.seen = replace(self.seen, status=Status.FAILED, reason=bug(error))
        finally:
            self.done.set()

    def _see(self, event: SelectionEvent) -> None:
        self.seen = self.seen.after(event)
