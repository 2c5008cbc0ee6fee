"""Bindings of the curves and reviews panels that work from anywhere on the screen."""

from __future__ import annotations

from textual.binding import Binding

from workbench.tui.experiment.lazy_actions import dialogs
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.experiment.view import ExperimentView
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.system_panel import SystemPanel


class PanelKeys(ExperimentView):
    """Brings the panel that a key is about into sight, and does there what the key says."""

    BINDINGS = [
        Binding("left", "epoch(-1)", "Values at the epoch before", show=False, id="curves.left"),
        Binding("right", "epoch(1)", "Values at the next epoch", show=False, id="curves.right"),
        Binding(
            "e", "curves('evaluated')", "Training curve: average or evaluated", show=False, id="curves.evaluated"
        ),
        Binding("l", "curves('logarithmic')", "Log axis", show=False, id="curves.log"),
        Binding("X", "curves('timed')", "Epochs or seconds below the curves", show=False, id="curves.time"),
        Binding("m", "curves('smooth')", "Smooth the curves", show=False, id="curves.smooth"),
        Binding("y", "curves('penalty')", "Show the penalty", show=False, id="curves.penalty"),
        Binding("h", "curves('before')", "Compare with the run before", show=False, id="curves.before"),
        Binding("c", "metric", "Next metric", show=False, id="curves.metric"),
        Binding("z", "zoom", "Zoom: from, to, all", show=False, id="curves.zoom"),
        Binding("Z", "whole", "A chart on the whole screen", show=False, id="curves.whole"),
        Binding("M", "system", "CPU, memory and GPU", show=False, id="curves.system"),
        Binding("n", "review(1)", "Next review", show=False, id="reviews.next"),
        Binding("N", "review(-1)", "Previous review", show=False, id="reviews.previous"),
        Binding("t", "own(False)", "Type a review or a sample of your own", show=False, id="reviews.own"),
        Binding("T", "own(True)", "Change this review", show=False, id="reviews.change"),
        Binding("k", "filter", "Keep only some reviews", show=False, id="reviews.filter"),
        Binding("v", "view", "View: text, histogram, classes", show=False, id="reviews.view"),
        Binding("i", "original", "Original text or as the network reads it", show=False, id="reviews.original"),
        Binding("escape", "clear", "Leave the cursor", show=False, id="curves.clear"),
    ]

    def bring_charts(self) -> None:
        """Bring the curves into sight."""
        self.bring(1)

    def action_metric(self) -> None:
        """Show the next metric."""
        self.bring(1)
        metrics = self.snapshot.experiment.training.metrics
        if len(metrics) > 1:
            self.chart.next_metric()
        else:
            self.notify(f"{metrics[0]} is the only metric." if metrics else "There is no metric.", markup=False)

    def action_whole(self) -> None:
        """Shows a chart on the whole screen, then the next one, then all panels again."""
        self.bring(1)
        self.show_whole(*(chart for chart in self.query(Chart) if chart.parent is self.chart))

    def action_system(self) -> None:
        """Show what this process and the machine take, or no longer."""
        if not self.query_one(SystemPanel).display:
            self.bring(1)
        self.query_one(SystemPanel).toggle()

    def action_clear(self) -> None:
        """Leaves the whole screen; else takes the cursor off the curves."""
        self.leave_chart()

    def action_review(self, step: int) -> None:
        """Go to the next or the previous review."""
        self.bring(2)
        self.query_one(Reviews).list.action_cursor(step)

    def action_filter(self) -> None:
        """Choose which reviews are listed."""
        self.bring(2)
        dialogs().filter_reviews(self)

    def action_own(self, real: bool) -> None:
        """Ask the network about a text of one's own, or about the review under the cursor, to be changed."""
        if real:
            self.bring(2)
        dialogs().own_review(self, real)

    def action_view(self) -> None:
        """Show the sample, a histogram of all answers, or the classes."""
        self.bring(2)
        self.query_one(Reviews).next_view()

    def action_original(self) -> None:
        """Show the original text, or the one that the network reads."""
        self.bring(2)
        self.query_one(Reviews).toggle_original()
