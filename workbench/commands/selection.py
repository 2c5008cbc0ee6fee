"""The crossval and search commands."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Annotated, Any, TypeVar

import typer

from engine.errors import TrainingError
from engine.events import Preparing
from engine.selection import events
from engine.selection import search as searches
from engine.selection.grid import parse
from engine.selection.results import CellResult, CellScore, CrossValidation, Search
from engine.system.counts import counted
from engine.system.drain import drain
from workbench.commands.findings import check
from workbench.commands.inputs import experiment
from workbench.commands.notifications import selection_notified
from workbench.commands.options import ExperimentName, Json, Settings
from workbench.commands.output import say, say_lines, say_table, warn, write_json
from workbench.commands.progress_bar import Bar
from workbench.terminal.signals import CommandStoppedError, stoppable
from workbench.text.command_line import set_option, written
from workbench.text.numbers import duration, number, scores

Folds = Annotated[int, typer.Option("--folds", min=2, metavar="K", help="Number of folds, each held out in turn.")]
Jobs = Annotated[
    int | None,
    typer.Option(metavar="N", help="Networks trained at a time, each in its own process; -1: one per processor."),
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Train on a Dask cluster, as in tcp://host:8786.")
]
GridAxes = Annotated[
    list[str],
    typer.Option(
        "--grid",
        metavar="KEY=V,V,V",
        help="A setting's values, as in --grid training.epochs=1,5,10; a+b=1,2 sets two together. Repeatable.",
    ),
]
Score = Annotated[
    str | None,
    typer.Option(metavar="METRIC", help="Rank by this metric or by loss (default: the first metric)."),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Train everything again, even what an earlier search has trained.")
]
Prune = Annotated[
    bool, typer.Option("--prune", help="After each fold, drop the worse half of the networks still in the race.")
]

Result = TypeVar("Result", bound="Search | CrossValidation")


def crossval(
    named: ExperimentName,
    settings: Settings = None,
    folds: Folds = 4,
    jobs: Jobs = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Cross-validate: train once per fold and score on the samples of that fold; test samples are not used.

    Vocabulary and scaling are fitted inside each fold.
    """
    chosen = experiment(named, settings)
    check(chosen)
    printer = _Printer(chosen.name, as_json)
    found = printer.run(searches.cross_validate(chosen, folds, jobs, cluster=cluster))
    if as_json:
        write_json(found.json())
    else:
        _say_folds(found)
    if found.error:
        warn(f"error: {found.error}")
        raise typer.Exit(1)


def search(
    named: ExperimentName,
    grid: GridAxes,
    settings: Settings = None,
    folds: Folds = 3,
    jobs: Jobs = None,
    cluster: Cluster = None,
    score: Score = None,
    fresh: Fresh = False,
    prune: Prune = False,
    as_json: Json = False,
) -> None:
    """Search a grid of settings, every combination on every fold, and rank them by their mean score.

    Cells that differ only in their number of epochs share one network. Trained cells are stored: the same search
    resumes where it stopped. Pruning saves time where there are many settings, but the scores of one fold are
    noisy: a good setting may be dropped.
    """
    chosen, values = experiment(named, settings), parse(grid)
    printer = _Printer(chosen.name, as_json, tuple(values))
    found = printer.run(
        searches.search(chosen, values, folds, jobs, cluster, fresh=fresh, score=score, prune=prune)
    )
    if as_json:
        write_json(found.json())
    else:
        _say_cells(found, tuple(values))
    if found.best is None:
        warn(f"error: no network could be trained: {found.cells[0].error}")
        raise typer.Exit(1)


