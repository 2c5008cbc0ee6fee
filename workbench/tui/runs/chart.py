"""A chart with the curves of several runs, told apart by marks as well as by colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from engine.experiment.score_names import PENALTY
from engine.system.plain_text import plain
from workbench.text.numbers import metric_name, number
from workbench.tui.keymap import key_of
from workbench.tui.runs.columns import basis_of, warning
from workbench.tui.widgets.chart import Chart, Line, Mark, Picture
from workbench.tui.widgets.colours import MUTED, WARN, colour_of, shape_of, sign_of
from workbench.tui.widgets.epoch_chart import EpochChart, drawn, elapsed, over_seconds

if TYPE_CHECKING:
    from engine.runs import RunRecord

LEGEND_LINES = 6
"""The most curves with a line each in the legend; more are listed side by side."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The runs drawn as one curve: a single run, or runs that differ in their seeds, as mean and range."""

    key: str
    index: int
    runs: tuple[RunRecord, ...]

    @property
    def colour(self) -> str:
        """The curve's colour."""
        return colour_of(self.index)

    @property
    def sign(self) -> Content:
        """The curve's mark, in its colour."""
        return sign_of(self.index)

    @property
    def title(self) -> str:
        """The curve's title."""
        first = self.runs[0]
        if len(self.runs) > 1:
            return f"{first.name} × {len(self.runs)} seeds"
        return " ".join([first.id, *([] if first.kind == "train" else [first.kind]), first.name])

    @property
    def epochs(self) -> int:
        """The last epoch that any of its runs has or plans."""
        return max(max(run.epochs_planned, len(run.epochs)) for run in self.runs)


