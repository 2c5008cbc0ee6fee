"""A line chart drawn by plotext; only rows that change are repainted.

Redrawing takes about 3 ms at 60x14. Unchanged rows are not sent, so axis limits move in steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text
from textual import events
from textual.color import Color, ColorParseError
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from workbench.text.numbers import axis_label
from workbench.tui.widgets.partial_repaint import rendered

if TYPE_CHECKING:
    from types import ModuleType as Plot

Point = tuple[float, float]

POINT, BESIDE, LEVEL, OTHER_LEVEL = "●", "┊", "╌", "┈"
"""The marks of a line's points, of an epoch and of two levels, which can be told apart without colours."""


APART = 3
"""The minimum distance in columns between two points of a line: closer ones would hide it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of values; NaN leaves a gap. ``points`` puts a ``marker`` on as many points as do not hide the line.

    If not ``joined``, every point is drawn alone, in any order. ``colour`` is a theme colour, optionally with
    percentages ("primary 40%"), which multiply.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    colour: str
    points: bool = False
    joined: bool = True
    marker: str = POINT


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at ``x`` with a short label at its top."""

    x: float
    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line at ``y``; different ``marker`` characters tell levels apart."""

    y: float
    marker: str = LEVEL


@dataclass(frozen=True, slots=True)
class Picture:
    """The contents of a chart; equal pictures look the same, and are not drawn again.

    ``logarithmic`` draws the values above 0 on a log axis. ``ticks`` are labels on the x axis; without them it is
    labelled with numbers, integers if ``whole``.
    """

    lines: tuple[Line, ...]
    low: float
    high: float
    marks: tuple[Mark, ...] = ()
    levels: tuple[Level, ...] = ()
    logarithmic: bool = False
    whole: bool = True
    hint: str = ""
    ticks: tuple[tuple[float, str], ...] = ()


class Chart(Widget):
    """Draws a :class:`Picture`; no value and no error in plotext crashes the app."""

    ALLOW_MAXIMIZE = True

    @dataclass
    class Clicked(Message):
        """An epoch was clicked."""

        epoch: int

    @dataclass
    class Wheeled(Message):
        """The mouse wheel was turned over an epoch: away from the user (1) or towards them (-1)."""

        epoch: int
        step: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.picture = Picture((), 1, 2)
        self._lines: list[Strip] = []
        self._drawn: tuple[object, ...] = ()
        self._axis: tuple[float, float] | None = None
        self._columns: tuple[int, int] | None = None

    def level_sign(self, level: Level) -> str:
        """Return a level's sign for the legend: its marker, or the direction if it is beyond the axis."""
        y = _value(level.y, self.picture.logarithmic)
        if y is None or not self._axis:
            return level.marker * 2
        bottom, top = self._axis
        return "↑" if y > top else "↓" if y < bottom else level.marker * 2

    def show(self, picture: Picture) -> None:
        """Show another picture, repainting the rows that differ."""
        self.picture = picture
        self.redraw()

    def on_mount(self) -> None:
        """Redraw in other colours when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.redraw())

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self.redraw()

    def epoch_at(self, column: int) -> int | None:
        """Return the epoch drawn in a column of the chart; None outside the axes, and without epochs."""
        if self._columns is None or not self._lines:
            return None
        left, count = self._columns
        share = (column - left) / max(count - 1, 1)
        low, high = self.picture.low, self.picture.high
        return round(low + share * (high - low)) if 0 <= share <= 1 else None

    def on_click(self, event: events.Click) -> None:
        """Post the epoch under the mouse."""
        offset = event.get_content_offset(self)
        if offset and (epoch := self.epoch_at(offset.x)) is not None:
            self.post_message(self.Clicked(epoch))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Post the turn of the wheel."""
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Post the turn of the wheel."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        offset = event.get_content_offset(self)
        if offset and (epoch := self.epoch_at(offset.x)) is not None:
            event.stop()
            self.post_message(self.Wheeled(epoch, step))

    def redraw(self) -> None:
        """Redraw if the picture, the size or the colours have changed."""
        width, height = self.size
        wanted = (self.picture, width, height, self.app.theme)
        if not width or not height or wanted == self._drawn:
            return
        self._drawn = wanted
        before, self._lines = self._lines, self._draw(width, height)
        if len(before) != len(self._lines):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, width, 1))

    def render_line(self, y: int) -> Strip:
        """Return one row of the drawing."""
        style = self.visual_style.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, style)
        return self._lines[y].apply_style(style).adjust_cell_length(self.size.width, style)

    def _draw(self, width: int, height: int) -> list[Strip]:
        self._columns = None
        lines = tuple(
            line for line in (_clean(line, self.picture.logarithmic) for line in self.picture.lines) if line
        )
        if not lines:
            return self._words(self.picture.hint, width, height)
        if width < 20 or height < 5:
            return self._words("too small to draw", width, height)
        try:
            return self._plot(lines, width, height)
        except Exception as error:  # plotext failed
            from workbench.terminal.streams import log_exception

            log_exception(error)
            return self._words(f"cannot be drawn: {error}", width, height)

    def _words(self, text: str, width: int, height: int) -> list[Strip]:
        blank = [Strip.blank(width)] * max(height // 2 - 1, 0)
        words = rendered(self, Content.styled(text, "$foreground-muted").center(width), width)
        return (blank + [words] + [Strip.blank(width)] * height)[:height]

    def _plot(self, lines: Sequence[Line], width: int, height: int) -> list[Strip]:
        import plotext as plot  # plotext has one global figure, used only by the screen's thread

        picture, inner = self.picture, max(width - 7, 1)
        plot.clear_figure()
        plot.limit_size(False, False)
        labels = _positioned(picture, inner) if height > 6 else []
        label_rows = max((label.row for label in labels), default=-1) + 1
        height -= label_rows
        plot.plotsize(width, height)
        plot.theme("clear")
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        ticks = _y_ticks(lines, picture, height)
        self._axis = bottom, top = ticks[0][0], ticks[-1][0]
        for level in picture.levels:
            self._plot_level(plot, level, bottom, top, inner)
        for mark in picture.marks:
            if picture.low <= mark.x <= picture.high:
                self._plot_mark(plot, mark, bottom, top, height)
        for line in lines:
            self._plot_line(plot, line, inner)
        plot.xlim(picture.low, picture.high)
        plot.ylim(bottom, top)
        ticks_below = picture.ticks or _number_ticks(picture, inner)
        plot.xticks([x for x, _ in ticks_below], [label for _, label in ticks_below])
        plot.yticks([position for position, _ in ticks], [label for _, label in ticks])
        drawn = Text.from_ansi(plot.build()).split("\n")[:height]
        console = self.app.console
        left = max(len(label) for _, label in ticks) + 1
        self._columns = (left, width - left) if picture.whole else None
        above = [self._label_row(labels, row, left, width) for row in range(label_rows)]
        return [*above, *(Strip(line.render(console, end="")) for line in drawn)]

    def _plot_line(self, plot: Plot, line: Line, columns: int) -> None:
        low, high, colour = self.picture.low, self.picture.high, self._colour(line.colour)
        if not line.joined:
            plot.scatter(*_unzipped(_within(line, low, high)), marker=line.marker, color=colour)
            return
        points = _thin(line, low, high, columns)
        if len(points) > 1:
            plot.plot(*_unzipped(points), marker="braille", color=colour)
        if line.points or len(points) == 1:
            apart = _spread(points, (high - low) / columns * APART)
            plot.scatter(*_unzipped(apart), marker=line.marker, color=colour)

    def _label_row(self, labels: Sequence[Label], row: int, left: int, width: int) -> Strip:
        """Return one line above the plot, with the labels of the marks at their columns, so that none covers a
        curve.
        """
        line = Content("")
        for label in sorted((label for label in labels if label.row == row), key=lambda label: label.start):
            line = line.pad_right(max(left + label.start - line.cell_length, 0))
            line += Content.styled(label.mark.label, f"${label.mark.colour}")
        return rendered(self, line.truncate(width, pad=True), width)

    def _plot_level(self, plot: Plot, level: Level, bottom: float, top: float, columns: int) -> None:
        picture, y = self.picture, _value(level.y, self.picture.logarithmic)
        if y is None or not bottom <= y <= top:
            return
        count = 2 * columns  # rounding skips no column
        step = (picture.high - picture.low) / (count - 1)
        xs = [picture.low + step * position for position in range(count)]
        plot.scatter(xs, [y] * count, marker=level.marker, color=self._colour("foreground-muted"))

    def _plot_mark(self, plot: Plot, mark: Mark, bottom: float, top: float, height: int) -> None:
        line = (top - bottom) / max(height - 3, 1)
        ys = [bottom + line * position for position in range(height - 2)]
        plot.scatter([mark.x] * len(ys), ys, marker=BESIDE, color=self._colour(mark.colour))

    def _colour(self, name: str) -> tuple[int, int, int] | str:
        """Return a theme colour for plotext, by name if the theme uses the terminal's palette."""
        variables = self.app.theme_variables
        base, *shares = name.removeprefix("$").split(" ")
        value = variables.get(base, base)
        if value.startswith("ansi_"):
            bare = value.removeprefix("ansi_").removeprefix("bright_").partition(" ")[0]
            bright = "+" if "bright_" in value and bare not in ("white", "black") else ""
            return {"default": "white", "yellow": "orange"}.get(bare, bare) + bright
        try:
            colour = Color.parse(value)
            alpha = colour.a * math.prod(float(share.rstrip("%")) / 100 for share in shares)
            return Color.parse(variables["background"]).blend(colour, alpha, 1).rgb
        except ColorParseError:
            return "white"


class Label(NamedTuple):
    """The position of a mark's label: its row above the plot, and its first column."""

    mark: Mark
    row: int
    start: int

    @property
    def end(self) -> int:
        """The column after its last one."""
        return self.start + len(self.mark.label)


def _positioned(picture: Picture, columns: int) -> list[Label]:
    """Place the labels of the visible marks to the right or left of their lines, in as few rows as possible."""
    marks = [mark for mark in picture.marks if mark.label and picture.low <= mark.x <= picture.high]
    at = [round((mark.x - picture.low) / (picture.high - picture.low) * (columns - 1)) for mark in marks]
    arranged = [_arranged(marks, at, sides, columns) for sides in product((False, True), repeat=len(marks))]
    return min(arranged, key=lambda labels: max((label.row for label in labels), default=0))


def _arranged(marks: Sequence[Mark], at: Sequence[int], left: Sequence[bool], columns: int) -> list[Label]:
    positioned: list[Label] = []
    for mark, column, is_left in zip(marks, at, left, strict=True):
        size = len(mark.label)
        start = min(max(column - size + 1 if is_left else column, 0), max(columns - size, 0))
        row = 0
        while any(
            row == other.row and start < other.end + 2 and other.start < start + size + 2 for other in positioned
        ):
            row += 1
        positioned.append(Label(mark, row, start))
    return positioned


def _value(value: float, logarithmic: bool) -> float | None:
    """Return a value's position on the axis; None if it cannot be drawn."""
    if not math.isfinite(value) or abs(value) > 1e100:
        return None
    if not logarithmic:
        return value
    return math.log10(value) if value > 0 else None


def _clean(line: Line, logarithmic: bool) -> Line | None:
    """Return the line without values that cannot be drawn; None if nothing is left."""
    pairs = [
        (x, position)
        for x, y in zip(line.xs, line.ys, strict=True)
        if (position := _value(y, logarithmic)) is not None
    ]
    if not pairs:
        return None
    xs, ys = zip(*pairs, strict=True)
    return replace(line, xs=xs, ys=ys)


def _within(line: Line, low: float, high: float) -> list[Point]:
    return [(x, y) for x, y in zip(line.xs, line.ys, strict=True) if low <= x <= high]


def _unzipped(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _thin(line: Line, low: float, high: float, columns: int) -> list[Point]:
    """Reduce a line between ``low`` and ``high`` to at most two points a column: its lowest and its highest.

    A point's column depends only on the point, so that further points change only their own columns.
    """
    points = _within(line, low, high)
    if len(points) <= 2 * columns:
        return points
    parts: dict[int, list[Point]] = {}
    for x, y in points:
        column = min(int((x - low) / (high - low) * columns), columns - 1)
        parts.setdefault(column, []).append((x, y))
    height = itemgetter(1)
    return [point for part in parts.values() for point in sorted({min(part, key=height), max(part, key=height)})]


def _spread(points: Sequence[Point], apart: float) -> list[Point]:
    """Drop points that are closer than ``apart`` to the one before."""
    kept: list[Point] = []
    for x, y in points:
        if not kept or x - kept[-1][0] >= apart * 0.999:
            kept.append((x, y))
    return kept


def _nice(low: float, high: float, count: int) -> list[float]:
    """Return round numbers from at most ``low`` to at least ``high``, about ``count`` steps apart."""
    if not high > low:
        pad = abs(low) * 0.1 or 0.1
        low, high = low - pad, high + pad
    rough = (high - low) / max(count, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    return [position * step for position in range(first, last + 1)]


def _y_ticks(lines: Sequence[Line], picture: Picture, height: int) -> list[tuple[float, str]]:
    """Return positions and labels of the left axis's ticks; the first and the last are the ends of the axis."""
    shown = [y for line in lines for _, y in _within(line, picture.low, picture.high)] or [0.0, 1.0]
    low, high = min(shown), max(shown)
    if picture.logarithmic:
        return _powers(low, high, height)
    positions = _nice(low, high, max(min(height // 2 - 1, 5), 2))
    step = positions[1] - positions[0]
    digits = max(0, min(6, -math.floor(math.log10(step) + 1e-9) + (1 if f"{step:.1e}".startswith("2.5") else 0)))
    large = max(abs(positions[0]), abs(positions[-1])) >= 1e6
    return [(position, axis_label(position, 0 if large else digits).rjust(5)) for position in positions]


def _powers(low: float, high: float, height: int) -> list[tuple[float, str]]:
    """Return ticks at powers of ten that cover the logarithms ``low`` to ``high``, few enough for the height."""
    first, last = math.floor(low + 1e-9), math.ceil(high - 1e-9)
    last = max(last, first + 1)
    step = -(-(last - first) // max(height // 2 - 1, 1))
    last = first + -(-(last - first) // step) * step
    return [
        (float(power), axis_label(10.0**power, 0) if power >= 0 else f"{10.0**power:g}")
        for power in range(first, last + 1, step)
    ]


def _number_ticks(picture: Picture, columns: int) -> Sequence[tuple[float, str]]:
    low, high = picture.low, picture.high
    found = x_ticks(low, high, columns) if picture.whole else _nice(low, high, 5)
    return [(tick, f"{tick:g}") for tick in found]


def x_ticks(low: float, high: float, columns: int) -> list[int]:
    """Return integers from ``low`` to ``high``, few enough for their labels to fit side by side."""
    first, last = math.ceil(low), math.floor(high)
    room = max(columns // 8, 2)
    step = next(
        (
            factor * 10**power
            for power in range(9)
            for factor in (1, 2, 5)
            if (last - first) / (factor * 10**power) <= room
        ),
        1,
    )
    middle = [tick for tick in range(step, last + 1, step) if tick > first and last - tick >= step / 2]
    return [first, *middle, last] if last > first else [first]
