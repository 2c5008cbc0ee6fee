"""Messages between screens, the app and the threads of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from workbench.tui.background_work import Work


@dataclass
class OpenExperiment(Message):
    """Show an experiment on the experiment screen, where it can be undone."""

    experiment: Experiment


@dataclass
class GoTo(Message):
    """Show a mode, with its cursor on the row with this key."""

    mode: str
    cursor: str = ""


@dataclass
class AttachRun(Message):
    """Show a stored run on the experiment screen, or follow one that another process trains."""

    run_id: str


@dataclass
class ResumeRun(Message):
    """Resume a run that stopped early, on the experiment screen."""

    run_id: str
    experiment: Experiment


@dataclass
class RetrainExperiment(Message):
    """Train the winner of a selection on all but the test samples, on the experiment screen, and test it once."""

    experiment: Experiment


@dataclass
class WorkBegan(Message):
    """Work has started in this process: quitting asks about it, and signals interrupt it."""

    work: Work


@dataclass
class DecisionKept(Message):
    """Another threshold or temperature is stored with a run: its predictions have to be updated."""

    run_id: str


@dataclass
class RunEnded(Message):
    """A run has ended and is saved."""

    work: Work
