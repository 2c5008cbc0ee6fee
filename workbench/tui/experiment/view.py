"""The base of the experiment screen: its panels, the edited experiment and its run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from engine import checks
from engine.checks.shapes import outline
from engine.events import Status
from engine.experiment.model import Experiment
from engine.experiment.naming import derived_name
from engine.experiment.setting_paths import differences
from engine.experiment.toml_file import beside
from engine.system.plain_text import plain
from workbench.terminal import output
from workbench.text.describe import ready_words
from workbench.tui.experiment.curves import Curves
from workbench.tui.experiment.editing import History
from workbench.tui.experiment.layer_list import LayerStack
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.keymap import key_of
from workbench.tui.messages import RunEnded
from workbench.tui.sessions.last_session import LastSession, write
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.sessions.preparation import Background
from workbench.tui.sessions.run_evidence import RunEvidence
from workbench.tui.sessions.runner import Runner, state_line
from workbench.tui.widgets.after_keys import after_keys
from workbench.tui.widgets.chart_screen import EpochScreen
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.panel_tabs import PanelTabs
from workbench.tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from workbench.tui.sessions.session import RunSession

PACE = 1 / 3
"""Seconds between two polls of a run in progress: three repaints a second."""

SLOW_PACE = 1.0
"""The same on a slow connection."""


class ExperimentView(EpochScreen):
    """Holds the edited experiment, the one it was made from, and the one that was run or written last.

    ``typed`` is the last typed review. While it is ``undecided`` whether to continue the last session, that
    session is not overwritten.
    """

    stack = getters.query_one(LayerStack)
    runner: Runner
    background: Background
    evidence: RunEvidence

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.history = History(experiment)
        self._origin = experiment
        self._kept: Experiment | None = experiment
        self.typed = ""
        self.undecided = False
        self._remembered: LastSession | None = None
        self._before: Snapshot | None = None
        self._afterwards_do: Callable[[], None] | None = None
        self._seen: tuple[Snapshot, Status] | None = None
        self._next_poll = 0.0

    def compose_body(self) -> ComposeResult:
        """Yield the three panels and the progress line."""
        with Horizontal(id="panels"):
            yield LayerStack(self.experiment, id="stack")
            yield Curves(id="curves")
            yield Reviews(id="reviews")
        yield ProgressLine()

    def on_screen_resume(self) -> None:
        """Show what the run has done while another screen was on top."""
        self._show_run()

    def _remember(self) -> None:
        """Write the session for the next start, if it has changed."""
        now = LastSession(self.app.theme, self.experiment, self.unsaved, *self.host.position)
        if not self.host.remembers or self.undecided or now == self._remembered:
            return
        first, self._remembered = self._remembered is None, now
        self.work(self._write_session, now, first, group="remember")

    def _write_session(self, now: LastSession, first: bool) -> None:
        """Write the session; the first time, edits that another session left are saved first."""
        if (path := write(now, put_others_aside=first)) is not None:
            self.call_later(self.notify, f"Edits of the last session are kept in {plain(str(path))}", markup=False)

    def on_unmount(self) -> None:
        """Stop the background work; a run still in progress, as when the app crashes, can be resumed."""
        if self._remembered:  # the latest edits
            write(replace(self._remembered, experiment=self.experiment, unsaved=self.unsaved))
        self.background.leave()
        self.evidence.leave()
        if (live := self.runner.live) and not live.stopping:
            live.interrupt()

    @property
    def run_state(self) -> tuple[str, str]:
        """The run's state in words, and their colour."""
        stack = next(iter(self.query(LayerStack)), None)
        if not self.is_mounted or stack is None:  # another screen can ask while the app exits
            return "", ""
        if self.runner.live is None and not stack.ready:
            return "not ready: see ✗", "$error"
        return state_line(self.runner.live, self.experiment)

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
        """The number of columns the network reads; None for text, and until it is known."""
        preview = self.background.preview_of(self.experiment)
        return preview.facts.columns if preview and preview.facts.kind == "columns" else None

    def _data_known(self) -> None:
        """Show what is known of the data; an experiment with only data gets the network proposed for it."""
        preview = self.background.preview_of(self.experiment)
        if preview and not self.experiment.layers and self.untouched:
            self.open(preview.proposed)
        else:
            self.show_experiment()

    def _afterwards(self) -> tuple[checks.Finding, ...]:
        """Return the findings on the run's curves, if the experiment has not been changed since."""
        live = self.runner.live
        if live is None or not live.snapshot.ended or live.snapshot.experiment != self.experiment:
            return ()
        shown = live.snapshot
        if not shown.best_epoch:
            return ()
        found = checks.after(shown.experiment, shown.epochs, shown.started.baselines if shown.started else None)
        best = next((ended.logs for ended in shown.epochs if ended.epoch == shown.best_epoch), {})
        return found + checks.against_linear(best, self.evidence.linear(shown.experiment))

    # Edits

    @property
    def experiment(self) -> Experiment:
        """The experiment as edited."""
        return self.history.now

    @property
    def untouched(self) -> bool:
        """Whether the experiment is as it was opened."""
        return self.experiment is self._origin

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that were neither run nor written to a file."""
        return self._kept is None or bool(differences(self.experiment, self._kept))

    def keep(self, kept: Experiment | None) -> None:
        """Note which experiment was run last, or written to a file; None for none."""
        self._kept = kept

    def open(self, experiment: Experiment) -> None:
        """Open another experiment, after which its edits are named."""
        self.history.put(beside(experiment, Path.cwd()))
        self._origin = self._kept = self.experiment
        self.show_experiment()
        if self.narrow:
            self.go_to_panel(0)

    def edit(self, experiment: Experiment, cursor: str | None = None) -> None:
        """Show the experiment with a change, named after it; put the cursor on the row with the given key."""
        experiment = beside(experiment, Path.cwd())
        if self.experiment.name == experiment.name == derived_name(self._origin, self.experiment):
            experiment = experiment.model_copy(update={"name": derived_name(self._origin, experiment)})
        self.history.put(experiment)
        self._show_edited(cursor)

    def _show_edited(self, cursor: str | None = None) -> None:
        """Show the change, and the experiment's panel if it is hidden."""
        self.show_experiment(cursor)
        if not self.in_sight(0):
            self.go_to_panel(0)

    def rename(self, name: str) -> None:
        """Name the experiment; without a name, after its changes from the one that was opened."""
        name = name or derived_name(self._origin, self.experiment)
        self.history.put(self.experiment.model_copy(update={"name": name}))
        self.show_experiment()

    # The run

    def retrain_as(self, experiment: Experiment) -> None:
        """Train the winner of a selection on all but the test samples, for its own epochs, and test it once."""
        self.open(experiment)
        self._start(self.host.backend.final(self.experiment), "retrain")
        self.bring(1)

    def resume(self, run: str, experiment: Experiment) -> None:
        """Resume a run that ended early."""
        self.open(experiment)
        self._start(self.host.backend.resuming(experiment, run))

    def apply_decision(self, run: str) -> None:
        """If this run is shown, update its predictions to its stored threshold."""
        live = self.runner.live
        if live and live.done.is_set() and live.snapshot.run == run:
            self.work(live.apply_decision, group="decide")

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        message.stop()
        if message.work is self.runner.live:
            self._next_poll = 0
            self._poll()
            self.background.set_training(False)
            self.evidence.set_training(False)
            if (ended := self.runner.live.snapshot) and ended.run and (ended.best_epoch or ended.tested):
                self.evidence.compute_intervals(ended.run)
            self.show_experiment()
            self.refresh_bindings()
            action, self._afterwards_do = self._afterwards_do, None
            if action:
                action()

    def _start(self, session: RunSession, kind: str = "train") -> None:
        preview = self.background.preview_of(session.experiment)
        if self.runner.live and self.runner.live.snapshot.epochs:
            self._before = self.runner.live.snapshot
        self.keep(self.experiment)
        self.background.set_training(True)
        self.evidence.set_training(True)
        self.runner.start(session, kind, preview.samples if preview else None)
        self._next_poll = 0
        self._poll()
        self.show_experiment()
        self.refresh_bindings()

    def _poll(self) -> None:
        """Poll the run and show what has changed, less often on a slow terminal."""
        live, now = self.runner.live, time.monotonic()
        if live is None:
            self.query_one(ProgressLine).show(
                None, self.background.stage or f"{key_of(self, 'run.start')} runs the experiment"
            )
            return
        seen = (live.snapshot, live.status)
        if now < self._next_poll or (self._seen and seen[0] is self._seen[0] and seen[1] is self._seen[1]):
            return
        wait = output.pace(PACE, SLOW_PACE if self.host.slow_link else 0) - PACE / 2  # timers can fire early
        self._seen, self._next_poll = seen, now + wait
        self._show_run()

    @property
    def snapshot(self) -> Snapshot:
        """The current state of the run; before there is one, the data that has been read."""
        if self.runner.live is not None:
            return self.runner.live.snapshot
        preview = self.background.preview_of(self.experiment)
        return Snapshot(self.experiment, samples=preview.samples if preview else None)

    def _show_run(self) -> None:
        """Show the run in the visible panels."""
        live, snapshot = self.runner.live, self.snapshot
        title = f"{snapshot.samples.noun}s".capitalize() if snapshot.samples else "Reviews"
        self.query_one(PanelTabs).rename(("Experiment", "Curves", title))
        if self.in_sight(1):
            after_keys(self, self._show_curves)
        if self.in_sight(2):
            after_keys(self, self.show_reviews)
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

    def bring(self, panel: int) -> None:
        """Show the panel that a key belongs to."""
        if not self.in_sight(panel):
            self.go_to_panel(panel)
            self.show_reviews()

    def on_resize(self) -> None:
        """Update panels that are visible now."""
        self.call_after_refresh(self._show_run)
