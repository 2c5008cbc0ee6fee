"""What the actions of the experiment screen know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.experiment.model import Experiment
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.sessions.runner import Runner
from workbench.tui.widgets.chart_screen import EpochScreen

if TYPE_CHECKING:
    from workbench.tui.experiment.layer_list import LayerStack


class ExperimentView(EpochScreen):
    """A screen that edits an experiment and runs it; ``typed`` is the last review of a person's own.

    While it is ``undecided`` whether the last session is continued, what that left is not overwritten.
    """

    runner: Runner
    typed: str
    undecided: bool

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is edited."""
        raise NotImplementedError

    @property
    def columns(self) -> int | None:
        """The columns that the network reads of a sample; None where it reads text, or before they are known."""
        raise NotImplementedError

    @property
    def stack(self) -> LayerStack:
        """The experiment's panel."""
        raise NotImplementedError

    @property
    def snapshot(self) -> Snapshot:
        """The run as it is; before there is one, the data that has been read."""
        raise NotImplementedError

    def edit(self, experiment: Experiment, cursor: str | None = None) -> None:
        """Change to another experiment; the cursor goes to the line of that key."""
        raise NotImplementedError

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were neither run nor written to a file."""
        raise NotImplementedError

    def keep(self, kept: Experiment | None) -> None:
        """Note which experiment was run last, or written to a file; None for none."""
        raise NotImplementedError

    def open(self, experiment: Experiment) -> None:
        """Show another experiment, from which the names of its edits are derived."""
        raise NotImplementedError

    def rename(self, name: str) -> None:
        """Name the experiment; without a name, by what differs from the one that was opened."""
        raise NotImplementedError

    def show_experiment(self, cursor: str | None = None) -> None:
        """Show the experiment, its shapes and its findings."""
        raise NotImplementedError

    def show_reviews(self) -> None:
        """Show the run's answers on held-out samples."""
        raise NotImplementedError

    def resume(self, run: str, experiment: Experiment) -> None:
        """Resume a run that stopped early."""
        raise NotImplementedError
