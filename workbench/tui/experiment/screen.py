"""The experiment screen: the stack of layers, the curves of its run, and the network's answers on real samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding

from workbench.tui.experiment.experiment_editor import ExperimentEditor
from workbench.tui.experiment.panel_keys import PanelKeys
from workbench.tui.experiment.view import dialogs
from workbench.tui.keymap import key_of
from workbench.tui.sessions.runner import refusal
from workbench.tui.widgets.mode_screen import Copyable, Stop

if TYPE_CHECKING:
    pass

OF_STACK = ("edit", "remove", "move", "switch", "fix")
"""The actions on what is under the stack's cursor: not to be had from other panels."""


class ExperimentScreen(ExperimentEditor, PanelKeys):
    """Edits an experiment, runs it, and shows the run; see :mod:`workbench.tui.sessions.session` for the run."""

    PANELS = ("Experiment", "Curves", "Reviews")
    STOPS = (
        Stop("#stack", 0),
        Stop("#curves", 1),
        Stop("#review-list", 2),
        Stop("#words, #held-words", 2),
    )
    BINDINGS = [
        Binding("r", "run", "Run", id="run.start"),
        Binding("p", "pause", "Pause", id="run.pause"),
        Binding("s", "stop", "Stop", id="run.stop"),
        Binding("b", "retrain", "Retrain at best", id="run.retrain"),
        Binding("j", "sanity", "Sanity checks, in seconds", show=False, id="experiment.sanity"),
        Binding("g", "learning_curve", "Learning curve over data", show=False, id="experiment.learning-curve"),
        Binding("I", "evidence", "What the run is worth: evidence", show=False, id="run.evidence"),
        Binding("d", "details", "Details of the run", show=False, id="run.details"),
    ]

    def action_run(self) -> None:
        """Train the experiment."""
        if not self._waits(self.action_run) and self._may_run():
            self._start(self.host.backend.fresh(self.experiment))
            self.bring(1)

    def _may_run(self) -> bool:
        """Whether the experiment can run and nothing trains; says what is in the way."""
        reason = "" if self.runner.training else refusal(self.experiment)
        if self.runner.training:
            self._warn_of_training()
        elif reason:
            self.warn(reason, "This cannot run yet")
        return not self.runner.training and not reason

    def _warn_of_training(self) -> None:
        self.warn(f"a run is training: stop it first ({key_of(self, 'run.stop')})")

    def action_retrain(self) -> None:
        """Retrains for the best epoch's count on all but the test samples, then evaluates those once."""
        if self._waits(self.action_retrain):
            return
        run = self.runner.retrainable()
        if self.runner.training:
            self._warn_of_training()
        elif run is None:
            self.warn("run the experiment first: retraining takes its best epoch's count")
        else:
            experiment = self.runner.live.snapshot.experiment if self.runner.live else self.experiment
            if experiment != self.experiment:
                self.notify(f"Run {run} is retrained as it ran, without what was edited since.")
            self._start(self.host.backend.retraining(experiment, run), "retrain")

    def _waits(self, action: Callable[[], None]) -> bool:
        """Whether a run that has ended is still being saved: the action is then done once it is."""
        live = self.runner.live
        self._afterwards_do = action if self.runner.training and live and live.snapshot.ended else None
        return self._afterwards_do is not None

    def action_pause(self) -> None:
        """Pauses the run, or resumes it."""
        if self.runner.training and self.runner.live:
            self.runner.live.pause()
            self._next_poll = 0
            self._poll()

    def action_stop(self) -> None:
        """Stop the run, and keep what is trained."""
        dialogs().stop(self)
        self._poll()

    def action_sanity(self) -> None:
        """Climb the sanity ladder with the experiment as it is."""
        from workbench.tui.experiment.sanity_page import sanity_page

        self.app.push_screen(sanity_page(self.host.experiment))

    def copies(self) -> Sequence[Copyable]:
        """The experiment as a file and as a command, the run's card, its values, the review."""
        found: Sequence[Copyable] = dialogs().copies(self)
        return found

    def action_learning_curve(self) -> None:
        """Train on growing parts of the samples, and draw what more of them would give."""
        from workbench.tui.experiment.learning_curve_page import learning_curve_page

        if self._may_run():
            self.app.push_screen(learning_curve_page(self.experiment))

    def action_evidence(self) -> None:
        """Explore what the answers of the run that has ended are worth."""
        from workbench.tui.evidence.screen import EvidenceScreen

        shown = self.snapshot
        if shown.run and shown.ended and shown.best_epoch:
            self.app.push_screen(EvidenceScreen(shown.run))
        else:
            self.warn("run the experiment first: then its answers can be weighed")

    def action_details(self) -> None:
        """Show all there is to know about the run."""
        dialogs().details(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is something to do for now: a run that goes on, the row under the stack's cursor."""
        if not self.is_mounted:
            return True
        live, training = self.runner.live, self.runner.training
        if action in OF_STACK:
            return self.in_sight(0) and self.focused in (None, self.stack)
        idle = not training or bool(live and live.snapshot.ended)
        offered = {
            "pause": training,
            "stop": live is not None and not live.done.is_set(),
            "retrain": idle,
            "run": idle or None,
        }
        return offered.get(action, True)
