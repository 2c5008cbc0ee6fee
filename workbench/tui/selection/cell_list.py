"""The cells of a search while they are scored, best first, or the folds of a cross-validation; and the winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from textual.content import Content

from engine.events import Status
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import with_settings
from engine.selection.results import CellScore, best_epoch, mean_history
from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import padded, widest
from workbench.tui.selection.plan_list import short_names, value_text
from workbench.tui.sessions.live_selection import Seen
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.row_list import Row, Rows

SHOWN = 200
"""The most cells that are listed: more would be too slow to build."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A cell with its scores on the folds so far; if it was ``pruned``, there will be no more."""

    number: int
    scores: tuple[CellScore, ...]
    pruned: bool = False

    @property
    def error(self) -> str:
        """Why it has no score; empty if it has one."""
        return next((cell.error for cell in self.scores if cell.error), "")

    @property
    def _tests(self) -> list[float]:
        return [cell.test_score for cell in self.scores if cell.test_score is not None]

    @property
    def test(self) -> float | None:
        """The mean score on held-out samples so far."""
        return fmean(self._tests) if self._tests and not self.error else None

    @property
    def spread(self) -> float | None:
        """The standard deviation of those scores; None for a single one."""
        return pstdev(self._tests) if len(self._tests) > 1 else None

    @property
    def train(self) -> float | None:
        """The mean score on training samples so far."""
        found = [cell.train_score for cell in self.scores if cell.train_score is not None]
        return fmean(found) if found else None


def standings(seen: Seen) -> list[Standing]:
    """Return every cell that has ended on a fold: by number of folds and score; then pruned and failed ones."""
    by_number: dict[int, list[CellScore]] = {}
    for cell in seen.cells.values():
        by_number.setdefault(cell.number, []).append(cell)
    found = [Standing(number, tuple(cells), number in seen.pruned) for number, cells in by_number.items()]

    def order(one: Standing) -> tuple[bool, bool, int, float, int]:
        return one.test is None, one.pruned, -len(one.scores), -(one.test or 0.0), one.number

    return sorted(found, key=order)


class SelectionCells(Rows):
    """A line per cell; the one under the cursor is shown in the chart, and enter opens it."""

    _seen: Seen | None = None

    def show(self, seen: Seen | None) -> None:
        """Show the current state of a selection."""
        self._seen = seen
        self.rebuild()

    def build(self, width: int) -> list[Row]:
        """Return a heading, and the cells or folds."""
        seen = self._seen
        if seen is None:
            return [Row.note("nothing has been selected yet")]
        table = self._cells(seen, width) if seen.plan.axes else self._folds(seen)
        return table or [Row.note("nothing is scored yet")]

    def _cells(self, seen: Seen, width: int) -> list[Row]:
        found = standings(seen)
        if not found:
            return []
        found, left_out = found[:SHOWN], len(found) - SHOWN
        names, whole = short_names(seen.plan.axes), seen.plan.parts
        keys = [name.split("+")[0] for name in seen.plan.axes]
        values = [[plain(value_text(one.scores[0].params[key])) for key in keys] for one in found]
        widths = [widest([name, *(row[index] for row in values)]) for index, name in enumerate(names.values())]
        heads = "  ".join(
            padded(name, size, right=True) for name, size in zip(names.values(), widths, strict=True)
        )
        spread = width > len(heads) + 34
        test = "    test    ±std   train" if spread else "    test   train"
        rows = [Row.note(f"  #  {heads}{test}")]
        for index, (one, row) in enumerate(zip(found, values, strict=True), 1):
            cells = "  ".join(padded(value, size, right=True) for value, size in zip(row, widths, strict=True))
            rank = f"{index:3}" if len(one.scores) == whole and one.test is not None else "  ·"
            line = Content.assemble(
                (rank, "bold" if index == 1 else ""), f"  {cells}", *_score_cells(one, whole, spread)
            )
            rows.append(Row(str(one.number), (line,)))
        if left_out > 0:
            rows.append(Row.note(f"     and {left_out:,} that are not as good", "more"))
        return rows

    def _folds(self, seen: Seen) -> list[Row]:
        curves = {fold: curve for (_, fold), curve in sorted(seen.curves.items())}
        names = [name for name in next(iter(curves.values()), {}) if name.startswith("val_")]
        if not names:
            return []
        heads = "  ".join(name.removeprefix("val_").rjust(9) for name in names)
        rows = [Row.note(f"fold  epochs  {heads}")]
        for fold, curve in curves.items():
            rows.append(
                Row(str(fold), (Content(_line(f"{fold:4}", len(curve["loss"]), [curve[n][-1] for n in names])),))
            )
        longest = max(len(curve["loss"]) for curve in curves.values())
        ended = [curve for curve in curves.values() if len(curve["loss"]) == longest]
        ends = [[curve[name][-1] for curve in ended] for name in names]
        rows.append(Row("mean", (Content.styled(_line("mean", "", [fmean(end) for end in ends]), "bold"),)))
        return rows


def _score_cells(one: Standing, whole: int, spread: bool) -> Sequence[tuple[str, str]]:
    """Return the scores as metrics: scikit-learn's negated errors are shown as errors.

    The scores of a pruned cell are in parentheses.
    """
    if one.test is None:
        return [(f"  ✗ {plain(one.error)}", BAD)]
    train = "–" if one.train is None else number(abs(one.train), 3)
    deviation = "–" if one.spread is None else f"±{number(one.spread, 3)}"
    folds = "" if len(one.scores) == whole else f" {len(one.scores)}/{whole}{' pruned' if one.pruned else ''}"
    test = number(abs(one.test), 3)
    return [
        (f"{f'({test})' if one.pruned else test:>8}", MUTED if one.pruned else "bold"),
        (f"{deviation:>8}" if spread else "", MUTED),
        (f"{train:>8}{folds}", MUTED),
    ]


def _line(name: str, epochs: object, values: Sequence[float]) -> str:
    return f"{name}  {epochs:>6}  " + "  ".join(number(value, 3).rjust(9) for value in values)


def selected(seen: Seen) -> Experiment | None:
    """Return the experiment to retrain and test, with the selected number of epochs; None if there is no winner
    yet.
    """
    if seen.plan.axes:
        best = next(iter(standings(seen)), None)
        return cell_experiment(seen, best.number) if best and best.test is not None else None
    epochs = best_epoch(mean_history([curve for curve in seen.curves.values() if curve]))
    if seen.status is not Status.FINISHED or not epochs:
        return None
    return with_settings(seen.plan.experiment, {"training.epochs": epochs, "training.early_stopping": None})


def cell_experiment(seen: Seen, number: int) -> Experiment:
    """Return the experiment of a cell."""
    params = next(score.params for (cell, _), score in seen.cells.items() if cell == number)
    return with_settings(seen.plan.experiment, params)
