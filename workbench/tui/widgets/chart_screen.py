"""The keys that every screen with one chart over epochs shares."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.binding import Binding, BindingType

from workbench.tui.keymap import zoom_words
from workbench.tui.widgets.epoch_chart import EpochChart
from workbench.tui.widgets.mode_screen import ModeScreen


class ChartScreen(ModeScreen):
    """A screen with one :class:`EpochChart`: next metric, log axis, smoothing, cursor, zoom, whole screen."""

    chart = getters.query_one(EpochChart)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "metric", "Next metric in the chart", show=False, id="curves.metric"),
        Binding("l", "log", "Log axis", show=False, id="curves.log"),
        Binding("X", "time", "Epochs or seconds below the curves", show=False, id="curves.time"),
        Binding("m,M", "smooth", "Smooth the curves", show=False, id="curves.smooth"),
        Binding("left,less_than_sign", "epoch(-1)", "Values at the epoch before", show=False, id="curves.left"),
        Binding("right,greater_than_sign", "epoch(1)", "Values at the next epoch", show=False, id="curves.right"),
        Binding("z", "zoom", "Zoom: from, to, all", show=False, id="curves.zoom"),
        Binding("Z", "whole", "The chart on the whole screen", show=False, id="curves.whole"),
    ]

    def action_metric(self) -> None:
        """Shows the next metric."""
        self.chart.next_metric()

    def action_log(self) -> None:
        """Switches the log axis."""
        self.chart.toggle_log()

    def action_time(self) -> None:
        """Switches between epochs and seconds of training below the curves."""
        self.chart.toggle_time()

    def on_screen_resume(self) -> None:
        """The cursor stands where it was put in the charts of other screens."""
        self.chart.share_cursor(self.host.chart_cursor)

    def on_screen_suspend(self) -> None:
        """The charts of other screens have their cursor where this one has it."""
        self.host.chart_cursor = self.chart.cursor_to_share(self.host.chart_cursor)

    def action_smooth(self) -> None:
        """Switches smoothing."""
        self.chart.toggle_smooth()

    def action_epoch(self, step: int) -> None:
        """Moves the cursor over the epochs."""
        self.chart.move(step)

    def action_zoom(self) -> None:
        """Chooses a range of epochs, shows it, then shows all epochs again."""
        self.chart.zoom()
        if (begin := self.chart.choice.window.start) is not None:
            self.notify(f"from epoch {begin}: {zoom_words(self)}", title="Zoom", timeout=3, markup=False)

    def action_whole(self) -> None:
        """Shows the chart on the whole screen, or all panels again."""
        self.show_whole(self.chart)

    def leave_chart(self) -> bool:
        """Leaves the whole screen, else the cursor and the zoom; returns whether there was any of them."""
        if self.maximized:
            self.minimize()
            return True
        return self.chart.clear()
