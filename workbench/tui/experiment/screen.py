"""The experiment screen: the stack of layers, the curves of its run, and what the network says about real rows."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType
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
from engine.experiment.naming import derived_name
from engine.experiment.settings import differences
from engine.experiment.toml_file import beside
from workbench.terminal import output
from workbench.text.describe import ready_words
from workbench.text.sanitise import plain
from workbench.tui.experiment import editing
from workbench.tui.experiment.curves import Curves
from workbench.tui.experiment.layer_list import LayerStack
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.experiment.undo import History
from workbench.tui.experiment.view import ExperimentView
from workbench.tui.messages import RunEnded
from workbench.tui.sessions.last_session import LastSession, write
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.sessions.preparation import Background
from workbench.tui.sessions.protocol import Session
from workbench.tui.sessions.runner import Runner, refusal, state_line
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.mode_screen import Stop
from workbench.tui.widgets.panel_tabs import PanelTabs
from workbench.tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from engine.runs import RunSummary

OF_STACK = ("edit", "remove", "move", "switch", "fix")
"""The actions on what is under the stack's cursor: not to be had from other panels."""

PACE = 1 / 3
"""Seconds between two looks at a run that goes on: three repaints a second."""

SLOW_PACE = 1.0
"""The same over a slow link."""


REMEMBER = 2.0
"""Seconds between two looks at whether the session has changed."""


def _dialogs() -> ModuleType:
    """The dialogs, imported when the first is opened: the screen is painted sooner."""
    from workbench.tui.experiment import actions

    return actions


