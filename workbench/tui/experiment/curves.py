"""The curves of a run: losses without penalties above, a metric below."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content

from engine.events import EpochEnded
from workbench.text.numbers import metric_name, number
from workbench.tui.keymap import key_of
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.widgets.after_keys import after_keys
from workbench.tui.widgets.chart import BESIDE, OTHER_LEVEL, Chart, Level, Line, Mark, Picture
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.epoch_chart import ALL, SMOOTHING, EpochCharts, Options, drawn, elapsed, over_seconds
from workbench.tui.widgets.partial_repaint import set_titles
from workbench.tui.widgets.system_panel import SystemPanel

TRAIN, VALIDATION, PENALTY, BEFORE = "primary", "warning", "secondary", "warning 50%"
"""The colours of the lines."""

NOTHING: Mapping[str, float] = MappingProxyType({})

SHORT = {"baseline": "base", "linear": "lin"}

LEVEL_WORDS: tuple[Callable[[str, Level], str], ...] = (
    lambda label, level: f"{label} {number(level.y, 3)}",
    lambda label, level: f"{SHORT[label]} {number(level.y, 3)}",
    lambda label, level: f"{SHORT[label]} {number(level.y, 2).removeprefix('0')}",
    lambda label, _: SHORT[label],
)
"""Labels of a level in a title, longest first: the first that fits is used."""

LONG = 100
"""The number of epochs up to which the axis shows all planned epochs from the start."""


@dataclass(frozen=True, slots=True)
class RunOptions(Options):
    """How the curves of a run are shown; changed by keys, and named in the charts' titles."""

    evaluated: bool = False
    penalty: bool = False
    before: bool = True


