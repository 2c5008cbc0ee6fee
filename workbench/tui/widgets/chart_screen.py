"""Keys shared by the screens with charts over epochs."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.binding import Binding, BindingType

from workbench.tui.keymap import zoom_words
from workbench.tui.widgets.epoch_chart import EpochCharts
from workbench.tui.widgets.mode_screen import ModeScreen


class EpochScreen(ModeScreen):
    """A screen with charts over epochs: display options, metric, zoom, and a cursor shared with other screens."""

    chart = getters.query_one(EpochCharts)

    def bring_charts(self) -> None:
        """Show the charts, if keys work from panels that hide them; nothing by default."""

    def on_screen_resume(self) -> None:
        """Take over the cursor from the charts of other screens."""
        self.chart.share_cursor(self.host.chart_cursor)

    def on_screen_suspend(self) -> None:
        """Pass the cursor on to the charts of other screens."""
        self.host.chart_cursor = self.chart.cursor_to_share(self.host.chart_cursor)

    def action_curves(self, option: str) -> None:
        """Toggle a display option of the curves."""
        self.bring_charts()
        self.chart.toggle(option)

    def action_metric(self) -> None:
        """Show the next metric."""
        self.chart.next_metric()

    def action_epoch(self, step: int) -> None:
        """Move the cursor over the epochs."""
        self.bring_charts()
        self.chart.move(step)

    def action_zoom(self) -> None:
        """Choose the start of a range of epochs, then its end and zoom to it, then show all epochs again."""
        self.bring_charts()
        self.chart.zoom()
        if (begin := self.chart.options.window.start) is not None:
            self.notify(f"from epoch {begin}: {zoom_words(self)}", title="Zoom", timeout=3, markup=False)

    def leave_chart(self) -> bool:
        """Leave full screen, or else clear cursor and zoom; return whether there was anything to leave."""
        if self.maximized:
            self.minimize()
            return True
        return self.chart.clear()


class ChartScreen(EpochScreen):
    """A screen with one chart over epochs: next metric, log axis, smoothing, cursor, zoom, full screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "metric", "Next metric in the chart", show=False, id="curves.metric"),
        Binding("l", "curves('logarithmic')", "Log axis", show=False, id="curves.log"),
        Binding("X", "curves('timed')", "Epochs or seconds below the curves", show=False, id="curves.time"),
        Binding("m,M", "curves('smooth')", "Smooth the curves", show=False, id="curves.smooth"),
        Binding("left,less_than_sign", "epoch(-1)", "Values at the previous epoch", show=False, id="curves.left"),
        Binding("right,greater_than_sign", "epoch(1)", "Values at the next epoch", show=False, id="curves.right"),
        Binding("z", "zoom", "Zoom: from, to, all", show=False, id="curves.zoom"),
        Binding("Z", "whole", "The chart on the whole screen", show=False, id="curves.whole"),
    ]

    def action_whole(self) -> None:
        """Show the chart full screen, or all panels again."""
        self.show_whole(self.chart)
