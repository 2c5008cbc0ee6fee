"""Bindings of the curves and reviews panels that work from every panel."""

from __future__ import annotations

from textual.binding import Binding

from workbench.tui.experiment.lazy_actions import dialogs
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.experiment.view import ExperimentView
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.system_panel import SystemPanel


class PanelKeys(ExperimentView):
    """Shows the panel that a key belongs to, and performs the key's action there."""

    BINDINGS = [
        Binding("left", "epoch(-1)", "Values at the previous epoch", show=False, id="curves.left"),
        Binding("right", "epoch(1)", "Values at the next epoch", show=False, id="curves.right"),
        Binding(
            "e", "curves('evaluated')", "Training curve: average or evaluated", show=False, id="curves.evaluated"
        ),
        Binding("l", "curves('logarithmic')", "Log axis", show=False, id="curves.log"),
        Binding("X", "curves('timed')", "Epochs or seconds below the curves", show=False, id="curves.time"),
        Binding("m", "curves('smooth')", "Smooth the curves", show=False, id="curves.smooth"),
        Binding("y", "curves('penalty')", "Show the penalty", show=False, id="curves.penalty"),
        Binding("h", "curves('before')", "Compare with the previous run", show=False, id="curves.before"),
        Binding("c", "metric", "Next metric", show=False, id="curves.metric"),
        Binding("z", "zoom", "Zoom: from, to, all", show=False, id="curves.zoom"),
        Binding("Z", "whole", "A chart on the whole screen", show=False, id="curves.whole"),
        Binding("M", "system", "CPU, memory and GPU", show=False, id="curves.system"),
        Binding("n", "review(1)", "Next review", show=False, id="reviews.next"),
        Binding("N", "review(-1)", "Previous review", show=False, id="reviews.previous"),
        Binding("t", "own(False)", "Type a review or a sample of your own", show=False, id="reviews.own"),
        Binding("T", "own(True)", "Change this review", show=False, id="reviews.change"),
        Binding("k", "filter", "Filter the reviews", show=False, id="reviews.filter"),
        Binding("v", "view", "View: text, histogram, classes", show=False, id="reviews.view"),
        Binding("i", "original", "Original text or as the network reads it", show=False, id="reviews.original"),
        Binding("escape", "clear", "Clear the cursor", show=False, id="curves.clear"),
    ]

    def bring_charts(self) -> None:
        """Show the curves."""
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
        """Show a chart full screen, then the next one, then all panels again."""
        self.bring(1)
        self.show_whole(*(chart for chart in self.query(Chart) if chart.parent is self.chart))

    def action_system(self) -> None:
        """Show or hide the CPU, memory and GPU usage."""
        if not self.query_one(SystemPanel).display:
            self.bring(1)
        self.query_one(SystemPanel).toggle()

    def action_clear(self) -> None:
        """Leave full screen, or else clear the curves' cursor and zoom."""
        self.leave_chart()

    def action_review(self, step: int) -> None:
        """Go to the next or the previous review."""
        self.bring(2)
        self.query_one(Reviews).list.action_cursor(step)

    def action_filter(self) -> None:
        """Choose which reviews to list."""
        self.bring(2)
        dialogs().filter_reviews(self)

    def action_own(self, real: bool) -> None:
        """Ask the network about a new text, or about an edited copy of the review under the cursor."""
        if real:
            self.bring(2)
        dialogs().own_review(self, real)

    def action_view(self) -> None:
        """Show the sample, a histogram of all predictions, or the classes."""
        self.bring(2)
        self.query_one(Reviews).next_view()

    def action_original(self) -> None:
        """Toggle between the original text and the one that the network reads."""
        self.bring(2)
        self.query_one(Reviews).toggle_original()
