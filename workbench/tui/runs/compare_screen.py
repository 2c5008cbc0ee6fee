"""Two runs side by side: settings that differ, curves, metrics, and the samples on which they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Static
from textual.worker import get_current_worker

from engine.errors import EngineError
from engine.system.drain import LeftError, drain
from engine.system.plain_text import plain
from workbench.text.describe import count_done
from workbench.tui.runs.chart import Entry, RunsChart
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.disagreements import DisagreementPanel
from workbench.tui.widgets.chart_screen import ChartScreen
from workbench.tui.widgets.mode_screen import Stop

if TYPE_CHECKING:
    from engine.runs.paired_runs import Comparison


class RunsCompare(ChartScreen):
    """Compares two stored runs, which are read in a thread; escape goes back."""

    PANELS = ("What differs", "Curves", "Samples")
    STOPS = (Stop("RunsDetails", 0), Stop("RunsChart", 1), Stop("DisagreementRows", 2))
    BINDINGS = [
        Binding("escape", "back", "Back", id="compare.back"),
        Binding("tab", "panel(1)", "Next panel", id="panel.next"),
    ]
    DEFAULT_CSS = """
    RunsCompare {
        RunsDetails, RunsChart > Chart, DisagreementPanel {
            border: round $frame; background: $background;
        }
        RunsDetails:focus, DisagreementPanel:focus-within { border: round $accent; }
        #compare-above { height: 1fr; }
        #compare-verdict { height: auto; padding: 0 1; }
        RunsDetails, RunsChart { width: 1fr; }
        DisagreementPanel { height: 1fr; }
    }
    RunsCompare.-narrow {
        #compare-above, RunsDetails, RunsChart, DisagreementPanel { display: none; }
        &.-panel-0 #compare-above, &.-panel-0 RunsDetails { display: block; }
        &.-panel-1 #compare-above, &.-panel-1 RunsChart { display: block; }
        &.-panel-2 DisagreementPanel { display: block; }
    }
    """

    def __init__(self, first: str, second: str) -> None:
        super().__init__()
        self.title = f"Run {first} and run {second}"
        self.runs = (first, second)

    def compose_body(self) -> ComposeResult:
        """Yield the differences and the curves above, the samples below."""
        with Horizontal(id="compare-above"):
            yield RunsDetails()
            yield RunsChart()
        yield Static("comparing ...", id="compare-verdict", markup=False)
        yield DisagreementPanel()

    def on_mount(self) -> None:
        """Read the runs, then predict the samples that neither was trained on."""
        self.go_to_panel(0)
        self.work(self._read)

    def _read(self) -> None:
        from engine.runs.group_comparison import disagreements
        from engine.runs.paired_runs import compare_runs

        worker, panel = get_current_worker(), self.query_one(DisagreementPanel)
        try:
            store = self.host.store
            entries = [Entry(f"run:{run}", index, (store.get(run),)) for index, run in enumerate(self.runs)]
            self.call_later(self._show, entries)
            steps = disagreements(store, *self.runs)
            found = drain(
                steps, lambda step: self.call_later(panel.tell, count_done(step)), lambda: worker.is_cancelled
            )
            self.call_later(panel.show, found)
            steps_of_tests = compare_runs(store, [store.get(run) for run in self.runs])
            tested = drain(steps_of_tests, lambda _: None, lambda: worker.is_cancelled)
            self.call_later(self._show_verdict, tested)
        except LeftError:
            return
        except EngineError as error:
            self.call_later(panel.tell, str(error), True)
            self.call_later(self._show_verdict, None)
        except Exception:  # for which the screen shows a warning
            self.call_later(panel.tell, "the runs could not be compared", True)
            self.call_later(self._show_verdict, None)
            raise

    def _show(self, entries: list[Entry]) -> None:
        self.query_one(RunsDetails).show(entries)
        self.query_one(RunsChart).show(entries)

    def _show_verdict(self, found: Comparison | None) -> None:
        """Show whether the difference is more than chance; nothing if it could not be tested."""
        lines = [f"{one.metric}: {one.verdict}" for one in found.tests] if found else []
        notes = list(found.notes) if found else []
        verdict = self.query_one("#compare-verdict", Static)
        verdict.update(plain("\n".join([*lines, *notes]), lines=True))
        verdict.display = bool(lines or notes)

    def action_back(self) -> None:
        """Leave the chart, or else go back to the runs."""
        if not self.leave_chart():
            self.dismiss()
