"""A dialog that predicts a review while it is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static, TextArea

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.tui.experiment.review_text import ReviewText
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.colours import BAD, GOOD, MUTED
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.progress_line import bar

if TYPE_CHECKING:
    from engine.prediction.answers import Samples
    from engine.prediction.predictor import Explanation
    from workbench.tui.sessions.session import RunSession

REST = 0.15
"""Seconds without a key before the network predicts."""

BAR = 20
"""The width of a probability's bar, in cells."""

CLASSES = 3
"""The most classes whose probabilities are shown."""


_UNKNOWN = re.compile(r"(?<!\S)\?(?!\S)")
"""A question mark by itself: a word of a real review that the network does not know, and which stays unknown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The result for a text: its ids, the words that the vocabulary lacks, and the prediction."""

    ids: tuple[int, ...]
    unknown: tuple[str, ...]
    explanation: Explanation


class ReviewArea(TextArea):
    """A text area with a steady cursor: a blinking one keeps sending bytes to an idle terminal."""

    cursor_blink = reactive(False, init=False)


class ReviewScreen(ModalScreen[str]):
    """Predicts a typed text, and returns it; ``before`` is the prediction for the review it started from."""

    AUTO_FOCUS = "TextArea"
    BINDINGS = [
        Binding("escape", "close", "Close", id="review.close"),
        Binding("f4", "edit_outside", "Edit in $EDITOR", id="review.outside"),
    ]

    def __init__(self, session: RunSession, samples: Samples, text: str = "", before: float | None = None) -> None:
        super().__init__()
        self._session = session
        self._labels, self._noun = samples.labels, samples.noun
        self._text = text
        self._before = before
        self._timer: Timer | None = None
        self._latest = Latest(self, self._ask, self._show)

    def compose(self) -> ComposeResult:
        """Yield the text, the prediction, the words and the ids."""
        with Vertical(id="own"):
            area = ReviewArea(self._text, soft_wrap=True, compact=True, tab_behavior="focus")
            area.border_title = (
                f"Your {self._noun}" if self._before is None else f"This {self._noun}, to be changed"
            )
            yield area
            yield Static(id="verdict")
            yield ReviewText()
            yield Static(id="ids")
        yield KeyBar()

    def on_mount(self) -> None:
        """Predict the initial text."""
        self.query_one(ReviewText).border_title = "As the network reads it"
        self._ask_now()

    @on(TextArea.Changed)
    def _typed(self, message: TextArea.Changed) -> None:
        message.stop()
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(REST, self._ask_now)

    def action_close(self) -> None:
        """Close and return the text."""
        self.dismiss(self.query_one(TextArea).text)

    def action_edit_outside(self) -> None:
        """Edit the review in the user's editor."""
        from workbench.tui.dialogs.editing import edit

        area = self.query_one(TextArea)
        edit(self, area.text, ".txt", lambda text: area.load_text(text.rstrip("\n")))

    def _ask_now(self) -> None:
        text = self.query_one(TextArea).text
        if text.strip():
            self._latest.ask(text)
        else:
            self.query_one("#verdict", Static).update(Content.styled(f"type or paste a {self._noun}", MUTED))
            self.query_one("#ids", Static).update("")
            self.query_one(ReviewText).show(None, None, False)

    def _ask(self, text: str) -> Asked:
        import numpy as np

        from engine.datasets.text import tokenise

        ids, unknown = [1], []
        for index, part in enumerate(_UNKNOWN.split(text)):
            known = self._session.ids(part).tolist()[1:]
            ids += known if not index else [2, *known]
            unknown += [word for word, number in zip(tokenise(part), known, strict=False) if number == 2]
        explanation = (
            self._session.explain(np.array(ids, np.int32))
            if _UNKNOWN.search(text)
            else self._session.explain_text(text)
        )
        return Asked(tuple(ids), tuple(dict.fromkeys(unknown)), explanation)

    def _show(self, text: str, asked: Asked | EngineError) -> None:
        verdict, ids = self.query_one("#verdict", Static), self.query_one("#ids", Static)
        if text != self.query_one(TextArea).text:
            return
        if isinstance(asked, EngineError):
            verdict.update(Content.styled(plain(str(asked)), BAD))
            ids.update("")
            return
        verdict.update(self._verdict(asked.explanation))
        self.query_one(ReviewText).explain(asked.explanation)
        unknown = ", ".join(plain(word) for word in asked.unknown)
        lacking = (
            Content.assemble((f"{len(asked.unknown)} unknown: ", BAD), unknown)
            if unknown
            else Content("all known")
        )
        numbers = Content.styled(f"ids {' '.join(str(number) for number in asked.ids)}", MUTED)
        width = max(self.size.width - 6, 20)
        ids.update(
            Content("\n").join([lacking.truncate(width, ellipsis=True), numbers.truncate(width, ellipsis=True)])
        )

    def _verdict(self, explanation: Explanation) -> Content:
        prediction = explanation.prediction
        chance = f"P({plain(self._labels[-1])}) " if prediction.label and self._labels else ""
        mark = GOOD if self._labels and prediction.label == self._labels[-1] else BAD
        parts = [
            Content.styled(f" {plain(prediction.label or 'predicted')} ", f"bold {mark} reverse"),
            Content.assemble((chance, MUTED), (f"{prediction.value:.3f}", "bold")),
            *([bar(prediction.value, BAR)] if chance else []),
        ]
        if len(prediction.outputs) > 1:
            order = sorted(range(len(prediction.outputs)), key=lambda index: -prediction.outputs[index])[:CLASSES]
            named = [self._labels[index] if index < len(self._labels) else str(index) for index in order]
            parts = [
                Content.assemble((plain(name), "" if rank else "bold"), f" {prediction.outputs[index]:.3f}")
                for rank, (index, name) in enumerate(zip(order, named, strict=True))
            ]
        if self._before is not None:
            parts.append(Content.styled(f"was {self._before:.3f}", MUTED))
        if not explanation.decision.plain:
            parts.append(Content.styled(explanation.decision.words, MUTED))
        return Content("  ").join(parts)
