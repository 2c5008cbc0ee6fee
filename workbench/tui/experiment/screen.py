"""The experiment screen: the stack of layers, the curves of its run, and the network's answers on real samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal

from engine import checks
from engine.checks.shapes import outline
from engine.errors import EngineError
from engine.events import Status
from engine.experiment.model import Experiment
from engine.system.plain_text import plain
from workbench.terminal import output
from workbench.text.describe import ready_words
from workbench.tui.experiment.curves import Curves
from workbench.tui.experiment.experiment_editor import ExperimentEditor
from workbench.tui.experiment.layer_list import LayerStack
from workbench.tui.experiment.lazy_actions import dialogs
from workbench.tui.experiment.panel_keys import PanelKeys
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.keymap import key_of
from workbench.tui.messages import RunEnded
from workbench.tui.sessions.last_session import LastSession, write
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.sessions.preparation import Background
from workbench.tui.sessions.protocol import Session
from workbench.tui.sessions.run_evidence import RunEvidence
from workbench.tui.sessions.runner import Runner, refusal, state_line
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.mode_screen import Copyable, Stop
from workbench.tui.widgets.panel_tabs import PanelTabs
from workbench.tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from engine.runs import RunSummary

OF_STACK = ("edit", "remove", "move", "switch", "fix")
"""The actions on what is under the stack's cursor: not to be had from other panels."""

PACE = 1 / 3
"""Seconds between two polls of a run in progress: three repaints a second."""

SLOW_PACE = 1.0
"""The same over a slow link."""


REMEMBER = 2.0
"""Seconds between two polls for a change of the session."""


