"""The experiment screen: the stack of layers, the curves of its run, and predictions for real samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding

from engine.errors import EngineError
from workbench.tui.experiment.experiment_editor import ExperimentEditor
from workbench.tui.experiment.lazy_actions import dialogs
from workbench.tui.experiment.panel_keys import PanelKeys
from workbench.tui.experiment.view import PACE
from workbench.tui.keymap import key_of
from workbench.tui.sessions.preparation import Background
from workbench.tui.sessions.run_evidence import RunEvidence
from workbench.tui.sessions.runner import Runner, refusal
from workbench.tui.widgets.mode_screen import Copyable, Stop

if TYPE_CHECKING:
    from engine.runs import RunSummary
    from workbench.tui.sessions.session import RunSession

REMEMBER = 2.0
"""Seconds between two checks whether the session has changed."""

OF_STACK = ("edit", "remove", "move", "switch", "fix")
"""Actions on the row under the stack's cursor, which are not available from other panels."""


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
        Binding("I", "evidence", "Evidence: intervals, calibration, slices", show=False, id="run.evidence"),
        Binding("d", "details", "Details of the run", show=False, id="run.details"),
    ]

    def on_mount(self) -> None:
        """Show the experiment."""
        self.runner = Runner(self)
        self.background = Background(self, self.host.backend, self._data_known, self._tell_unfinished)
        self.evidence = RunEvidence(self, self.host.backend, self.show_experiment)
        self.stack.focus()
        self.show_experiment()
        self.every(PACE, self._poll)
        self.set_interval(REMEMBER, self._remember)

    def begin(self) -> None:
        """After the first paint, read the data in the background and continue the last session."""
        self.background.begin(self.experiment)
        self._offer_last()

    def _offer_last(self) -> None:
        """Continue the last session, or offer to, if the app was started with that option."""
        if self.host.continues_last or self.host.offers_last:
            from workbench.tui.experiment import session_restoring

            (session_restoring.continue_last if self.host.continues_last else session_restoring.offer_last)(self)

    def _tell_unfinished(self, found: list[RunSummary] | EngineError) -> None:
        """Notify the user of runs that other processes train; offer to resume an interrupted one."""
        if isinstance(found, EngineError):
            self.warn(found)
        elif not self.runner.training:
            dialogs().tell_unfinished(self, found)

    def attach(self, run: str) -> None:
        """Show a stored run, or follow one that another process trains, unless one trains here."""

        def found(session: RunSession) -> None:
            if trains():  # started while the store was read
                return
            self.open(session.experiment)
            self.runner.watch(session)
            if self.narrow:
                self.go_to_panel(1)
            self.refresh_bindings()

        def trains() -> bool:
            if self.runner.training:
                self.warn(f"a run is training here: stop it first ({key_of(self, 'run.stop')})")
            return self.runner.training

        if not trains():
            self.work(lambda: self.call_later(found, self.host.backend.stored(run)), awaited=True)

    def action_run(self) -> None:
        """Train the experiment."""
        if not self._waits(self.action_run) and self._may_run():
            self._start(self.host.backend.fresh(self.experiment))
            self.bring(1)

    def _may_run(self) -> bool:
        """Return whether the experiment can run and nothing trains; notify the user if not."""
        if self.runner.training:
            self._warn_of_training()
        elif reason := refusal(self.experiment):
            self.warn(reason, "This cannot run yet")
        else:
            return True
        return False

    def _warn_of_training(self) -> None:
        self.warn(f"a run is training: stop it first ({key_of(self, 'run.stop')})")

    def action_retrain(self) -> None:
        """Retrain for the best epoch's count on all but the test samples, then evaluate those once."""
        if self._waits(self.action_retrain):
            return
        run = self.runner.retrainable()
        if self.runner.training:
            self._warn_of_training()
        elif run is None:
            self.warn("run the experiment first: retraining uses its best epoch's count")
        else:
            experiment = self.runner.live.snapshot.experiment if self.runner.live else self.experiment
            if experiment != self.experiment:
                self.notify(f"Run {run} is retrained with its own settings, without later edits.")
            self._start(self.host.backend.retraining(experiment, run), "retrain")

    def _waits(self, action: Callable[[], None]) -> bool:
        """If an ended run is still being saved, do the action afterwards; return whether it waits."""
        live = self.runner.live
        self._afterwards_do = action if self.runner.training and live and live.snapshot.ended else None
        return self._afterwards_do is not None

    def action_pause(self) -> None:
        """Pause or resume the run."""
        if self.runner.training and self.runner.live:
            self.runner.live.pause()
            self._next_poll = 0
            self._poll()

    def action_stop(self) -> None:
        """Stop the run, and keep what is trained."""
        dialogs().stop(self)
        self._poll()

    def action_sanity(self) -> None:
        """Run the sanity ladder on the current experiment."""
        from workbench.tui.experiment.sanity_page import sanity_page

        self.app.push_screen(sanity_page(self.host.experiment))

    def copies(self) -> Sequence[Copyable]:
        """Return the experiment as a file and as a command, the run's card, its values, the review."""
        found: Sequence[Copyable] = dialogs().copies(self)
        return found

    def action_learning_curve(self) -> None:
        """Train on growing parts of the samples, and draw the extrapolation to more."""
        from workbench.tui.experiment.learning_curve_page import learning_curve_page

        if self._may_run():
            self.app.push_screen(learning_curve_page(self.experiment))

    def action_evidence(self) -> None:
        """Open the evidence screen of the run that has ended."""
        from workbench.tui.evidence.screen import EvidenceScreen

        shown = self.snapshot
        if shown.run and shown.ended and shown.epochs:
            self.app.push_screen(EvidenceScreen(shown.run))
        else:
            self.warn("run the experiment first: then its predictions can be evaluated")

    def action_details(self) -> None:
        """Show all details of the run."""
        dialogs().details(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer actions that apply now: to a run in progress, or to the row under the stack's cursor."""
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
