"""A list of held-out samples: true label, prediction, right or wrong, and whether it flipped."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content

from engine.prediction.answers import HeldOutAnswer
from engine.system.plain_text import plain
from workbench.text.widths import fitted, widest
from workbench.tui.widgets.colours import BAD, GOOD, MUTED, WARN
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.progress_line import bar
from workbench.tui.widgets.row_list import Row, Rows

BAR, LEAST_BAR = 7, 3
"""Widths in cells of a probability's bar: the usual one, and the least, to leave room for whole labels."""


class ReviewList(Rows, inherit_bindings=False):
    """The listed samples, keyed by their indices in the data set."""

    BINDINGS = [
        *moves(letters=False, top="home"),
        Binding("enter", "screen.original", "Original", key_display="⏎", id="reviews.choose"),
    ]

    _answers: tuple[HeldOutAnswer, ...] = ()
    _of_task = "binary"
    _hint = _positive = ""

    def show(self, answers: tuple[HeldOutAnswer, ...], task: str, hint: str = "", positive: str = "") -> None:
        """Show these samples, or ``hint`` if there are none; ``positive`` names the second class."""
        self._answers, self._of_task, self._hint, self._positive = answers, task, hint, positive
        self.rebuild()

    @property
    def index(self) -> int | None:
        """The index of the sample under the cursor."""
        return int(self.key) if self.key else None

    def build(self, width: int) -> list[Row]:
        """Return a row for each sample."""
        if not self._answers:
            return [Row.note(self._hint)]
        digits = max(len(str(answer.index)) for answer in self._answers) + 1
        head = Row.note(self._heading(digits, width))
        line = {"regression": self._number, "classes": self._topic}.get(self._of_task, self._probability)
        return [head, *(Row(str(answer.index), (line(answer, digits, width),)) for answer in self._answers)]

    def _heading(self, digits: int, width: int) -> str:
        answered = self._answers[0].value is not None
        if self._of_task == "regression":
            true, predicted = self._number_widths()
            return f"{'#':>{digits}} {'true':>{true}}" + (
                f" {'predicted':>{predicted + 2}} error" if answered else ""
            )
        if self._of_task == "classes":
            true, predicted = self._rooms(digits, width)
            return f"{'#':>{digits}} {'true':{true}}" + (f" {'predicted':{predicted}} P" if answered else "")
        return f"{'#':>{digits}} {'true':{self._rooms(digits, width)[0]}}" + (
            f" P({plain(self._positive)})" if answered else ""
        )

    def _probability(self, answer: HeldOutAnswer, digits: int, width: int) -> Content:
        head = f"{'#' + str(answer.index):>{digits}} {_cut(answer.label, self._rooms(digits, width)[0])} "
        if answer.value is None:
            return Content(head)
        drawn = bar(answer.value, min(BAR, max(width - len(head) - 10, LEAST_BAR)))
        return Content.assemble(head, (f"{answer.value:.3f} ", "bold"), drawn, " ", _verdict(answer))

    def _topic(self, answer: HeldOutAnswer, digits: int, width: int) -> Content:
        true, predicted = self._rooms(digits, width)
        head = f"{'#' + str(answer.index):>{digits}} {_cut(answer.label, true)} "
        if answer.value is None:
            return Content(head)
        return Content.assemble(
            head, (f"{_cut(answer.predicted, predicted)} ", "bold"), f"{answer.value:.2f} ", _verdict(answer)
        )

    def _rooms(self, digits: int, width: int) -> tuple[int, int]:
        """Return the widths of the true and the predicted label: whole names if there is room."""
        true = widest((plain(answer.label) for answer in self._answers), 4)
        if self._of_task != "classes":
            return min(max(true, 4), max(width - digits - LEAST_BAR - 12, 4)), 0
        predicted = widest((plain(answer.predicted) for answer in self._answers), 9)
        room, true, predicted = max(width - digits - 11, 8), max(true, 4), max(predicted, 9)
        if true + predicted > room:
            true = min(true, max(room // 2, room - predicted))
        return true, min(predicted, room - true)

    def _number(self, answer: HeldOutAnswer, digits: int, width: int) -> Content:
        true, predicted = self._number_widths()
        head = f"{'#' + str(answer.index):>{digits}} {answer.target:{true}.2f} "
        if answer.value is None:
            return Content(head)
        value, error = f"{answer.value:{predicted}.2f} ", f"{answer.value - answer.target:+.2f}"
        return Content.assemble(head, ("→ ", MUTED), (value, "bold"), (error, MUTED))

    def _number_widths(self) -> tuple[int, int]:
        """Return the widths of the true and the predicted value, from the longest ones."""
        values = [answer.value for answer in self._answers if answer.value is not None]
        true = widest((f"{answer.target:.2f}" for answer in self._answers), len("true"))
        return true, widest((f"{value:.2f}" for value in values), len("predicted") - 2)


def _verdict(answer: HeldOutAnswer) -> Content:
    verdict = ("✓", GOOD) if answer.right else ("✗", BAD)
    return Content.assemble(verdict, (" ↕" if answer.flipped else "  ", WARN))


def _cut(text: str, width: int) -> str:
    return fitted(plain(text), width)
