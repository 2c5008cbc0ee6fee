"""Base class of charts over epochs: cursor, zoom, smoothing, log axis and choice of metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from engine.events import EpochEnded
from workbench.tui.widgets.chart import Chart, Line, Mark, Picture

SMOOTHING = 0.6
"""The weight of the past in the moving average of smoothed curves."""


@dataclass(frozen=True, slots=True)
class EpochWindow:
    """The epochs that a chart shows (all if ``span`` is None), and the cursor over them.

    ``start`` is the chosen first end of a range whose other end is still open.
    """

    cursor: int | None = None
    start: int | None = None
    span: tuple[int, int] | None = None

    def moved(self, step: int, last: int) -> EpochWindow:
        """Move the cursor; it appears at the last epoch, and disappears when moved before the first."""
        epoch = last if self.cursor is None else self.cursor + step
        return replace(self, cursor=min(epoch, last) if epoch >= 1 else None)

    def zoomed(self, last: int) -> EpochWindow:
        """Mark the cursor's epoch as one end of a range; at the second call zoom to the range; then show all
        epochs.
        """
        cursor = self.cursor
        if self.span:
            return replace(self, span=None, start=None)
        if cursor is None or self.start is None:
            return replace(self, cursor=cursor or last, start=cursor or last)
        if cursor == self.start:
            return self
        low, high = sorted((cursor, self.start))
        return replace(self, span=(low, high), start=None)

    def at(self, epoch: int, last: int) -> EpochWindow:
        """Put the cursor on an epoch, or on the last one if that epoch has not ended."""
        return replace(self, cursor=max(1, min(epoch, last)))

    def wheeled(self, epoch: int, step: int, last: int) -> EpochWindow:
        """Show fewer (1) or more (-1) epochs around one, which keeps its position; in the end all of them."""
        low, high = self.span or (1, max(last, 2))
        before = high - low
        after = max(before * 2 // 3, 2) if step > 0 else max(before * 3 // 2, before + 1)
        if after >= last - 1:
            return replace(self, span=None)
        start = round(epoch - (epoch - low) * after / before)
        start = max(1, min(start, last - after))
        return replace(self, span=(start, start + after))

    def marks(self) -> list[Mark]:
        """Return the marks of the cursor and of a chosen first end."""
        begin = [] if self.start is None else [Mark(self.start, "from", "accent")]
        return begin + ([] if self.cursor is None else [Mark(self.cursor, "", "foreground")])


ALL = EpochWindow()
"""All epochs, without a cursor."""


@dataclass(frozen=True, slots=True)
class Options:
    """How curves are shown: the metric (by index), the axes, smoothing, the epochs.

    ``timed`` draws them over the seconds of training instead of epochs.
    """

    metric: int = 0
    logarithmic: bool = False
    smooth: bool = False
    timed: bool = False
    window: EpochWindow = ALL


def elapsed(epochs: Sequence[EpochEnded]) -> dict[int, float]:
    """Return the seconds of training at the end of each epoch, by epoch number."""
    return dict(zip((one.epoch for one in epochs), accumulate(one.seconds for one in epochs), strict=True))


def over_seconds(picture: Picture, times: Sequence[Mapping[int, float]]) -> Picture:
    """Convert a picture over epochs to one over seconds; the marks are kept only for a single run.

    ``times`` are the seconds at the end of each epoch, for every run.
    """
    low, high = int(picture.low), int(picture.high)
    shown = [seconds for one in times for epoch, seconds in one.items() if low <= epoch <= high]
    here = times[0] if len(times) == 1 else {}
    marks = tuple(replace(mark, x=here[int(mark.x)]) for mark in picture.marks if int(mark.x) in here)
    first = min(shown, default=0.0) if low > 1 else 0.0
    return replace(picture, low=first, high=max(shown, default=1.0), marks=marks, whole=False)


def smoothed(values: Sequence[float]) -> list[float]:
    """Exponential moving average, corrected for its start at 0 (Kingma and Ba 2015, section 3); NaN stays."""
    smooth: list[float] = []
    mean, weight = 0.0, 0.0
    for value in values:
        if not math.isfinite(value):
            smooth.append(value)
            continue
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        smooth.append(mean / weight)
    return smooth


def drawn(line: Line, smooth: bool) -> tuple[Line, ...]:
    """Return the lines to draw for a line: if smoothed, also its original values, faintly behind."""
    if not smooth or not line.joined:
        return (line,)
    faint = replace(line, colour=f"{line.colour} 40%", points=False)
    return faint, replace(line, ys=tuple(smoothed(line.ys)))


class EpochCharts(Vertical):
    """Charts over the same epochs with a common cursor; subclasses implement :meth:`draw`."""

    options = Options()
    _shared: int | None = None

    def draw(self) -> None:
        """Draw the charts and the text beside them."""
        raise NotImplementedError

    @property
    def last_epoch(self) -> int:
        """The last epoch of any curve; 0 without curves."""
        raise NotImplementedError

    def choose(self, **changed: Any) -> None:
        """Show the curves with other options."""
        self.options = replace(self.options, **changed)
        self.draw()

    def toggle(self, option: str) -> None:
        """Toggle an option: ``logarithmic``, ``smooth`` or ``timed``."""
        self.choose(**{option: not getattr(self.options, option)})

    def next_metric(self) -> None:
        """Show the next metric."""
        self.choose(metric=self.options.metric + 1)

    def cursor_to_share(self, shared: int | None) -> int | None:
        """Return the cursor for other screens' charts: this chart's if it was moved, else the ``shared`` one."""
        cursor = self.options.window.cursor
        return shared if cursor == self._shared else cursor

    def share_cursor(self, cursor: int | None) -> None:
        """Put the cursor where it is in other screens' charts, or on the last epoch here."""
        last = self.last_epoch
        shown = self._shared = min(cursor, last) if cursor and last else None
        if shown != self.options.window.cursor:
            self.choose(window=replace(self.options.window, cursor=shown))

    def move(self, step: int) -> None:
        """Move the cursor by epochs; it appears at the last one, and disappears when moved before the first."""
        if last := self.last_epoch:
            self.choose(window=self.options.window.moved(step, last))

    def zoom(self) -> None:
        """Mark the cursor's epoch as one end of a range; at the second call zoom to the range; then show all
        epochs.
        """
        if last := self.last_epoch:
            self.choose(window=self.options.window.zoomed(last))

    @on(Chart.Clicked)
    def _clicked(self, message: Chart.Clicked) -> None:
        if last := self.last_epoch:
            self.choose(window=self.options.window.at(message.epoch, last))

    @on(Chart.Wheeled)
    def _wheeled(self, message: Chart.Wheeled) -> None:
        if last := self.last_epoch:
            self.choose(window=self.options.window.wheeled(message.epoch, message.step, last))

    def clear(self) -> bool:
        """Clear the cursor, a marked end and the zoom; return whether there were any."""
        there = self.options.window != ALL
        self.choose(window=ALL)
        return there


class EpochChart(EpochCharts):
    """One chart over epochs with its legend."""

    DEFAULT_CSS = """
    EpochChart {
        & > Chart { height: 1fr; min-height: 6; }
        & > Static { height: auto; max-height: 8; padding: 0 1; }
    }
    """
    ALLOW_MAXIMIZE = True

    def compose(self) -> ComposeResult:
        """Yield the chart and its legend."""
        yield Chart()
        yield Static()

    @property
    def options_text(self) -> str:
        """Describe how the curves are shown, for the title."""
        options = self.options
        words = ["log"] * options.logarithmic + ["smoothed"] * options.smooth + ["over seconds"] * options.timed
        return "".join(f" · {word}" for word in words)
