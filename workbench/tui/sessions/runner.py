"""Starts and follows the runs of the experiment screen, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from engine.events import Status
from engine.experiment.model import Experiment
from engine.prediction.answers import Samples
from workbench.text.numbers import duration
from workbench.tui.messages import RunEnded, WorkBegan
from workbench.tui.sessions.live_run import LiveRun, Snapshot

if TYPE_CHECKING:
    from workbench.tui.sessions.session import RunSession


class Runner:
    """Holds the run that a screen shows, ``live``: training here, stored, or followed in another process."""

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen
        self.live: LiveRun | None = None

    @property
    def training(self) -> bool:
        """Whether a run is training in this process."""
        return self.live is not None and self.live.can_leave and not self.live.done.is_set()

    def start(self, session: RunSession, kind: str = "train", samples: Samples | None = None) -> LiveRun:
        """Train a session in a thread; call it only if none is training.

        ``samples`` are shown until the run's own are there.
        """
        assert not self.training
        self.detach()
        return self._follow(LiveRun(session, self._report, kind, can_leave=True, samples=samples))

    def watch(self, session: RunSession) -> LiveRun:
        """Show a stored run, or follow one that another process trains."""
        assert not self.training
        self.detach()
        return self._follow(LiveRun(session, self._report))

    def detach(self) -> None:
        """Stop showing a run that another process trains; the run continues."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def retrainable(self) -> str | None:
        """Return the run that a retraining would start from; None if there is none."""
        shown = self.live.snapshot if self.live else None
        ready = shown and shown.status.ended and shown.run and shown.best_epoch and shown.kind != "retrain"
        return shown.run if shown and ready else None

    def _follow(self, live: LiveRun) -> LiveRun:
        self.live = live
        if live.can_leave:
            self._screen.post_message(WorkBegan(live))
        self._screen.run_worker(live.run, thread=True, exit_on_error=False, group="run")
        return live

    def _report(self, live: LiveRun) -> None:
        if self._screen.is_running:
            self._screen.post_message(RunEnded(live))


def refusal(experiment: Experiment) -> str:
    """Return why an experiment cannot run; empty if it can."""
    from engine import checks
    from engine.checks.shapes import outline

    problem = outline(experiment).problem
    wrong = [finding.message for finding in checks.before(experiment) if finding.level == "error"]
    return problem or (wrong[0] if wrong else "")


def state_line(live: LiveRun | None, experiment: Experiment) -> tuple[str, str]:
    """Return the run's state for the header, and its colour; the name of another experiment follows a comma."""
    if live is None:
        return "ready", ""
    shown, status = live.snapshot, live.status
    words = ["stopping" if live.stopping and not status.ended and live.can_leave else status.value]
    if shown.kind == "retrain":
        words[0] += " (retrain)"
    if shown.run:
        words.append(f"run {shown.run}")
    other = f", {shown.experiment.name}" if shown.experiment.name != experiment.name else ""
    if not other and not _is_of(shown, experiment):
        words.append("edited since")
    if shown.started and not status.ended:
        epoch = shown.progress.epoch if shown.progress else shown.started.first_epoch
        epoch = max(epoch, shown.epochs[-1].epoch if shown.epochs else 0)
        words.append(f"epoch {epoch}/{shown.started.epochs}")
        if shown.progress and status is Status.TRAINING:
            words.append(f"{duration(round(shown.progress.seconds_left), roughly=True)} left")
    colours = {
        Status.TRAINING: "bold $success",
        Status.PAUSED: "bold $warning",
        Status.FAILED: "bold $error",
        Status.PREPARING: "$accent",
        Status.QUEUED: "$accent",
    }
    return " · ".join(words) + other, colours.get(status, "")


def _is_of(shown: Snapshot, experiment: Experiment) -> bool:
    """Return whether a run is of this experiment; a retraining may differ in its epochs."""
    if shown.kind == "retrain":
        return (shown.experiment.layers, shown.experiment.data) == (experiment.layers, experiment.data)
    return shown.experiment == experiment