class Curves(EpochCharts, can_focus=True):
    """Two charts over the same epochs, with a common cursor.

    Their keys are bindings of the screen, which work from every panel; repeated here for the footer.
    """

    BINDINGS = [
        Binding("left", "screen.epoch(-1)", "Values", key_display="← →", id="curves.left"),
        Binding("z", "screen.zoom", "Zoom", id="curves.zoom"),
        Binding("e", "screen.curves('evaluated')", "Evaluated", id="curves.evaluated"),
    ]

    options = RunOptions()
    _snapshot: Snapshot | None = None
    _overfits: int | None = None
    _before: Snapshot | None = None
    _linear: Mapping[str, float] = NOTHING

    def compose(self) -> ComposeResult:
        """Yield the chart of the loss, that of a metric, and the system panel."""
        yield Chart(id="loss")
        yield Chart(id="metric")
        yield SystemPanel()

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self.draw()

    def show(
        self,
        snapshot: Snapshot,
        overfits: int | None,
        before: Snapshot | None = None,
        linear: Mapping[str, float] = NOTHING,
    ) -> None:
        """Show a run; ``overfits`` is the epoch where overfitting begins, by the engine's rule.

        ``before`` is a run to compare it with: its validation curve is drawn faintly if the two are comparable.
        ``linear`` are a linear model's values on the validation samples, by history name.
        """
        if self._snapshot is None or self._snapshot.experiment.training != snapshot.experiment.training:
            self.options = replace(self.options, window=ALL)
        self._snapshot, self._overfits, self._before, self._linear = snapshot, overfits, before, linear
        self._draw_loss()
        after_keys(self, self._draw_metric)

    def draw(self) -> None:
        """Draw both charts with the current options."""
        self._draw_loss()
        self._draw_metric()

    def _draw_loss(self) -> None:
        if self._snapshot:
            self._draw_one(self.query_one("#loss", Chart), self._snapshot, "loss")

    def _draw_metric(self) -> None:
        if (snapshot := self._snapshot) is None:
            return
        metric, metrics = self.query_one("#metric", Chart), snapshot.experiment.training.metrics
        metric.display = bool(metrics)
        if metrics:
            self._draw_one(metric, snapshot, metrics[self.options.metric % len(metrics)])

    @property
    def last_epoch(self) -> int:
        """The last epoch that has ended; 0 if none has."""
        snapshot = self._snapshot
        return snapshot.epochs[-1].epoch if snapshot and snapshot.epochs else 0

    def _draw_one(self, chart: Chart, snapshot: Snapshot, name: str) -> None:
        lines = self._lines(snapshot, name)
        low, high = self.options.window.span or (1, _last_shown(snapshot))
        levels = self._levels(snapshot, name)
        hint = (
            ""
            if snapshot.epochs
            else "the curves appear here, epoch by epoch"
            if snapshot.run
            else f"{key_of(self, 'run.start')} runs the experiment"
        )
        back_to_front = sorted((line for _, line in lines), key=lambda line: line.colour != BEFORE)
        picture = Picture(
            tuple(part for line in back_to_front for part in drawn(line, self.options.smooth)),
            low,
            high,
            tuple(self._marks(snapshot)),
            tuple(levels.values()),
            self.options.logarithmic and name == "loss",
            hint=hint,
        )
        chart.show(over_seconds(picture, [elapsed(snapshot.epochs)]) if self.options.timed else picture)
        set_titles(chart, self._title(chart, name, lines, levels), self._subtitle(snapshot, lines))

    def _levels(self, snapshot: Snapshot, name: str) -> dict[str, Level]:
        """Return the levels that the curves should beat: a constant prediction, and a linear model."""
        constant = snapshot.started.baselines.get(name) if snapshot.started else None
        linear = self._linear.get(f"val_{name}")
        found = {} if constant is None else {"baseline": Level(constant)}
        return found if linear is None else found | {"linear": Level(linear, OTHER_LEVEL)}

    def _lines(self, snapshot: Snapshot, name: str) -> list[tuple[str, Line]]:
        epochs = snapshot.epochs
        evaluated = self.options.evaluated and any(f"eval_{name}" in ended.logs for ended in epochs)
        sources = [("train", f"eval_{name}" if evaluated else name, TRAIN, False)]
        if not epochs or any("val_loss" in ended.logs for ended in epochs):
            sources.append(("val", f"val_{name}", VALIDATION, True))
        if name == "loss" and self.options.penalty:
            sources.append(("penalty", "penalty", PENALTY, False))
        lines = [(label, self._line(epochs, key, colour, points)) for label, key, colour, points in sources]
        if (before := self._before) and self.options.before and _comparable(before, snapshot, name):
            line = replace(self._line(before.epochs, f"val_{name}", BEFORE, True), marker="∙")
            lines.append((f"run {before.run}", line))
        return lines

    def _line(self, epochs: Sequence[EpochEnded], key: str, colour: str, points: bool) -> Line:
        ys = [ended.logs.get(key, math.nan) for ended in epochs]
        xs = elapsed(epochs).values() if self.options.timed else (float(ended.epoch) for ended in epochs)
        return Line(tuple(xs), tuple(ys), colour, points)

    def _marks(self, snapshot: Snapshot) -> list[Mark]:
        marks = []
        best = snapshot.best_epoch
        if best is not None:
            marks.append(Mark(best, f"best {best}", "success"))
        if self._overfits is not None and self._overfits != best:
            marks.append(Mark(self._overfits, "overfits", "error"))
        return marks + self.options.window.marks()

    def _title(
        self, chart: Chart, name: str, lines: Sequence[tuple[str, Line]], levels: Mapping[str, Level]
    ) -> Content:
        words = [Content(metric_name(name, self.size.width < 60))]
        epochs = self._snapshot.epochs if self._snapshot else ()
        options = self.options
        ways = [("log", options.logarithmic and name == "loss"), (f"smoothed {SMOOTHING:g}", options.smooth)]
        ways.append(("over seconds", options.timed))
        words += [Content.styled(word, "italic") for word, on in ways if on]
        for label, line in lines:
            mark = f"─{line.marker}─" if line.points else "───"
            train = label == "train"
            if train and any(f"eval_{name}" in ended.logs for ended in epochs) and options.evaluated:
                full = "train (evaluated)" if self.size.width > 50 else "train (eval)"
            else:
                full = f"{label} (average)" if train and self.size.width > 60 else label
            words.append(Content.assemble((mark, f"${line.colour}"), f" {full}"))
        phrases = [
            " ".join(f"{chart.level_sign(level)} {write(label, level)}" for label, level in levels.items())
            for write in LEVEL_WORDS
        ]
        room = self.size.width - sum(word.cell_length + 2 for word in words) - 6  # the border's corners
        fits = next((said for said in phrases if said and len(said) <= room), "")
        return Content("  ").join([*words, *([Content.styled(fits, MUTED)] if fits else [])])

    def _subtitle(self, snapshot: Snapshot, lines: Sequence[tuple[str, Line]]) -> Content:
        if not snapshot.epochs:
            return Content("")
        last = snapshot.epochs[-1].epoch
        at = min(self.options.window.cursor or last, last)
        index = at - snapshot.epochs[0].epoch
        values = [
            Content.assemble(f"{label} ", (number(line.ys[index], 3), "bold"))
            for label, line in lines
            if 0 <= index < len(line.ys)
        ]
        sign = BESIDE if self.options.window.cursor else "epoch" if self.size.width > 42 else "at"
        return Content(" · ").join([Content(f"{sign} {at}"), *values])


def _comparable(before: Snapshot, now: Snapshot, name: str) -> bool:
    """Return whether an earlier run's metric of this name measures the same thing."""
    if not before.epochs or f"val_{name}" not in before.epochs[-1].logs or before.run == now.run:
        return False
    same_loss = before.experiment.training.loss == now.experiment.training.loss
    return before.experiment.data.dataset == now.experiment.data.dataset and (name != "loss" or same_loss)


def _last_shown(snapshot: Snapshot) -> int:
    """Return the last epoch on the axis: the last planned one; of long runs, a limit that doubles when reached."""
    planned = max(snapshot.started.epochs if snapshot.started else snapshot.experiment.training.epochs, 2)
    shown = LONG
    while shown < planned and snapshot.epochs and snapshot.epochs[-1].epoch > shown:
        shown *= 2
    return min(shown, planned)
