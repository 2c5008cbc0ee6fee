"""The sanity ladder of an experiment on a page, a line for each rung as soon as it is known."""

from __future__ import annotations

from collections.abc import Generator

from engine.events import Preparing
from engine.experiment.model import Experiment
from workbench.text.evidence import rung
from workbench.tui.dialogs.work_page import WorkPage


def sanity_page(experiment: Experiment) -> WorkPage:
    """The page of an experiment."""
    return WorkPage(f"Sanity checks of {experiment.name}", lambda: _lines(experiment))


def _lines(experiment: Experiment) -> Generator[Preparing | str, None, None]:
    from engine.evaluation.sanity.ladder import Rung, climb

    steps = climb(experiment)
    for step in steps:
        yield rung(step) if isinstance(step, Rung) else step
