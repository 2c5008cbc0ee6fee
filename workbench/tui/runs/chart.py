"""The curves of several runs in one chart, told apart by marks as well as by colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.text.describe import figure, metric_name
from workbench.text.sanitise import plain
from workbench.tui.widgets.chart import Chart, Line, Mark, Picture
from workbench.tui.widgets.palette import COLOURS, MOST, MUTED, SHAPES

if TYPE_CHECKING:
    from engine.runs import RunRecord

LEGEND_LINES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """What is drawn as one curve: a run, or a group of runs that differ in their seeds as mean and range."""

    key: str
    place: int
    runs: tuple[RunRecord, ...]

    @property
    def colour(self) -> str:
        """Its colour."""
        return COLOURS[self.place % MOST]

    @property
    def sign(self) -> Content:
        """Its mark, in its colour."""
        return sign_at(self.place)

    @property
    def title(self) -> str:
        """What it is called."""
        first = self.runs[0]
        if len(self.runs) > 1:
            return f"{first.name} × {len(self.runs)} seeds"
        return " ".join([first.id, *([] if first.kind == "train" else [first.kind]), first.name])

    @property
    def epochs(self) -> int:
        """The last epoch that any of its runs has or plans."""
        return max(max(run.epochs_planned, len(run.epochs)) for run in self.runs)


def sign_at(place: int) -> Content:
    """The mark of the curve at a place, in its colour."""
    return Content.styled(SHAPES[place % MOST], COLOURS[place % MOST])


@dataclass(frozen=True, slots=True)
class Choice:
    """How the curves are shown: which figure (the place among those there are), and on which axis."""

    figure: int = 0
    logarithmic: bool = False


class RunsChart(Vertical):
    """A chart over the epochs and a line for each curve below; losses are free of penalties."""

    DEFAULT_CSS = """
    RunsChart {
        & > Chart { height: 1fr; min-height: 6; }
        & > Static { height: auto; max-height: 8; padding: 0 1; }
    }
    """

    def __init__(self, *, id: str | None = None, choice: Choice = Choice()) -> None:
        super().__init__(id=id)
        self.choice = choice
        self._entries: tuple[Entry, ...] = ()

    def compose(self) -> ComposeResult:
        """The chart, and what is what."""
        yield Chart()
        yield Static()

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these curves."""
        self._entries = tuple(entries)
        self.draw()

    def next_figure(self) -> None:
        """Show the next of the figures that the runs have."""
        names = figures(self._entries)
        self.choice = replace(self.choice, figure=(self.choice.figure + 1) % max(len(names), 1))
        self.draw()

    def toggle_log(self) -> None:
        """Switch the log axis."""
        self.choice = replace(self.choice, logarithmic=not self.choice.logarithmic)
        self.draw()

    def draw(self) -> None:
        """Draw the chart and its legend."""
        names = figures(self._entries)
        name = names[self.choice.figure % len(names)] if names else "val_loss"
        chart, legend = self.query_one(Chart), self.query_one(Static)
        chart.show(self._picture(name))
        chart.border_title = self._title(name).markup
        lines = [self._line(entry, name) for entry in self._entries[:LEGEND_LINES]]
        legend.display = bool(lines)
        legend.update(Content("\n").join(lines))

    @property
    def _alone(self) -> bool:
        """Whether one run alone is drawn."""
        return len(self._entries) == 1 and len(self._entries[0].runs) == 1

    def _picture(self, name: str) -> Picture:
        lines = tuple(line for entry in self._entries for line in _lines(entry, name))
        if self._alone and name.startswith("val_"):
            training = _lines(self._entries[0], name.removeprefix("val_"))[0]
            lines = (replace(training, points=False), *lines)
        high = max((entry.epochs for entry in self._entries), default=2)
        hint = "no epoch has ended yet" if self._entries else "space marks runs whose curves are drawn here"
        return Picture(lines, 1, max(high, 2), self._marks(), None, self.choice.logarithmic, hint=hint)

    def _marks(self) -> tuple[Mark, ...]:
        run = self._entries[0].runs[0] if self._alone else None
        best = run.best_epoch if run and "val_loss" in run.best else None
        return (Mark(best, f"best {best}", "success"),) if best else ()

    def _title(self, name: str) -> Content:
        kind, _, rest = name.partition("_")
        rows = {"val": "validation", "eval": "training, evaluated"}.get(kind, "training")
        title = Content(metric_name(rest if kind in ("val", "eval") else name))
        beside = " · thin: training" if self._alone and kind == "val" else ""
        return title + Content.styled(f" {rows}{beside}{' · log' if self.choice.logarithmic else ''}", MUTED)

    def _line(self, entry: Entry, name: str) -> Content:
        line = Content.assemble(entry.sign, " ", plain(entry.title))
        values = [run.best[name] for run in entry.runs if name in run.best]
        if not values:
            return line + Content.styled(f"  {_missing(entry, name)}", MUTED)
        mean = math.fsum(values) / len(values)
        spread = f" ({figure(min(values))} to {figure(max(values))})" if len(values) > 1 else ""
        epoch = f" at epoch {entry.runs[0].best_epoch}" if len(entry.runs) == 1 else ""
        return line + Content.assemble("  ", (figure(mean), "bold"), (f"{spread}{epoch}", MUTED))


def figures(entries: Sequence[Entry]) -> list[str]:
    """The figures that some of the runs have: validation first, the loss first in each."""
    names = dict.fromkeys(name for entry in entries for run in entry.runs for name in run.best)
    return sorted(
        names, key=lambda name: (not name.startswith("val_"), name.startswith("eval_"), name == "penalty")
    )


def _missing(entry: Entry, name: str) -> str:
    """Why an entry has no curve of a figure."""
    if not any(run.epochs for run in entry.runs):
        return "no epoch has ended yet"
    if not name.startswith("val_"):
        return "not recorded"
    if all(run.kind == "retrain" for run in entry.runs):
        return "no validation curve: it was trained on those rows too"
    if any("val_loss" in run.best for run in entry.runs):
        return "not recorded"
    return "no validation curve: it has no validation rows"


def _lines(entry: Entry, name: str) -> list[Line]:
    from engine.runs.group_comparison import band

    drawn = band([run.epochs for run in entry.runs], name)
    xs = tuple(map(float, drawn.epochs))
    mean = Line(xs, drawn.mean, entry.colour, points=True, marker=SHAPES[entry.place % MOST])
    if len(entry.runs) == 1:
        return [mean]
    return [Line(xs, drawn.low, entry.colour), Line(xs, drawn.high, entry.colour), mean]
