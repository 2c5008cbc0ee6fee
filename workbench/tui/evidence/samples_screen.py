"""A list of held-out samples of a run, such as those in a cell of its confusion matrix, with their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.colours import BAD, GOOD, MUTED
from workbench.tui.widgets.mode_screen import ModeScreen
from workbench.tui.widgets.row_list import Row, Rows
from workbench.tui.widgets.scrolling_text import Prose

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.evaluation.slices import Slice
    from engine.evaluation.split_outputs import SplitOutputs

SHOWN = 500
"""The most samples that are listed."""


@dataclass(frozen=True)
class Chosen:
    """A selection of a run's held-out samples: ``mask`` has shape (samples,); ``slices`` can narrow it."""

    title: str
    outputs: SplitOutputs
    dataset: Dataset
    mask: NDArray[np.bool_]
    slices: tuple[Slice, ...] = ()


class SampleList(Rows):
    """A row for each sample: true class, predicted class and probability; or the values."""

    _chosen: Chosen | None = None
    _listed: NDArray[np.int64] = np.zeros(0, np.int64)

    def show(self, chosen: Chosen, positions: NDArray[np.int64]) -> None:
        """Show the samples at these positions of the outputs."""
        self._chosen, self._listed = chosen, positions
        self.rebuild()

    def build(self, width: int) -> list[Row]:
        """Return the rows of the first samples."""
        if self._chosen is None or not len(self._listed):
            return [Row.note("no sample matches")]
        return [self._row(self._chosen.outputs, int(position)) for position in self._listed[:SHOWN]]

    def _row(self, found: SplitOutputs, position: int) -> Row:
        index = int(found.indices[position])
        if found.regression:
            truth, answer = float(found.targets[position]), float(found.outputs[position, 0])
            said = f"true {number(truth)}, predicted {number(answer)}"
            return Row(str(index), (Content.assemble((f"#{index:<8}", MUTED), said),))
        true, predicted = int(found.targets[position]), int(found.predicted[position])
        right = true == predicted
        words = f"{class_name(found, true)} → {class_name(found, predicted)}"
        sure = f"  {found.probabilities[position, min(predicted, found.probabilities.shape[1] - 1)]:.3f}"
        sign = (" ✓" if right else " ✗", GOOD if right else BAD)
        return Row(str(index), (Content.assemble((f"#{index:<8}", MUTED), words, (sure, "bold"), sign),))


class SamplesScreen(ModeScreen):
    """Lists samples and shows the text of one; a filter narrows the list."""

    BINDINGS = [
        Binding("escape", "back", "Back", id="samples.back"),
        Binding("f", "filter", "Filter by word, length, slice", id="samples.filter"),
    ]
    DEFAULT_CSS = """
    SamplesScreen {
        SampleList { height: 1fr; border: round $frame; background: $background; }
        SampleList:focus { border: round $accent; }
        Prose { height: 1fr; border: round $frame; padding: 0 1; background: $background; }
        Prose:focus { border: round $accent; }
    }
    """

    def __init__(self, chosen: Chosen) -> None:
        super().__init__()
        self.title = chosen.title
        self.chosen = chosen
        self._asked = ""
        self._read = Latest(self, self._text, self._show_text, daemon=True)
        self._narrow = Latest(self, self._fitting, self._show_list, daemon=True)

    def compose_body(self) -> ComposeResult:
        """Yield the list above, the text below."""
        yield SampleList()
        yield Prose(id="sample-text")

    def on_mount(self) -> None:
        """List the samples."""
        self.query_one(SampleList).focus()
        self.work(lambda: self.call_later(self._show_list, "", self._fitting("")), fills=True)

    def _fitting(self, asked: str) -> NDArray[np.int64]:
        """Return the positions of the samples that match a filter, the most confident predictions first."""
        from engine.evaluation.report import surest_first
        from engine.evaluation.slices import where

        chosen = self.chosen
        mask = chosen.mask & where(chosen.outputs, chosen.dataset, asked) if asked else chosen.mask
        return surest_first(chosen.outputs, mask)

    def _show_list(self, asked: str, found: NDArray[np.int64] | EngineError) -> None:
        if isinstance(found, EngineError):
            self.warn(found)
            return
        self._asked = asked
        listed = self.query_one(SampleList)
        listed.show(self.chosen, found)
        listed.action_edge(-1)
        words = [f"{len(found):,} {self.chosen.outputs.split} samples", *([asked] if asked else [])]
        listed.border_title = Content(plain(" · ".join(words))).markup
        listed.border_subtitle = f"the first {SHOWN}" if len(found) > SHOWN else ""
        self._read_here()

    @on(Rows.Moved)
    def _read_here(self) -> None:
        if key := self.query_one(SampleList).key:
            self._read.ask(int(key))
        else:
            self.query_one(Prose).put(Content(""))

    def _text(self, index: int) -> str:
        from engine.evaluation.audit.readable import readable

        return readable(self.chosen.dataset, index)

    def _show_text(self, index: int, found: str | EngineError) -> None:
        text = self.query_one(Prose)
        text.border_title = f"sample {index:,}"
        text.put(Content(plain(str(found), lines=True)))

    def action_filter(self) -> None:
        """Ask for a word, a length or a slice to filter the samples by."""
        options = [Option("all ", "all of them")]
        options += [Option(one.name, plain(one.name), f"{one.samples:,} held-out") for one in self.chosen.slices]

        hint = "a word, or length>200; or choose a slice"
        picked = Pick("List the samples", options, hint=hint, free=True, free_label="samples with {}".format)
        self.ask(picked, lambda asked: self._narrow.ask("" if asked == "all " else asked))

    def action_panel(self, step: int) -> None:
        """Move between the list and the text."""
        listed, text = self.query_one(SampleList), self.query_one(Prose)
        self.set_focus(text if self.focused is listed else listed)

    def action_back(self) -> None:
        """Remove the filter, or else go back."""
        if self._asked:
            self._narrow.ask("")
        else:
            self.dismiss()


def class_name(found: SplitOutputs, number: int) -> str:
    """Return a class's label, or its number if it has none."""
    return plain(found.labels[number] if number < len(found.labels) else str(number))