class ExperimentScreen(ExperimentView):
    """Edits an experiment, runs it, and shows the run; see :mod:`workbench.session` for how the two talk."""

    PANELS = ("Experiment", "Curves", "Reviews")
    STOPS = (
        Stop("#stack", 0),
        Stop("#curves", 1),
        Stop("#review-list", 2),
        Stop("#words, #held-words", 2),
    )
    BINDINGS = [
        Binding("a", "add", "Add", id="stack.add"),
        Binding("enter", "edit", "Edit", key_display="⏎", id="stack.edit"),
        Binding("x", "remove", "Remove", id="stack.remove"),
        Binding("r", "run", "Run", id="run.start"),
        Binding("p", "pause", "Pause", id="run.pause"),
        Binding("s", "stop", "Stop", id="run.stop"),
        Binding("b", "retrain", "Retrain at best", id="run.retrain"),
        Binding("shift+up", "move(-1)", "Move the layer up", show=False, id="stack.up"),
        Binding("shift+down", "move(1)", "Move the layer down", show=False, id="stack.down"),
        Binding("space", "switch", "Switch the layer off or on", show=False, id="stack.switch"),
        Binding("f", "fix", "Apply the finding's fix", show=False, id="stack.fix"),
        Binding("u", "undo", "Undo", show=False, id="edit.undo"),
        Binding("ctrl+r", "redo", "Redo", show=False, id="edit.redo"),
        Binding("o", "open", "Open a preset or a file", show=False, id="edit.open"),
        Binding("R", "rename", "Name the experiment", show=False, id="edit.rename"),
        Binding("w", "write", "Write the experiment to a file", show=False, id="edit.write"),
        Binding("d", "details", "Details of the run", show=False, id="run.details"),
        Binding("left", "epoch(-1)", "Values at the epoch before", show=False, id="curves.left"),
        Binding("right", "epoch(1)", "Values at the next epoch", show=False, id="curves.right"),
        Binding(
            "e", "curves('evaluated')", "Training curve: average or evaluated", show=False, id="curves.evaluated"
        ),
        Binding("l", "curves('logarithmic')", "Log axis", show=False, id="curves.log"),
        Binding("m", "curves('smooth')", "Smooth the curves", show=False, id="curves.smooth"),
        Binding("y", "curves('penalty')", "Show the penalty", show=False, id="curves.penalty"),
        Binding("h", "curves('before')", "Hold against the run before", show=False, id="curves.before"),
        Binding("c", "metric", "Next metric", show=False, id="curves.metric"),
        Binding("z", "zoom", "Zoom: from, to, all", show=False, id="curves.zoom"),
        Binding("Z", "whole", "A chart on the whole screen", show=False, id="curves.whole"),
        Binding("n", "review(1)", "Next review", show=False, id="reviews.next"),
        Binding("N", "review(-1)", "Previous review", show=False, id="reviews.previous"),
        Binding("t", "own(False)", "Type a review of your own", show=False, id="reviews.own"),
        Binding("T", "own(True)", "Change this review", show=False, id="reviews.change"),
        Binding("k", "filter", "Keep only some reviews", show=False, id="reviews.filter"),
        Binding("v", "view", "View: text, histogram, classes", show=False, id="reviews.view"),
        Binding("i", "original", "Original text or as the network reads it", show=False, id="reviews.original"),
        Binding("escape", "clear", "Leave the cursor", show=False, id="curves.clear"),
    ]

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.history = History(experiment)
        self._origin = experiment
        self._kept: Experiment | None = experiment
        self.typed = ""
        self._remembered: LastSession | None = None
        self._before: Snapshot | None = None
        self._seen: tuple[Snapshot, Status] | None = None
        self._next_look = 0.0

    def compose_body(self) -> ComposeResult:
        """The three panels, beside one another or one at a time, and the line of progress."""
        with Horizontal(id="panels"):
            yield LayerStack(self.experiment, id="stack")
            yield Curves(id="curves")
            yield Reviews(id="reviews")
        yield ProgressLine()

    def on_mount(self) -> None:
        """Show the experiment; once that is painted, read its data and get ready in the background."""
        self.runner = Runner(self)
        self.background = Background(self, self.host.backend, self._data_known, self._tell_unfinished)
        self.stack.focus()
        self.show_experiment()
        self.every(PACE, self._look)
        self.call_after_refresh(self.background.begin, self.experiment)
        self.call_after_refresh(self._offer_last)
        self.set_interval(REMEMBER, self._remember)

    def on_screen_resume(self) -> None:
        """Show what the run has done while another screen was on top."""
        self._show_run()

    def _offer_last(self) -> None:
        """Offers to continue the last session, where the app was started without an experiment."""
        if self.host.offers_last:
            _dialogs().offer_last(self)

    def _remember(self) -> None:
        """Writes down what the next session may continue, where that has changed."""
        now = LastSession(self.app.theme, self.experiment, self.unsaved)
        if self.host.remembers and now != self._remembered:
            self._remembered = now
            self.work(write, now, group="remember")

    def on_unmount(self) -> None:
        """Begin nothing more; a run that still goes on, as when the app crashes, can be resumed."""
        self.background.leave()
        if (live := self.runner.live) and not live.stopping:
            live.interrupt()

    # The experiment

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is edited."""
        return self.history.now

    @property
    def run_state(self) -> tuple[str, str]:
        """The run's state in words, and their colour."""
        if not self.is_mounted:
            return "", ""
        if self.runner.live is None and not self.stack.ready:
            return "not ready: see ✗", "$error"
        return state_line(self.runner.live, self.experiment)

    @property
    def stack(self) -> LayerStack:
        """The experiment's panel."""
        return self.query_one(LayerStack)

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were neither run nor written to a file."""
        return self._kept is None or bool(differences(self.experiment, self._kept))

    def keep(self, kept: Experiment | None) -> None:
        """Notes which experiment was run last, or written to a file; None for none."""
        self._kept = kept

    def open(self, experiment: Experiment) -> None:
        """Shows another experiment, from which the names of its edits are derived."""
        self.history.put(beside(experiment, Path.cwd()))
        self._origin = self._kept = self.experiment
        self.show_experiment()

    def edit(self, experiment: Experiment, cursor: str | None = None) -> None:
        """Shows the experiment with a change, and named after it; the cursor goes to the row of that key."""
        experiment = beside(experiment, Path.cwd())
        if self.experiment.name == experiment.name == derived_name(self._origin, self.experiment):
            experiment = experiment.model_copy(update={"name": derived_name(self._origin, experiment)})
        self.history.put(experiment)
        self.show_experiment(cursor)

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
        self._show_run()

    @property
    def columns(self) -> int | None:
        """The columns that the network reads of a sample; None where it reads text, or before they are known."""
        preview = self.background.preview_of(self.experiment)
        return preview.facts.columns if preview and preview.facts.kind == "columns" else None

    def _data_known(self) -> None:
        """Shows what is known of the data by now; an experiment that has only data gets what fits them."""
        preview = self.background.preview_of(self.experiment)
        if preview and not self.experiment.layers and self.experiment is self._origin:
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
        return checks.after(shown.experiment, shown.epochs, shown.started.baselines if shown.started else None)

    def action_add(self) -> None:
        """Adds a layer below the cursor, or above the output layer: its kind is chosen, then its settings."""
        _dialogs().add_layer(self, editing.index_for_new(self.experiment, self.stack.place))

    def action_edit(self) -> None:
        """Edit what is under the cursor."""
        _dialogs().edit_row(self, self.stack.key)

    def action_remove(self) -> None:
        """Remove the layer under the cursor; ``u`` brings it back."""
        if (place := self._layer()) is not None:
            self.edit(editing.removed(self.experiment, place))

    def action_move(self, step: int) -> None:
        """Move the layer under the cursor."""
        if (place := self._layer()) is not None:
            moved = editing.moved(self.experiment, place, step)
            if moved != self.experiment:
                self.edit(moved, f"layer-{place + step}")

    def action_switch(self) -> None:
        """Switch the layer under the cursor off, or on again."""
        if (place := self._layer()) is not None:
            self.edit(editing.switched(self.experiment, place))

    def _layer(self) -> int | None:
        """The place of the layer under the cursor; says so where there is none."""
        if self.stack.place is None:
            self.warn("put the cursor on a layer first")
        return self.stack.place

    def rename(self, name: str) -> None:
        """Names the experiment; without a name, by what differs from the one that was opened."""
        name = name or derived_name(self._origin, self.experiment)
        self.history.put(self.experiment.model_copy(update={"name": name}))
        self.show_experiment()

    def action_rename(self) -> None:
        """Names the experiment."""
        _dialogs().rename(self)

    def action_fix(self) -> None:
        """Apply the fix of the finding under the cursor; from elsewhere, of the first that has one."""
        finding = self.stack.finding or next((found for found in self.stack.findings if found.fix), None)
        if finding is None or finding.fix is None:
            self.notify("There is nothing to fix here.")
            return
        self.edit(finding.fix.experiment)
        self.notify(plain(finding.fix.label), title="Fixed", timeout=3, markup=False)

    def action_undo(self) -> None:
        """Take the last change back."""
        if not self.history.can_undo:
            self.warn("nothing has been changed")
        self.history.undo()
        self.show_experiment()

    def action_redo(self) -> None:
        """Make it again."""
        if not self.history.can_redo:
            self.warn("nothing has been taken back")
        self.history.redo()
        self.show_experiment()

    def action_open(self) -> None:
        """Open a preset or a file."""
        _dialogs().open_experiment(self)

    def action_write(self) -> None:
        """Write the experiment to a file."""
        _dialogs().write_experiment(self)

    # The run

    def action_run(self) -> None:
        """Train the experiment."""
        if self.runner.training:
            self.warn("a run is going on: stop it first (s)")
        elif reason := refusal(self.experiment):
            self.warn(reason, "This cannot run yet")
        else:
            self._start(self.host.backend.fresh(self.experiment))
            self._bring(1)

    def action_retrain(self) -> None:
        """Train a fresh network for the best epoch's count on all but the test rows, and look at those once."""
        run = self.runner.retrainable()
        if self.runner.training:
            self.warn("a run is going on: stop it first (s)")
        elif run is None:
            self.warn("run the experiment first: retraining takes its best epoch's count")
        else:
            experiment = self.runner.live.snapshot.experiment if self.runner.live else self.experiment
            if experiment != self.experiment:
                self.notify(f"Run {run} is retrained as it ran, without what was edited since.")
            self._start(self.host.backend.retraining(experiment, run), "retrain")

    def retrain_as(self, experiment: Experiment) -> None:
        """Trains the winner of a selection on all but the test samples, for its own epochs, and tests it once."""
        self.open(experiment)
        self._start(self.host.backend.final(self.experiment), "retrain")
        self._bring(1)

    def resume(self, run: str, experiment: Experiment) -> None:
        """Go on with a run that ended early."""
        self.open(experiment)
        self._start(self.host.backend.resuming(experiment, run))

    def _tell_unfinished(self, found: list[RunSummary] | EngineError) -> None:
        """Tell of runs that other processes train; offer to go on with one that a process left behind."""
        if isinstance(found, EngineError):
            self.warn(found)
        elif not self.runner.training:
            _dialogs().tell_unfinished(self, found)

    def attach(self, run: str) -> None:
        """Show a stored run, or follow one that another process trains."""
        if self.runner.training:
            self.warn("a run is going on here: stop it first (s)")
            return
        _dialogs().attach(self, run)

    def action_pause(self) -> None:
        """Pause the run, or go on."""
        if self.runner.training and self.runner.live:
            self.runner.live.pause()
            self._next_look = 0
            self._look()

    def action_stop(self) -> None:
        """Stop the run, and keep what is trained."""
        _dialogs().stop(self)
        self._look()

    def action_details(self) -> None:
        """Show all there is to know about the run."""
        _dialogs().details(self)

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
        if action == "run":
            return not training or None
        return True

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        message.stop()
        if message.work is self.runner.live:
            self._next_look = 0
            self._look()
            self.background.give_way(False)
            self.show_experiment()
            self.refresh_bindings()

    def _start(self, session: Session, kind: str = "train") -> None:
        preview = self.background.preview_of(session.experiment)
        if self.runner.live and self.runner.live.snapshot.epochs:
            self._before = self.runner.live.snapshot
        self.keep(self.experiment)
        self.background.give_way(True)
        self.runner.start(session, kind, preview.samples if preview else None)
        self._next_look = 0
        self._look()
        self.show_experiment()
        self.refresh_bindings()

    def _look(self) -> None:
        """Look at the run, and show what has changed; less often where the terminal is slow to take it."""
        live, now = self.runner.live, time.monotonic()
        if live is None:
            self.query_one(ProgressLine).show(None, self.background.stage or "r runs the experiment")
            return
        seen = (live.snapshot, live.status)
        if now < self._next_look or (self._seen and seen[0] is self._seen[0] and seen[1] is self._seen[1]):
            return
        wait = output.pace(PACE, SLOW_PACE if self.host.slow_link else 0) - PACE / 2  # a timer may be early
        self._seen, self._next_look = seen, now + wait
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
        rows = "Rows" if snapshot.samples and snapshot.samples.kind != "text" else "Reviews"
        self.query_one(PanelTabs).rename(("Experiment", "Curves", rows))
        if self.in_sight(1):  # neither panel at once: a key that was pressed meanwhile goes first
            self.call_later(self._show_curves)
        if self.in_sight(2):
            self.call_later(self._show_reviews)
        if live is not None:
            self.query_one(ProgressLine).show(snapshot, paused=live.status is Status.PAUSED)
        self.show_state()

    def _show_curves(self) -> None:
        snapshot = self.snapshot
        self.query_one(Curves).show(snapshot, checks.overfitting_epoch(snapshot.epochs), self._before)

    def _show_reviews(self) -> None:
        live = self.runner.live
        self.query_one(Reviews).show(self.snapshot, live.session if live else None)

    def _bring(self, panel: int) -> None:
        """Bring the panel that a key is about into sight."""
        if not self.in_sight(panel):
            self.go_to_panel(panel)
            self._show_reviews()

    # The panels

    def action_curves(self, option: str) -> None:
        """Switch how the curves are shown."""
        self._bring(1)
        self.query_one(Curves).toggle(option)

    def action_epoch(self, step: int) -> None:
        """Move the cursor over the epochs."""
        self._bring(1)
        self.query_one(Curves).move(step)

    def action_metric(self) -> None:
        """Show the next metric."""
        self._bring(1)
        metrics = self.snapshot.experiment.training.metrics
        if len(metrics) > 1:
            self.query_one(Curves).next_metric()
        else:
            self.notify(f"{metrics[0]} is the only metric." if metrics else "There is no metric.", markup=False)

    def action_zoom(self) -> None:
        """Zoom to a range of epochs."""
        self._bring(1)
        begin = self.query_one(Curves).zoom().start
        if begin is not None:
            self.notify(f"from epoch {begin}: move with ← or →, then z again", title="Zoom", timeout=3)

    def action_whole(self) -> None:
        """Shows a chart on the whole screen, then the next one, then all panels again."""
        self._bring(1)
        self.show_whole(*(chart for chart in self.query(Chart) if chart.parent is self.query_one(Curves)))

    def action_clear(self) -> None:
        """Leaves the whole screen; else takes the cursor off the curves."""
        if self.maximized:
            self.minimize()
        else:
            self.query_one(Curves).clear_cursor()

    def action_review(self, step: int) -> None:
        """Go to the next or the previous review."""
        self._bring(2)
        self.query_one(Reviews).step(step)

    def action_filter(self) -> None:
        """Choose which reviews are listed."""
        self._bring(2)
        _dialogs().filter_reviews(self)

    def action_own(self, real: bool) -> None:
        """Ask the network about a text of one's own, or about the review under the cursor, to be changed."""
        if real:
            self._bring(2)
        _dialogs().own_review(self, real)

    def action_view(self) -> None:
        """Show the row, a histogram of all answers, or the classes."""
        self._bring(2)
        self.query_one(Reviews).next_view()

    def action_original(self) -> None:
        """Show the original text, or the one that the network reads."""
        self._bring(2)
        self.query_one(Reviews).toggle_original()

    def show_panel(self, panel: int) -> None:
        """Show a panel, and the run in it."""
        super().show_panel(panel)
        self._show_run()

    def on_resize(self) -> None:
        """More panels may be in sight now."""
        self.call_after_refresh(self._show_run)
