"""The evidence screen: reliability, ROC, thresholds, confusion and slices of a run's held-out samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from engine.errors import EngineError
from engine.system.drain import LeftError, drain
from engine.system.plain_text import plain
from workbench.text import evidence as words
from workbench.text.describe import count_done
from workbench.tui.dialogs.text_line import Line as AskLine
from workbench.tui.evidence import charts
from workbench.tui.evidence.confusion_grid import ConfusionGrid
from workbench.tui.evidence.samples_screen import Chosen, SamplesScreen, class_name
from workbench.tui.evidence.slice_list import SliceList
from workbench.tui.keymap import key_of
from workbench.tui.messages import DecisionKept
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.class_table import accuracy_line, class_lines
from workbench.tui.widgets.colours import MUTED, WARN
from workbench.tui.widgets.mode_screen import ModeScreen, Stop
from workbench.tui.widgets.row_list import Rows
from workbench.tui.widgets.scrolling_text import Prose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.evaluation.report import Report
    from engine.evaluation.split_outputs import SplitOutputs
    from engine.prediction.decision import Decision
    from engine.runs.evidence import Examined

SUMMARY, RELIABILITY, ROC, PRECISION, THRESHOLD, CONFUSION, SLICES = range(7)
OFFERED = {
    "step": (ROC, PRECISION, THRESHOLD),
    "open": (SLICES,),
    **dict.fromkeys(("best_f1", "cost"), (THRESHOLD, CONFUSION)),
    **dict.fromkeys(("temperature", "keep", "default"), (RELIABILITY, THRESHOLD, CONFUSION)),
}
"""The panels in which an action is available; actions not listed are available in all."""

REST = 0.3
"""Seconds without another decision before everything that depends on it is computed."""

STEP = 0.01
"""The step of the threshold for an arrow key."""

Request = tuple["Decision", str | None, bool]
"""The previous decision, the wanted threshold, and whether to fit a temperature."""


class EvidenceScreen(ModeScreen):
    """Shows a stored run's held-out predictions, one panel at a time; they are computed in a thread."""

    TABBED = True
    PANELS = ("Summary", "Reliability", "ROC", "Precision", "Threshold", "Confusion", "Slices")
    STOPS = (
        Stop("#evidence-summary", SUMMARY),
        Stop("#evidence-reliability", RELIABILITY),
        Stop("#evidence-roc", ROC),
        Stop("#evidence-precision", PRECISION),
        Stop("#evidence-threshold", THRESHOLD),
        Stop("ConfusionGrid", CONFUSION),
        Stop("SliceList", SLICES),
    )
    BINDINGS = [
        Binding("left", "step(-1)", "Move", key_display="← →", id="evidence.left"),
        Binding("right", "step(1)", "Next class, or a higher threshold", show=False, id="evidence.right"),
        Binding("f", "best_f1", "Best F1", id="evidence.f1"),
        Binding("c", "cost", "By cost", id="evidence.cost"),
        Binding("t", "temperature", "Temperature", id="evidence.temperature"),
        Binding("d", "default", "Reset to 0.5 and no temperature", show=False, id="evidence.default"),
        Binding("k", "keep", "Keep", id="evidence.keep"),
        Binding("enter", "open", "Samples", key_display="⏎", id="evidence.open"),
        Binding("Z", "whole", "The chart on the whole screen", show=False, id="evidence.whole"),
        Binding("escape", "back", "Back", id="evidence.back"),
    ]
    DEFAULT_CSS = """
    EvidenceScreen {
        #evidence-body { height: 1fr; }
        #evidence-body > * { display: none; height: 1fr; }
        #evidence-summary, SliceList { border: round $frame; padding: 0 1; background: $background; }
        #evidence-decision, #evidence-confusion { border: round $frame; background: $background; }
        #evidence-decision Static, #evidence-confusion Static { height: auto; max-height: 9; padding: 0 1; }
        &.-panel-0 #evidence-summary, &.-panel-1 #evidence-reliability, &.-panel-2 #evidence-roc,
        &.-panel-3 #evidence-precision, &.-panel-4 #evidence-decision, &.-panel-5 #evidence-confusion,
        &.-panel-6 #evidence-slices { display: block; }
        #evidence-line { height: 1; padding: 0 1; }
    }
    """

    def __init__(self, run: str) -> None:
        super().__init__()
        self.title = f"Evidence of run {run}"
        self.run = run
        self.found: Examined | None = None
        self.decision: Decision | None = None
        self._kept: Decision | None = None
        self._class = 0
        self._resting: Timer | None = None
        self._decide = Latest(self, self._decided, self._is_decided, daemon=True)
        self._weigh = Latest(self, self._reported, self._is_reported, daemon=True)

    def compose_body(self) -> ComposeResult:
        """Yield the panels, of which one is shown, and a line with the decision."""
        with Vertical(id="evidence-body"):
            yield Prose(id="evidence-summary")
            yield Chart(id="evidence-reliability")
            yield Chart(id="evidence-roc")
            yield Chart(id="evidence-precision")
            with Vertical(id="evidence-decision"):
                yield Chart(id="evidence-threshold")
                yield Static(id="threshold-classes")
            with Vertical(id="evidence-confusion"):
                yield ConfusionGrid()
                yield Static(id="confusion-classes")
            yield SliceList(id="evidence-slices")
        yield Static("reading the run ...", id="evidence-line", markup=False)

    def on_mount(self) -> None:
        """Read the run in a thread."""
        self.go_to_panel(SUMMARY)
        self.work(self._read, fills=True)

    def _read(self) -> None:
        from engine.runs.evidence import examine

        worker = get_current_worker()
        try:
            found = drain(
                examine(self.host.store, self.run),
                lambda step: self.call_later(self._say, count_done(step)),
                lambda: worker.is_cancelled,
            )
        except LeftError:
            return
        except EngineError as error:
            self.call_later(self._say, str(error), WARN)
        except Exception:  # for which the screen shows a warning
            self.call_later(self._say, "the run could not be read", WARN)
            raise
        else:
            self.call_later(self._begin, found)

    def _say(self, text: str, style: str = MUTED) -> None:
        self.query_one("#evidence-line", Static).update(Content.styled(plain(text), style))

    def _begin(self, found: Examined) -> None:
        self.found = found
        self.decision = self._kept = found.report.decision
        self.show_report()

    # Showing

    @property
    def answers(self) -> SplitOutputs | None:
        """The held-out outputs with the current decision."""
        if self.found is None or self.decision is None:
            return None
        return self.found.own.decided(self.decision)

    @property
    def decidable(self) -> bool:
        """Whether a threshold or a temperature can be chosen: for classes, on validation samples."""
        return self.found is not None and not self.found.own.regression and self.found.own.split == "validation"

    def show_report(self) -> None:
        """Show the report in all panels."""
        assert self.found is not None
        report = self.found.report
        lines = [*words.report(report), *words.baselines(self.found.baselines)]
        self.query_one("#evidence-summary", Prose).put(Content(plain("\n".join(lines), lines=True)))
        self.query_one(SliceList).show(report.slices)
        self.query_one(SliceList).border_title = _slices_words(len(report.slices))
        self._show_reliability(report)
        self._show_curves(report)
        self.show_decision()

    def _show_reliability(self, report: Report) -> None:
        chart = self.query_one("#evidence-reliability", Chart)
        chart.border_title = "Reliability: observed (up) against predicted (across)"
        if report.reliability is None:
            chart.show(charts.EMPTY)
            return
        picture, chart.border_subtitle = charts.reliability(report.reliability)
        chart.show(picture)

    def _show_curves(self, report: Report) -> None:
        count = len(report.curves)
        many = f" · {key_of(self, 'evidence.right')} next of {count} classes" if count > 1 else ""
        for name, title, of in (
            ("roc", "ROC: recall (up) against false positive rate (across)", charts.roc),
            ("precision", "Precision (up) against recall (across)", charts.precision_recall),
        ):
            chart = self.query_one(f"#evidence-{name}", Chart)
            chart.border_title = f"{title}{many}"
            picture, said = of(report.curves[self._class % count]) if count else (charts.EMPTY, "")
            chart.show(picture)
            chart.border_subtitle = Content(plain(said)).markup

    def show_decision(self) -> None:
        """Show the confusion matrix and the classes' values for the current threshold and temperature."""
        from engine.evaluation.class_table import class_table

        answers, decision = self.answers, self.decision
        if answers is None or decision is None:
            return
        self._say(self._decision_words(decision))
        self._show_threshold(answers, decision)
        if answers.regression:
            self.query_one("#confusion-classes", Static).update("a value is predicted: there are no classes")
            return
        table = class_table(answers)
        self.query_one(ConfusionGrid).show(table)
        self.query_one("#evidence-confusion").border_title = "Confusion: choose a cell to list its samples"
        lines = Content("\n").join([accuracy_line(table), *class_lines(table, self.size.width - 6)])
        for where in ("#threshold-classes", "#confusion-classes"):
            self.query_one(where, Static).update(lines)

    def _decision_words(self, decision: Decision) -> str:
        if not self.decidable:
            regression = self.answers is not None and self.answers.regression
            return "a value is predicted" if regression else "test samples: decide on the run it came from"
        how = "" if decision.by == "default" else f" by {decision.by}"
        kept = "" if decision == self._kept else f" · not kept yet: {key_of(self, 'evidence.keep')} keeps it"
        return f"threshold {decision.threshold:.3f}{how} · temperature {decision.temperature:.2f}{kept}"

    def _show_threshold(self, answers: SplitOutputs, decision: Decision) -> None:
        from engine.evaluation.thresholds import trade_off

        chart = self.query_one("#evidence-threshold", Chart)
        if not answers.binary:
            chart.show(replace(charts.EMPTY, hint="a threshold applies to two classes only"))
            return
        chart.show(charts.threshold_picture(trade_off(answers), decision.threshold))
        panel = self.query_one("#evidence-decision")
        named = Content.assemble(
            ("── precision", "$warning"), ("  ── recall", "$success"), ("  ── F1", "$primary"),
            f" of {plain(answers.labels[-1])} at each threshold",
        )  # fmt: skip
        panel.border_title = named.markup

    def on_resize(self) -> None:
        """Fit the classes' values to the new width."""
        self.show_decision()

    # Keys

    def action_step(self, step: int) -> None:
        """Move the threshold, or show the next class's curves."""
        if self.panel in (ROC, PRECISION) and self.found:
            self._class += step
            self._show_curves(self.found.report)
        elif self.panel == THRESHOLD and self._may_decide() and self.decision:
            value = min(max(round(self.decision.threshold + step * STEP, 3), 0.0), 1.0)
            self._take(replace(self.decision, threshold=value, by="hand"))

    def action_best_f1(self) -> None:
        """Choose the threshold with the highest F1 on the validation samples."""
        self._request("f1")

    def action_cost(self) -> None:
        """Ask for the cost of the two kinds of mistakes, and choose the threshold with the lowest cost."""
        if not self._may_decide():
            return

        hint = "the cost of a false positive and of a false negative, as in 1, 5"
        line = AskLine("Cost of mistakes", "1, 1", hint)
        self.ask(line, lambda text: self._request(f"cost:{text}") if text else None)

    def action_temperature(self) -> None:
        """Fit a temperature on the validation samples, or remove it."""
        if self._may_decide() and self.decision:
            if self.decision.temperature == 1:
                self._decide.ask((self.decision, None, True))
            else:
                self._take(replace(self.decision, temperature=1.0))

    def action_default(self) -> None:
        """Reset to threshold 0.5 and the network's own probabilities."""
        from engine.prediction.decision import Decision

        if self._may_decide():
            self._take(Decision())

    def action_keep(self) -> None:
        """Store the decision with the run, whose predictions and tests then use it."""
        if self._may_decide() and self.decision:
            self.work(self._write, self.decision, awaited=True)

    def _write(self, decision: Decision) -> None:
        from engine.runs.kept_decision import write_decision

        store = self.host.store
        write_decision(store, store.get(self.run), decision)
        self.call_later(self._is_kept, decision)

    def _is_kept(self, decision: Decision) -> None:
        self._kept = decision
        self.app.post_message(DecisionKept(self.run))
        self.notify(f"Kept with run {self.run}: threshold {decision.threshold:.3f}")
        self.show_decision()

    def _may_decide(self) -> bool:
        if self.found is not None and not self.decidable:
            self.warn("a threshold and a temperature are for classes, and chosen on validation samples only")
        return self.decidable

    def _request(self, threshold: str) -> None:
        if self._may_decide() and self.decision:
            self._decide.ask((self.decision, threshold, False))

    def _decided(self, request: Request) -> Decision:
        from engine.runs.kept_decision import decided

        assert self.found is not None
        return decided(self.found.own, *request)

    def _is_decided(self, _: Request, found: Decision | EngineError) -> None:
        if isinstance(found, EngineError):
            self.warn(found)
        else:
            self._take(found)

    def _take(self, decision: Decision) -> None:
        """Show the effects of another decision; slower ones are computed in a thread."""
        self.decision = decision
        self.show_decision()
        if self._resting:
            self._resting.stop()
        self._resting = self.set_timer(REST, lambda: self._weigh.ask(decision))

    def _reported(self, decision: Decision) -> Report:
        from engine.evaluation.report import report

        assert self.found is not None
        return report(self.found.own, self.found.dataset, decision)

    def _is_reported(self, decision: Decision, found: Report | EngineError) -> None:
        if self.found and decision == self.decision and not isinstance(found, EngineError):
            self.found = replace(self.found, report=found)
            self.show_report()

    @on(ConfusionGrid.Chosen)
    def _cell_chosen(self, message: ConfusionGrid.Chosen) -> None:
        answers = self.answers
        if answers is not None:
            true, predicted = (class_name(answers, number) for number in (message.true, message.predicted))
            mask = (answers.targets == message.true) & (answers.predicted == message.predicted)
            self._open(f"{true} predicted as {predicted}", answers, np.asarray(mask))

    @on(Rows.Chosen)
    def action_open(self) -> None:
        """List the samples of the slice under the cursor."""
        from engine.evaluation.slices import where

        answers, chosen = self.answers, self.query_one(SliceList).slice
        if self.panel == SLICES and answers is not None and chosen and self.found:
            self._open(chosen.name, answers, where(answers, self.found.dataset, chosen.name))

    def _open(self, title: str, answers: SplitOutputs, mask: NDArray[np.bool_]) -> None:
        assert self.found is not None
        chosen = Chosen(title, answers, self.found.dataset, mask, self.found.report.slices)
        self.app.push_screen(SamplesScreen(chosen))

    def action_whole(self) -> None:
        """Show the panel's chart full screen, or the panels again."""
        shown = {RELIABILITY: "reliability", ROC: "roc", PRECISION: "precision", THRESHOLD: "threshold"}
        if self.panel in shown:
            self.show_whole(self.query_one(f"#evidence-{shown[self.panel]}", Chart))

    def action_back(self) -> None:
        """Leave full screen, or else go back."""
        if self.maximized:
            self.minimize()
        else:
            self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the actions of the panel that is shown."""
        if not self.is_mounted:
            return True
        return self.panel in OFFERED[action] if action in OFFERED else True

    def show_panel(self, panel: int) -> None:
        """Show a panel and its keys."""
        super().show_panel(panel)
        self.refresh_bindings()


def _slices_words(count: int) -> str:
    """Return the title of the list of slices, with the gap to expect by chance among so many."""
    from engine.evaluation.chance import expected_maximum

    return (
        f"The worst slices first · the worst gap of {count} equal ones is {expected_maximum(count):.1f} by chance"
    )