class _Printer:
    """Runs a selection with a progress line, and prints each fold or cell as it ends."""

    def __init__(self, name: str, quiet: bool, axes: tuple[str, ...] = ()) -> None:
        self._name = name
        self._quiet = quiet
        self._axes = axes
        self._lost: list[str] = []
        self._kept = False
        self._text = ""

    def run(self, stream: Generator[events.SelectionEvent, None, Result]) -> Result:
        """Run to the end and return the result; exit the command if it fails or is interrupted."""
        try:
            with selection_notified(self._name, bool(self._axes)) as end, stoppable(), Bar() as bar:
                bar.show("starting")
                end.result = result = drain(stream, lambda event: self._tell(event, bar))
                return result
        except TrainingError as error:
            warn(f"error: {error}")
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            kept = "the same search resumes from here" if self._kept else "nothing was kept"
            raise CommandStoppedError(f"stopped: {kept}") from None
        finally:
            for line in self._lost:
                warn(line)

    def _tell(self, event: events.SelectionEvent, bar: Bar) -> None:
        if isinstance(event, Preparing):
            if not self._text:
                bar.preparing(event)
        elif isinstance(event, events.SelectionStarted):
            for line in (self._opening(event), *event.notes):
                self._say(bar, line)
        elif isinstance(event, events.FoldLost):
            self._lost.append(
                f"the process that trained fold {event.fold} died: "
                + ("it was trained again" if event.again else f"given up after {event.tries} tries")
            )
        elif isinstance(event, events.Pruned):
            dropped = counted(event.networks, "network")
            self._say(bar, f"after fold {event.fold}: {dropped} pruned, {event.left:,} still in the race")
        elif not isinstance(event, events.Waiting):
            if isinstance(event, events.FoldEnded):
                failed = f"failed: {event.score.error}" if event.score.error else ""
                self._say(bar, f"fold {event.fold}: {failed or scores(event.score.score.items())}")
            elif isinstance(event, events.CellEnded):
                self._kept = True
                self._say(bar, self._cell(event.cell))
            elif isinstance(event, events.FoldProgress):
                self._text = f"fold {event.fold} · epoch {event.epoch}/{event.epochs}"
            left = "" if event.seconds_left is None else f"{duration(event.seconds_left)} left"
            bar.show(self._text, event.share, 1, left)

    def _say(self, bar: Bar, line: str) -> None:
        if not self._quiet:
            bar.print(line)

    def _opening(self, event: events.SelectionStarted) -> str:
        data = event.data
        about = f"{data.dataset}, {data.source}: {data.train + data.validation:,} samples in {event.folds} folds"
        cells = f"{counted(event.cells, 'cell')}, scored by {event.scoring}, " if event.scoring else ""
        found = f" ({event.found} found from an earlier search)" if event.found else ""
        work = f"{counted(event.networks, 'network')}{found}, {counted(event.epochs, 'epoch')} to train"
        return f"{self._name} · {about} · {cells}{work}"

    def _cell(self, cell: CellScore) -> str:
        where = " ".join(f"{axis}={_value(cell.params, axis)}" for axis in self._axes)
        if cell.error:
            return f"{where}  fold {cell.fold}: failed: {cell.error}"
        found = {"test": cell.test_score, "train": cell.train_score}
        return f"{where}  fold {cell.fold}: {scores(found.items())}"


def _say_folds(found: CrossValidation) -> None:
    """Print each fold's scores after its last epoch, their mean, and the mean curve's best epoch."""
    names = tuple(found.mean_score)
    best = found.best_epoch
    if best is None:
        return
    rows: list[tuple[object, ...]] = [
        (str(number), *(fold.score.get(name) for name in names)) for number, fold in enumerate(found.folds, 1)
    ]
    say()
    say_table(("fold", *names), [*rows, ("mean", *(found.mean_score[name] for name in names))])
    say_lines(found.notes)
    curves = {name: values[best - 1] for name, values in found.mean_history.items() if name.startswith("val_")}
    say(f"the mean curve is best at epoch {best}: {scores(curves.items())}")


def _say_cells(found: Search, axes: tuple[str, ...]) -> None:
    """Print every cell by rank; for two axes, also a table of the scores; then the best cell's settings."""
    rows = [
        (
            result.rank,
            *(_value(result.params, axis) for axis in axes),
            result.mean_test_score,
            result.std_test_score,
            result.mean_train_score,
            *((f"{result.folds}{', pruned' if result.pruned else ''}",) if found.pruned else ()),
        )
        for result in sorted(found.results, key=lambda result: (result.rank, result.number))
    ]
    say()
    say_table(("rank", *axes, found.scoring, "std", "train", *(("folds",) if found.pruned else ())), rows)
    if len(axes) == 2:
        _say_table_of_two(found, axes)
    say_lines(found.notes)
    epochs = f"{counted(found.epochs_trained, 'epoch')} trained, {duration(found.seconds)}"
    if found.best is not None:
        changes = " ".join(set_option(path, value) for path, value in found.best.params.items())
        say(f"\nbest: {changes} · {epochs}")


def _say_table_of_two(found: Search, axes: tuple[str, ...]) -> None:
    """Print the mean scores by two axes, those of pruned cells in parentheses."""
    means = {
        (str(_value(result.params, axes[0])), str(_value(result.params, axes[1]))): _table_score(result)
        for result in found.results
    }
    across = list(dict.fromkeys(column for _, column in means))
    down = list(dict.fromkeys(row for row, _ in means))
    pruned = ", (pruned)" if found.pruned else ""
    say(f"\n{found.scoring}: {axes[0]} down, {axes[1]} across{pruned}")
    say_table(("", *across), [(row, *(means.get((row, column)) for column in across)) for row in down])


def _table_score(result: CellResult) -> float | str | None:
    mean = result.mean_test_score
    return f"({number(mean)})" if result.pruned and mean is not None else mean


def _value(params: Mapping[str, Any], axis: str) -> Any:
    """Return an axis's value in a cell; if it sets several paths together, the first path's value."""
    value = params[axis.split("+")[0]]
    return value if isinstance(value, int | float) else written(value)