class RunsChart(EpochChart):
    """A chart over epochs with a legend of the curves; losses are shown without penalties."""

    _entries: tuple[Entry, ...] = ()

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these curves."""
        self._entries = tuple(entries)
        self.draw()

    @property
    def last_epoch(self) -> int:
        """The last epoch of any curve."""
        return max(
            (run.epochs[-1].epoch for entry in self._entries for run in entry.runs if run.epochs), default=0
        )

    def draw(self) -> None:
        """Draw the chart and its legend."""
        names = scores(self._entries)
        name = names[self.options.metric % len(names)] if names else "val_loss"
        chart, legend = self.query_one(Chart), self.query_one(Static)
        chart.show(self._picture(name))
        chart.border_title = self._title(name).markup
        legend.display = bool(self._entries)
        legend.update(self._legend(name))

    def _legend(self, name: str) -> Content:
        """Return a line per curve, or a compact legend if there are many; and a warning if they are not
        comparable.
        """
        wrong = warning([run for entry in self._entries for run in entry.runs], name)
        head = [Content.styled(f"! {wrong}", WARN)] if wrong else []
        if len(self._entries) <= LEGEND_LINES:
            return Content("\n").join([*head, *(self._line(entry, name) for entry in self._entries)])
        short = [_short(entry, name, self.options.window.cursor) for entry in self._entries]
        return Content("\n").join([*head, Content("  ").join(short)])

    @property
    def _alone(self) -> bool:
        """Whether a single run is drawn."""
        return len(self._entries) == 1 and len(self._entries[0].runs) == 1

    def _picture(self, name: str) -> Picture:
        smooth = self.options.smooth
        timed = self.options.timed
        lines = tuple(
            part for entry in self._entries for line in _lines(entry, name, timed) for part in drawn(line, smooth)
        )
        if self._alone and name.startswith("val_"):
            training = _lines(self._entries[0], name.removeprefix("val_"), timed)[0]
            lines = (replace(training, points=False), *lines)
        high = max((entry.epochs for entry in self._entries), default=2)
        hint = (
            "no epoch has ended yet"
            if self._entries
            else f"{key_of(self, 'runs.mark')} marks runs whose curves are drawn here"
        )
        first, last = self.options.window.span or (1, max(high, 2))
        picture = Picture(lines, first, last, self._marks(), (), self.options.logarithmic, hint=hint)
        runs = [run for entry in self._entries for run in entry.runs]
        return over_seconds(picture, [elapsed(run.epochs) for run in runs]) if timed else picture

    def _marks(self) -> tuple[Mark, ...]:
        run = self._entries[0].runs[0] if self._alone else None
        best = run.best_epoch if run and "val_loss" in run.best else None
        found = [Mark(best, f"best {best}", "success")] if best else []
        return (*found, *self.options.window.marks())

    def _title(self, name: str) -> Content:
        kind, _, rest = name.partition("_")
        samples = {"val": "validation", "eval": "training, evaluated"}.get(kind, "training")
        title = Content(metric_name(rest if kind in ("val", "eval") else name))
        beside = " · thin: training" if self._alone and kind == "val" else ""
        return title + Content.styled(f" {samples}{beside}{self.options_text}", MUTED)

    def _line(self, entry: Entry, name: str) -> Content:
        line = Content.assemble(entry.sign, " ", plain(entry.title))
        cursor = self.options.window.cursor
        values = _values(entry, name, cursor)
        if not values and cursor and any(name in run.best for run in entry.runs):
            return line + Content.styled(f"  no value at epoch {cursor}", MUTED)
        if not values:
            return line + Content.styled(f"  {_missing(entry, name)}", MUTED)
        mean = math.fsum(values) / len(values)
        spread = f" ({number(min(values), 3)} to {number(max(values), 3)})" if len(values) > 1 else ""
        at = cursor or (entry.runs[0].best_epoch if len(entry.runs) == 1 else None)
        epoch = f" at epoch {at}" if at else ""
        return line + Content.assemble("  ", (number(mean, 3), "bold"), (f"{spread}{epoch}", MUTED))


def scores(entries: Sequence[Entry]) -> list[str]:
    """Return the scores that some of the runs have: those comparable between all first, validation before
    training.
    """
    runs = [run for entry in entries for run in entry.runs]
    names = dict.fromkeys(name for run in runs for name in run.best)

    def order(name: str) -> tuple[bool, bool, bool, bool]:
        shared = all(name in run.best for run in runs) and len({basis_of(run, name) for run in runs}) == 1
        return not shared, not name.startswith("val_"), name.startswith("eval_"), name == PENALTY

    return sorted(names, key=order)


def _values(entry: Entry, name: str, epoch: int | None) -> list[float]:
    """Return an entry's values of a metric: at an epoch, or at its runs' best epochs."""
    if epoch is None:
        return [run.best[name] for run in entry.runs if name in run.best]
    ended = [one for run in entry.runs for one in run.epochs if one.epoch == epoch]
    return [one.logs[name] for one in ended if name in one.logs]


def _short(entry: Entry, name: str, epoch: int | None) -> Content:
    """Return a compact legend entry: mark, run and value."""
    values = _values(entry, name, epoch)
    value = number(math.fsum(values) / len(values), 3) if values else "–"
    return Content.assemble(entry.sign, f"\N{NO-BREAK SPACE}{entry.runs[0].id}\N{NO-BREAK SPACE}", (value, "bold"))


def _missing(entry: Entry, name: str) -> str:
    """Return why an entry has no curve of a metric."""
    if not any(run.epochs for run in entry.runs):
        return "no epoch has ended yet"
    if not name.startswith("val_"):
        return "not recorded"
    if all(run.kind == "retrain" for run in entry.runs):
        return "no validation curve: it was trained on those samples too"
    if any("val_loss" in run.best for run in entry.runs):
        return "not recorded"
    return "no validation curve: it has no validation samples"


def _lines(entry: Entry, name: str, timed: bool) -> list[Line]:
    """Return an entry's curve over epochs or, if ``timed``, over the mean seconds at the epochs' ends."""
    from engine.runs.group_comparison import band

    found = band([run.epochs for run in entry.runs], name)
    times = [elapsed(run.epochs) for run in entry.runs] if timed else []
    xs = tuple(
        fmean(one[epoch] for one in times if epoch in one) if timed else float(epoch) for epoch in found.epochs
    )
    mean = Line(xs, found.mean, entry.colour, points=True, marker=shape_of(entry.index))
    if len(entry.runs) == 1:
        return [mean]
    return [Line(xs, found.low, entry.colour), Line(xs, found.high, entry.colour), mean]
