"""The samples on which two runs disagree: both predictions, and the sample as the network reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import shortened
from workbench.tui.widgets.colours import BAD, GOOD, MUTED, sign_of
from workbench.tui.widgets.row_list import Row, Rows

if TYPE_CHECKING:
    from engine.prediction.answers import Prediction
    from engine.runs.group_comparison import Disagreement, Disagreements


class DisagreementRows(Rows):
    """A list of samples with both predictions."""

    found: Sequence[Disagreement] = ()

    def build(self, width: int) -> list[Row]:
        """Return the rows, those with the largest difference first."""
        return [Row(str(one.sample.index), (self._line(one),)) for one in self.found]

    def _line(self, one: Disagreement) -> Content:
        truth = one.sample.label or number(one.sample.target, 3)
        index = Content.assemble((f"#{one.sample.index}".rjust(7), MUTED), f" {_short(truth, 12)} ")
        answers = [
            sign_of(position) + Content(" ") + _answer(answer, one)
            for position, answer in enumerate((one.first, one.second))
        ]
        return (
            index + Content("  ").join(answers) + Content.assemble("  ", (plain(one.sample.decoded[:200]), MUTED))
        )


class DisagreementPanel(Vertical):
    """The list, and the text of the sample under the cursor."""

    DEFAULT_CSS = """
    DisagreementPanel {
        & > DisagreementRows { height: 1fr; }
        & > VerticalScroll { height: 1fr; padding: 0 1; & > Static { height: auto; } }
    }
    """

    def compose(self) -> ComposeResult:
        """Yield the list above, the sample below."""
        yield DisagreementRows()
        with VerticalScroll(can_focus=False):
            yield Static("")

    def tell(self, words: str, bad: bool = False) -> None:
        """Show the progress, or why nothing was found."""
        self.query_one(Static).update(Content.styled(plain(words), BAD if bad else MUTED))

    def show(self, found: Disagreements) -> None:
        """Show the disagreements."""
        rows = self.query_one(DisagreementRows)
        rows.found = found.shown
        rows.rebuild()
        share = f"{found.total:,} of {found.samples:,} held-out samples"
        self.border_title = (
            f"They disagree on {share}" if found.total else f"They agree on all {found.samples:,} samples"
        )
        self.tell("" if found.shown else "nothing to show")
        self._show_sample(rows.key)

    @on(Rows.Moved)
    def _moved(self, message: Rows.Moved) -> None:
        self._show_sample(message.key)

    def _show_sample(self, key: str) -> None:
        for one in self.query_one(DisagreementRows).found:
            if str(one.sample.index) == key:
                text = plain(one.sample.original or one.sample.decoded, lines=True)
                self.query_one(Static).update(Content(text))


def _answer(answer: Prediction, one: Disagreement) -> Content:
    if not answer.label:
        return Content.styled(number(answer.value, 3).rjust(8), "bold")
    right = answer.label == one.sample.label
    return Content.styled(f"{_short(answer.label, 12)} {answer.value:.2f}", GOOD if right else BAD)


def _short(text: str, width: int) -> str:
    return shortened(plain(text), width)
