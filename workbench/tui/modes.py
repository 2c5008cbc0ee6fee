"""The app's modes and their screens."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from textual.screen import Screen


class Mode(NamedTuple):
    """One of the app's modes: its key, and its screen, which is imported when it is first shown."""

    name: str
    key: str
    title: str
    module: str
    screen: str

    def make(self) -> Screen[Any]:
        """Create the mode's screen."""
        screen: Screen[Any] = getattr(import_module(self.module), self.screen)()
        return screen


MODES = (
    Mode("experiment", "1", "Experiment", "workbench.tui.experiment.screen", "ExperimentScreen"),
    Mode("runs", "2", "Runs", "workbench.tui.runs.screen", "RunsScreen"),
    Mode("selection", "3", "Selection", "workbench.tui.selection.screen", "SelectionScreen"),
    Mode("data", "4", "Data", "workbench.tui.data.screen", "DataScreen"),
)