class ExperimentScreen(ExperimentEditor, PanelKeys):
    """Edits an experiment, runs it, and shows the run; see :mod:`workbench.session` for how the two talk."""

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

    def __init__(self, experiment: Experiment) -> None:
        super().__init__(experiment)
        self.typed = ""
        self.undecided = False
        self._remembered: LastSession | None = None
        self._before: Snapshot | None = None
        self._afterwards_do: Callable[[], None] | None = None
        self._seen: tuple[Snapshot, Status] | None = None
        self._next_poll = 0.0

    def compose_body(self) -> ComposeResult:
        """The three panels, beside one another or one at a time, and the line of progress."""
        with Horizontal(id="panels"):
            yield LayerStack(self.experiment, id="stack")
            yield Curves(id="curves")
            yield Reviews(id="reviews")
        yield ProgressLine()

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
        """Once the screen has been painted: read the data in the background, and continue the last session."""
        self.background.begin(self.experiment)
        self._offer_last()

    def on_screen_resume(self) -> None:
        """Show what the run has done while another screen was on top."""
        self._show_run()

    def _offer_last(self) -> None:
        """Continues the last session, or offers to, where the app was started so."""
        if self.host.continues_last or self.host.offers_last:
            from workbench.tui.experiment import session_restoring

            (session_restoring.continue_last if self.host.continues_last else session_restoring.offer_last)(self)

    def _remember(self) -> None:
        """Writes down what the next session may continue, where that has changed."""
        now = LastSession(self.app.theme, self.experiment, self.unsaved, *self.host.position)
        if not self.host.remembers or self.undecided or now == self._remembered:
            return
        first, self._remembered = self._remembered is None, now
        self.work(self._write_session, now, first, group="remember")

    def _write_session(self, now: LastSession, first: bool) -> None:
        """Writes the session; before the first time, edits that another one left are put aside."""
        if (path := write(now, put_others_aside=first)) is not None:
            self.call_later(self.notify, f"Edits of the last session are kept in {plain(str(path))}", markup=False)

    def on_unmount(self) -> None:
        """Begin nothing more; a run that still goes on, as when the app crashes, can be resumed."""
        if self._remembered:  # edits of the last moment
            write(replace(self._remembered, experiment=self.experiment, unsaved=self.unsaved))
        self.background.leave()
        self.evidence.leave()
        if (live := self.runner.live) and not live.stopping:
            live.interrupt()

    @property
    def run_state(self) -> tuple[str, str]:
        """The run's state in words, and their colour."""
        stack = next(iter(self.query(LayerStack)), None)
        if not self.is_mounted or stack is None:  # another screen asks while the app ends
            return "", ""
        if self.runner.live is None and not stack.ready:
            return "not ready: see ✗", "$error"
        return state_line(self.runner.live, self.experiment)

    @property
    def stack(self) -> LayerStack:
        """The experiment's panel."""
        return self.query_one(LayerStack)

    def show_experiment(self, cursor: str | None = None) -> None:
        """Show the experiment, its shapes and its findings."""
        experiment = self.experiment
        preview = self.background.preview_of(experiment)
        findings = checks.before(experiment, preview.facts if preview else None) + self._afterwards()
        facts = preview.samples.facts if preview else None
        shapes = outline(experiment, self.columns)
        ready = ready_words(self.background.estimate_of(experiment))
        form = (preview.facts.kind if preview else "", self.columns)
        self.stack.show(experiment, shapes, findings, facts, self.background.problem, ready, cursor, form)
        self.query_one(TopBar).heading = experiment.name
        self.background.read_soon(experiment)
        if not self.runner.training and self.stack.ready:
            self.background.estimate_soon(experiment)
        if preview and self.background.warm:
            self.evidence.fit(experiment)
        self._show_run()

    @property
    def columns(self) -> int | None:
        """The columns that the network reads of a sample; None where it reads text, or before they are known."""
        preview = self.background.preview_of(self.experiment)
        return preview.facts.columns if preview and preview.facts.kind == "columns" else None

    def _data_known(self) -> None:
        """Shows what is known of the data by now; an experiment that has only data gets what fits them."""
        preview = self.background.preview_of(self.experiment)
        if preview and not self.experiment.layers and self.untouched:
            self.open(preview.proposed)
        else:
            self.show_experiment()

    def _afterwards(self) -> tuple[checks.Finding, ...]:
        """What the curves of the run say, while the experiment is still the one that ran."""
        live = self.runner.live
        if live is None or not live.snapshot.ended or live.snapshot.experiment != self.experiment:
            return ()
        shown = live.snapshot
        if not shown.best_epoch:
            return ()
        found = checks.after(shown.experiment, shown.epochs, shown.started.baselines if shown.started else None)
        best = next((ended.logs for ended in shown.epochs if ended.epoch == shown.best_epoch), {})
        return found + checks.against_linear(best, self.evidence.linear(shown.experiment))

    # The run

    def action_run(self) -> None:
        """Train the experiment."""
        if self._waits(self.action_run):
            return
        if self.runner.training:
            self.warn(f"a run is training: stop it first ({key_of(self, 'run.stop')})")
        elif reason := refusal(self.experiment):
            self.warn(reason, "This cannot run yet")
        else:
            self._start(self.host.backend.fresh(self.experiment))
            self.bring(1)

    def action_retrain(self) -> None:
        """Retrains for the best epoch's count on all but the test samples, then evaluates those once."""
        if self._waits(self.action_retrain):
            return
        run = self.runner.retrainable()
        if self.runner.training:
            self.warn(f"a run is training: stop it first ({key_of(self, 'run.stop')})")
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

    def retrain_as(self, experiment: Experiment) -> None:
        """Trains the winner of a selection on all but the test samples, for its own epochs, and tests it once."""
        self.open(experiment)
        self._start(self.host.backend.final(self.experiment), "retrain")
        self.bring(1)

    def resume(self, run: str, experiment: Experiment) -> None:
        """Go on with a run that ended early."""
        self.open(experiment)
        self._start(self.host.backend.resuming(experiment, run))

    def _tell_unfinished(self, found: list[RunSummary] | EngineError) -> None:
        """Tell of runs that other processes train; offer to go on with one that a process left behind."""
        if isinstance(found, EngineError):
            self.warn(found)
        elif not self.runner.training:
            dialogs().tell_unfinished(self, found)

    def attach(self, run: str) -> None:
        """Show a stored run, or follow one that another process trains."""
        if self.runner.training:
            self.warn(f"a run is training here: stop it first ({key_of(self, 'run.stop')})")
            return
        dialogs().attach(self, run)

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

        if self.runner.training:
            self.warn(f"a run is training: stop it first ({key_of(self, 'run.stop')})")
        elif reason := refusal(self.experiment):
            self.warn(reason, "This cannot run yet")
        else:
            self.app.push_screen(learning_curve_page(self.experiment))

    def action_evidence(self) -> None:
        """Explore what the answers of the run that has ended are worth."""
        from workbench.tui.evidence.screen import EvidenceScreen

        shown = self.snapshot
        if shown.run and shown.ended and shown.best_epoch:
            self.app.push_screen(EvidenceScreen(shown.run))
        else:
            self.warn("run the experiment first: then its answers can be weighed")

    def decide_again(self, run: str) -> None:
        """Show the answers of the run, where it is the one that is shown, as its kept threshold decides them."""
        live = self.runner.live
        if live and live.done.is_set() and live.snapshot.run == run:
            self.work(live.decide_again, group="decide")

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
        if action == "pause":
            return training
        if action == "stop":
            return live is not None and not live.done.is_set()
        if action == "retrain":
            return not training or bool(live and live.snapshot.ended)
        if action == "run":
            return not training or bool(live and live.snapshot.ended) or None
        return True

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        message.stop()
        if message.work is self.runner.live:
            self._next_poll = 0
            self._poll()
            self.background.give_way(False)
            self.evidence.give_way(False)
            if (ended := self.runner.live.snapshot) and ended.run and (ended.best_epoch or ended.tested):
                self.evidence.weigh(ended.run)
            self.show_experiment()
            self.refresh_bindings()
            action, self._afterwards_do = self._afterwards_do, None
            if action:
                action()

    def _start(self, session: Session, kind: str = "train") -> None:
        preview = self.background.preview_of(session.experiment)
        if self.runner.live and self.runner.live.snapshot.epochs:
            self._before = self.runner.live.snapshot
        self.keep(self.experiment)
        self.background.give_way(True)
        self.evidence.give_way(True)
        self.runner.start(session, kind, preview.samples if preview else None)
        self._next_poll = 0
        self._poll()
        self.show_experiment()
        self.refresh_bindings()

    def _poll(self) -> None:
        """Polls the run and shows what has changed, less often on a slow terminal."""
        live, now = self.runner.live, time.monotonic()
        if live is None:
            self.query_one(ProgressLine).show(
                None, self.background.stage or f"{key_of(self, 'run.start')} runs the experiment"
            )
            return
        seen = (live.snapshot, live.status)
        if now < self._next_poll or (self._seen and seen[0] is self._seen[0] and seen[1] is self._seen[1]):
            return
        wait = output.pace(PACE, SLOW_PACE if self.host.slow_link else 0) - PACE / 2  # a timer may be early
        self._seen, self._next_poll = seen, now + wait
        self._show_run()

    @property
    def snapshot(self) -> Snapshot:
        """The run as it is; before there is one, the data that has been read."""
        if self.runner.live is not None:
            return self.runner.live.snapshot
        preview = self.background.preview_of(self.experiment)
        return Snapshot(self.experiment, samples=preview.samples if preview else None)

    def _show_run(self) -> None:
        """Show the run in the panels that are in sight."""
        live, snapshot = self.runner.live, self.snapshot
        title = "Samples" if snapshot.samples and snapshot.samples.kind != "text" else "Reviews"
        self.query_one(PanelTabs).rename(("Experiment", "Curves", title))
        if self.in_sight(1):  # neither panel at once: a key that was pressed meanwhile goes first
            self.call_later(self._show_curves)
        if self.in_sight(2):
            self.call_later(self.show_reviews)
        if live is not None:
            margins = self.evidence.margins(snapshot.run)
            self.query_one(ProgressLine).show(snapshot, "", live.status is Status.PAUSED, margins)
        self.show_state()

    def _show_curves(self) -> None:
        snapshot = self.snapshot
        linear = self.evidence.linear(snapshot.experiment)
        self.query_one(Curves).show(snapshot, checks.overfitting_epoch(snapshot.epochs), self._before, linear)

    def show_reviews(self) -> None:
        live = self.runner.live
        self.query_one(Reviews).show(self.snapshot, live.session if live else None)

    def show_panel(self, panel: int) -> None:
        """Show a panel, and the run in it."""
        super().show_panel(panel)
        self._show_run()

    def on_resize(self) -> None:
        """More panels may be in sight now."""
        self.call_after_refresh(self._show_run)
