"""The reviews panel: held-out samples with predictions above, the sample under the cursor below."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from engine.errors import EngineError
from engine.prediction.answers import HeldOut, HeldOutAnswer, Predictions, Samples
from engine.prediction.decision import Decision
from engine.system.plain_text import plain
from workbench.tui.experiment import held_out_filter
from workbench.tui.experiment.held_out_filter import Filter
from workbench.tui.experiment.held_out_view import HeldOutView, title
from workbench.tui.experiment.review_list import ReviewList
from workbench.tui.experiment.review_text import ReviewText
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.widgets.partial_repaint import set_titles
from workbench.tui.widgets.row_list import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.prediction.predictor import Explanation
    from engine.prediction.samples import Sample
    from workbench.tui.sessions.session import RunSession

VIEWS = ("text", "spread", "classes")
"""The views below the list: the sample, or one of two views of all held-out predictions."""

REST = 1.0
"""Seconds between two polls of a run's predictions while it trains, and between two explanations of the same
sample. Every line changes its numbers, and the text its shades: nobody could read faster updates, and four polls a
second took more than half of all bytes sent.
"""

When = tuple[int, bool, Decision]
"""The epoch of a prediction, whether it is the best epoch, and the decision that was applied."""

Question = tuple["RunSession", int, When]
Found = tuple["Sample", "Explanation | None"]


class Reviews(Vertical):
    """Shows a run's held-out predictions, and the effect of each word in the sample under the cursor."""

    list = getters.query_one(ReviewList)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.filter = Filter()
        self.original = False
        self.view = "text"
        self._session: RunSession | None = None
        self._snapshot: Snapshot | None = None
        self.answers: tuple[HeldOutAnswer, ...] = ()
        self._count = 0
        self._with_word: NDArray[np.int64] | None = None
        self._shown: tuple[int, Sample, Explanation | None] | None = None
        self._asked: tuple[int, When] | None = None
        self._next_ask = self._next_poll = 0.0
        self._late: Timer | None = None
        self._timer: Timer | None = None
        self._explain = Latest(self, _explain, self._explained)
        self._search = Latest(self, lambda asked: asked[0].samples_with(asked[1], asked[2]), self._searched)

    def compose(self) -> ComposeResult:
        """Yield the list, the text and the view of all predictions."""
        yield ReviewList(id="review-list")
        yield ReviewText(id="review-text")
        yield HeldOutView(id="held-out")

    def on_mount(self) -> None:
        """Show the sample first."""
        self.query_one(HeldOutView).display = False

    @property
    def samples(self) -> Samples | None:
        """The samples to watch, once the data is read."""
        return self._snapshot.samples if self._snapshot else None

    @property
    def sample(self) -> Sample | None:
        """The sample under the cursor, if it is known."""
        index = self.list.index
        watched = self._snapshot.watched if self._snapshot else ()
        asked = self._shown[1] if self._shown and self._shown[0] == index else None
        return next((sample for sample in watched if sample.index == index), asked)

    def show(self, snapshot: Snapshot, session: RunSession | None) -> None:
        """Show the current state of a run; ``session`` explains its predictions (None: there are only samples)."""
        now = time.monotonic()
        if session and session is self._session and now < self._next_poll and not snapshot.ended:
            self._snapshot = snapshot
            if self._late is None:
                self._late = self.set_timer(self._next_poll - now, self._poll_late)
            return
        self._next_poll = now + REST
        if session is not self._session:
            self._shown = self._asked = self._with_word = None
            self.filter = Filter()
        before, self._session, self._snapshot = self.samples, session, snapshot
        self._list_samples()
        if before and self.samples and before.title != self.samples.title:
            self.list.action_edge(-1)
        self._show_sample()
        self._show_held_out()

    def _poll_late(self) -> None:
        self._late, self._next_poll = None, 0.0
        if self._snapshot:
            self.show(self._snapshot, self._session)

    def toggle_original(self) -> None:
        """Toggle between the source's own text and the sample as the network reads it; columns have no text."""
        self.original = not self.original and bool(self.samples and self.samples.kind == "text")
        self._show_sample()

    def next_view(self) -> None:
        """Switch from the sample to the histogram (a plot for regression), then the classes if any, and back."""
        views = VIEWS[:2] if self.samples and self.samples.task == "regression" else VIEWS
        self.view = views[(views.index(self.view) + 1) % len(views)] if self.view in views else "text"
        self.query_one(ReviewText).display = self.view == "text"
        self.query_one(HeldOutView).display = self.view != "text"
        self.call_after_refresh(self._show_held_out)

    def choose(self, wanted: Filter) -> None:
        """List other samples."""
        self.filter, self._with_word = wanted, None
        snapshot = self._snapshot
        if wanted.kind == "word" and self._session and snapshot and snapshot.held_out:
            self._search.ask((self._session, wanted.word, snapshot.held_out.indices))
        self._list_samples()
        self.list.action_edge(-1)
        self._show_sample()

    @on(Rows.Moved)
    def _moved(self, message: Rows.Moved) -> None:
        message.stop()
        self._title()
        self._show_sample()

    def _list_samples(self) -> None:
        snapshot = self._snapshot
        samples = snapshot.samples if snapshot else None
        if snapshot is None or samples is None:
            self.answers, self._count = (), 0
            self.list.show((), "binary", "held-out samples appear here")
        else:
            self.answers, self._count = self._choose(snapshot)
            hint = "run first: then predictions can be filtered" if snapshot.held_out is None else "none"
            if self.filter.kind == "word" and self._with_word is not None:
                hint = f"no {samples.noun} has “{plain(self.filter.word)}”"
            self.list.show(self.answers, samples.task, hint, samples.labels[-1] if samples.labels else "")
        self._title()

    def _choose(self, snapshot: Snapshot) -> tuple[tuple[HeldOutAnswer, ...], int]:
        assert snapshot.samples is not None
        if self.filter.kind == "watched":
            answers = held_out_filter.watched(snapshot.samples, snapshot.predictions)
            return answers, len(answers)
        if snapshot.held_out is None:
            return (), 0
        samples = snapshot.samples
        return held_out_filter.chosen(
            snapshot.held_out, self.filter, samples.labels, samples.task, self._with_word
        )

    def _title(self) -> None:
        snapshot = self._snapshot
        samples = snapshot.samples if snapshot else None
        if snapshot is None or samples is None:
            set_titles(self.list, "Reviews")
            return
        watched = self.filter.kind == "watched"
        split = samples.split if watched or not snapshot.held_out else snapshot.held_out.split
        words = [f"{samples.noun}s".capitalize(), split]
        if not watched:
            words.append(held_out_filter.title(self.filter, samples.labels, samples.task))
        if self.answers:
            words.append(f"{self.list.position} of {self._count:,}")
        seen = snapshot.predictions
        counted = "test labels shown, counted" if split == "test" else ""
        when = f"{'best ' if seen.best and snapshot.best_epoch else ''}epoch {seen.epoch}" if seen else counted
        set_titles(self.list, plain(" · ".join(words)), _with_decision(when, seen))

    def _show_sample(self) -> None:
        index, snapshot, session = self.list.index, self._snapshot, self._session
        text = self.query_one(ReviewText)
        if index is None or snapshot is None:
            text.show(None, None, False)
            set_titles(text, "")
            return
        sample = self.sample
        known = self._shown[2] if self._shown and self._shown[0] == index else None
        asks = session is not None and snapshot.predictions is not None
        text.show(sample, known, self.original, expected=asks)
        self._name_text(sample)
        if session is None or snapshot.predictions is None:
            return
        self._ask_about(session, index, snapshot)

    def _ask_about(self, session: RunSession, index: int, snapshot: Snapshot) -> None:
        """Explain a sample; if it was explained less than REST seconds ago, do so later."""
        assert snapshot.predictions is not None
        when = (snapshot.predictions.epoch, snapshot.predictions.best, snapshot.predictions.decision)
        if self._asked == (index, when):
            return
        wait = self._next_ask - time.monotonic()
        if wait > 0 and self._asked and self._asked[0] == index and not snapshot.ended:
            if self._timer is None:
                self._timer = self.set_timer(wait + 0.01, self._ask_again)
            return
        self._asked, self._next_ask = (index, when), time.monotonic() + REST
        self._explain.ask((session, index, when))

    def _ask_again(self) -> None:
        self._timer = None
        self._show_sample()

    def _show_held_out(self) -> None:
        if self.view == "text":
            return
        found = self._snapshot.held_out if self._snapshot else None
        view = self.query_one(HeldOutView)
        view.show(found, self.samples, self.view)
        subtitle = (
            f"{found.split} · {len(found.indices):,} of {found.total:,} · epoch {found.epoch}" if found else ""
        )
        set_titles(view, title(found, self.samples, self.view), _with_decision(subtitle, found))

    def _name_text(self, sample: Sample | None) -> None:
        words = [f"#{self.list.index}", *([sample.label] if sample and sample.label else [])]
        words += ["original"] if self.original else []
        words += ["course"] if sample and sample.course else []
        set_titles(self.query_one(ReviewText), plain(" · ".join(words)))

    def _explained(self, question: Question, found: Found | EngineError) -> None:
        session, index, _ = question
        if session is not self._session or isinstance(found, EngineError):
            return
        self._shown = (index, *found)
        if index == self.list.index:
            self._show_sample()

    def _searched(
        self, question: tuple[RunSession, str, NDArray[np.int64]], found: NDArray[np.int64] | EngineError
    ) -> None:
        if question[0] is self._session and question[1] == self.filter.word and not isinstance(found, EngineError):
            self._with_word = found
            split = self._snapshot.held_out.split if self._snapshot and self._snapshot.held_out else ""
            said = f"{len(found):,} of {len(question[2]):,} {split} texts have {self.filter.word}"
            self.notify(plain(said), markup=False, timeout=4)
            self._list_samples()
            self._show_sample()


def _with_decision(words: str, found: Predictions | HeldOut | None) -> str:
    """Prefix the words with the run's threshold and temperature, if the predictions use them."""
    return f"{found.decision.words} · {words}" if found and not found.decision.plain else words


def _explain(question: Question) -> Found:
    session, index, _ = question
    sample = session.sample(index)
    return sample, session.explain(sample.ids)
