"""The curves of the folds, their mean, and its best epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from textual.content import Content
from textual.widgets import Static

from engine.experiment.score_names import PENALTY
from engine.selection.grid import EPOCHS
from engine.selection.results import History, best_epoch, mean_history
from engine.system.plain_text import plain
from workbench.text.numbers import metric_name, number
from workbench.tui.selection.plan_list import short_names, value_text
from workbench.tui.sessions.live_selection import Selecting
from workbench.tui.widgets.chart import Chart, Line, Mark, Picture
from workbench.tui.widgets.colours import MUTED, colour_of
from workbench.tui.widgets.epoch_chart import EpochChart, drawn


@dataclass(frozen=True, slots=True)
class Folds:
    """Curves by fold (from 1), their title, and their planned epochs; ``cell`` is an epoch to mark."""

    curves: Mapping[int, History] = field(default_factory=dict)
    title: str = ""
    epochs: int = 2
    cell: int | None = None


def curves_of(going: Selecting, number: int | None) -> Folds:
    """Return the folds of a cell of a search; if ``number`` is None, those of the network that trains."""
    seen = going.seen
    where = seen.where
    trial = going.trial_of.get(number, 0) if number is not None else (where.trial if where else 0)
    found = {fold: curve for (pair, fold), curve in seen.curves.items() if pair == trial}
    title, cell = "", None
    if number is not None:
        scores = [score for (pair, _), score in seen.cells.items() if pair == number]
        for score in scores:
            if _length(score.history) > _length(found.get(score.fold, {})):
                found[score.fold] = score.history
        params, names = scores[0].params, short_names(seen.plan.axes)
        title = " ".join(f"{names[axis]} {value_text(params[axis.split('+')[0]])}" for axis in names)
        cell = int(params.get(EPOCHS, seen.plan.experiment.training.epochs))
    planned = where.epochs if where and where.trial == trial else cell or 2
    return Folds(found, title, max([planned, *map(_length, found.values())]), cell)


def _length(curve: History) -> int:
    return len(curve.get("loss", ()))


class SelectionCurves(EpochChart):
    """A chart over epochs; each fold's curve ends with its number, the mean's points are marked."""

    _folds = Folds()

    def show(self, folds: Folds) -> None:
        """Show these curves."""
        self._folds = folds
        self.draw()

    def toggle(self, option: str) -> None:
        """Toggle an option; notify the user why the curves cannot be shown over seconds."""
        if option == "timed":
            self.notify("the times of a fold's epochs are not stored: the curves stay over epochs")
        else:
            super().toggle(option)

    @property
    def last_epoch(self) -> int:
        """The last epoch of any fold."""
        return max(map(_length, self._folds.curves.values()), default=0)

    def draw(self) -> None:
        """Draw the chart and its legend."""
        folds = self._folds
        means = mean_history([curve for curve in folds.curves.values() if curve])
        names = sorted(means, key=lambda name: (not name.startswith("val_"), name not in ("loss", PENALTY)))
        name = names[self.options.metric % len(names)] if names else "val_loss"
        best = best_epoch(means)
        lines = [line for fold in sorted(folds.curves) for line in self._fold(fold, folds.curves[fold], name)]
        if len(folds.curves) > 1 and name in means:
            lines.append(_line(means[name], "foreground", points=True))
        marks = [Mark(best, f"mean best {best}", "success")] if best and len(folds.curves) > 1 else []
        if folds.cell is not None and folds.cell < folds.epochs:
            marks.append(Mark(folds.cell, f"this cell {folds.cell}", "accent"))
        hint = "the folds' curves are drawn here as they are trained"
        chart = self.query_one(Chart)
        marks += self.options.window.marks()
        first, last = self.options.window.span or (1, max(folds.epochs, 2))
        parts = tuple(part for line in lines for part in drawn(line, self.options.smooth))
        chart.show(Picture(parts, first, last, tuple(marks), (), self.options.logarithmic, hint=hint))
        chart.border_title = self._title(name).markup
        self._show_legend(name, means, best)

    def _fold(self, fold: int, curve: History, name: str) -> list[Line]:
        values = curve.get(name, ())
        if not values:
            return []
        colour = colour_of(fold - 1)
        end = Line((float(len(values)),), (values[-1],), colour, True, False, str(fold % 10))
        return [_line(values, colour), end]

    def _title(self, name: str) -> Content:
        kind, _, rest = name.partition("_")
        title = metric_name(rest if kind == "val" else name)
        samples = "held-out samples" if kind == "val" else "training samples"
        of = f" · {plain(self._folds.title)}" if self._folds.title else ""
        return Content(title) + Content.styled(f" {samples}{self.options_text}{of}", MUTED)

    def _show_legend(self, name: str, means: History, best: int) -> None:
        """Show each fold's metric at the cell's epoch, or else at its last; the mean, and its best epoch."""
        curves, at = self._folds.curves, self.options.window.cursor or self._folds.cell or self._folds.epochs
        words = [
            Content.assemble((f"{fold} ", colour_of(fold - 1)), number(curves[fold][name][:at][-1], 3))
            for fold in sorted(curves)
            if curves[fold].get(name)
        ]
        if name in means and len(curves) > 1:
            said = number(means[name][:at][-1], 3)
            if best and self._folds.cell is None:
                said += f", best {number(means[name][best - 1], 3)} at epoch {best}"
            words.append(Content.assemble(("● mean ", "bold"), said))
        if words and self._folds.cell is not None:
            words.insert(0, Content.styled(f"epoch {self._folds.cell}:", MUTED))
        legend = self.query_one(Static)
        legend.display = bool(words)
        legend.update(Content("  ").join(words))


def _line(values: Sequence[float], colour: str, points: bool = False) -> Line:
    return Line(tuple(float(epoch) for epoch in range(1, len(values) + 1)), tuple(values), colour, points)
