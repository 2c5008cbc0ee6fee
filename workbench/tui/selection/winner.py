"""The winner of a selection: the best cell, or the best epoch of a cross-validation's mean curve."""

from __future__ import annotations

from engine.events import Status
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.selection.results import best_epoch, mean_history
from workbench.tui.selection.cell_list import standings
from workbench.tui.sessions.live_selection import Seen


def selected(seen: Seen) -> Experiment | None:
    """The experiment to retrain and test, its epochs those that were selected; None while nothing is selected."""
    if seen.plan.axes:
        best = next(iter(standings(seen)), None)
        return cell_experiment(seen, best.number) if best and best.test is not None else None
    epochs = best_epoch(mean_history([curve for curve in seen.curves.values() if curve]))
    if seen.status is not Status.FINISHED or not epochs:
        return None
    return with_settings(seen.plan.experiment, {"training.epochs": epochs, "training.early_stopping": None})


def cell_experiment(seen: Seen, number: int) -> Experiment:
    """The experiment of a cell that was scored."""
    params = next(score.params for (cell, _), score in seen.cells.items() if cell == number)
    return with_settings(seen.plan.experiment, params)
