"""Answers on held-out samples: listed, filtered, explained, counted; and reviews of one's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.theme import Theme
from textual.widgets import TextArea

from engine.datasets.ragged import Ragged
from engine.evaluation.class_table import class_table
from engine.evaluation.split_outputs import SplitOutputs
from engine.prediction import held_out as metrics
from engine.prediction.answers import HeldOut, HeldOutAnswer, Prediction
from engine.prediction.decision import Decision
from engine.prediction.predictor import Explanation, WordEffect
from engine.system.plain_text import plain
from tests.workbench import fake
from tests.workbench.fake import opened, ran, screen_text, text_of, until
from workbench.tui import themes
from workbench.tui.dialogs.pick import Pick
from workbench.tui.experiment import held_out_filter, held_out_view
from workbench.tui.experiment.held_out_filter import Filter
from workbench.tui.experiment.own_review import ReviewScreen
from workbench.tui.experiment.review_list import ReviewList
from workbench.tui.experiment.review_text import ReviewText
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.messages import DecisionKept
from workbench.tui.sessions.network_watch import phrases, texts_with
from workbench.tui.widgets.class_table import class_lines
from workbench.tui.widgets.scrolling_text import Prose

LABELS = ("negative", "positive")


def made(outputs: list[list[float]], targets: list[int], before: list[list[float]] | None = None) -> HeldOut:
    indices = np.arange(len(targets)) * 10
    then = None if before is None else np.array(before, np.float32)
    return HeldOut(3, "validation", indices, np.array(targets), np.array(outputs, np.float32), then, len(indices))


BINARY = made([[0.9], [0.2], [0.8], [0.45], [0.1]], [1, 1, 0, 0, 1], [[0.9], [0.7], [0.8], [0.6], [0.1]])


@pytest.mark.parametrize(
    ("kind", "samples"),
    [
        ("wrong", [10, 20, 40]),
        ("confident", [40, 10, 20]),
        ("unsure", [30, 10, 20, 0, 40]),
        ("flipped", [10, 30]),
    ],
)
def test_filters_choose_and_order_samples(kind: str, samples: list[int]) -> None:
    answers, count = held_out_filter.chosen(BINARY, Filter(kind), LABELS, "binary")
    found = [answer.index for answer in answers]
    assert (sorted(found), count) == (sorted(samples), len(samples))
    if kind == "confident":
        assert found[0] == 40
    if kind == "unsure":
        assert found[0] == 30


def test_filters_by_label_and_by_word() -> None:
    answers, _ = held_out_filter.chosen(BINARY, Filter("label", 0), LABELS, "binary")
    assert [answer.index for answer in answers] == [20, 30]
    answers, _ = held_out_filter.chosen(BINARY, Filter("word", word="x"), LABELS, "binary", np.array([0, 40]))
    assert [answer.index for answer in answers] == [0, 40]
    assert held_out_filter.chosen(BINARY, Filter("word", word="x"), LABELS, "binary")[1] == 0


def test_filters_follow_the_threshold() -> None:
    held = replace(BINARY, decision=Decision(0.15, "f1"))
    answers, _ = held_out_filter.chosen(held, Filter("wrong"), LABELS, "binary")
    assert [(one.index, one.predicted) for one in answers] == [
        (20, "positive"), (30, "positive"), (40, "negative"),
    ]  # fmt: skip
    unsure, _ = held_out_filter.chosen(held, Filter("unsure"), LABELS, "binary")
    assert unsure[0].index == 10, "said to be positive at a probability of 0.2"
    assert sum(bar.wrong for bar in metrics.histogram(held)) == 3


async def test_a_threshold_that_is_kept_decides_the_answers_shown_and_is_said() -> None:
    backend = fake.FakeBackend()
    async with opened(fake.app(backend=backend), (110, 30)) as (pilot, bench):
        await ran(pilot, bench)
        reviews = bench.query_one(Reviews)
        assert reviews.answers[0].predicted == "negative"
        backend.sessions[0].decision = Decision(0.01, "f1")
        bench.app.post_message(DecisionKept("another"))
        bench.app.post_message(DecisionKept("7"))
        await until(pilot, lambda: "threshold 0.010 (by f1)" in screen_text(bench))
        assert {one.predicted for one in reviews.answers} == {"positive"}
        assert [one.right for one in reviews.answers[:2]] == [False, True]
        await pilot.press("v", "v")
        await until(pilot, lambda: "prec." in text_of(bench, "#held-words"))
        await until(pilot, lambda: screen_text(bench).count("threshold 0.010 (by f1)") == 2)
        assert "accuracy 0.5" in text_of(bench, "#held-words")
        await pilot.press("t", *"awful")
        await until(pilot, lambda: "threshold 0.010 (by f1)" in screen_text(bench.app.screen))
        assert " positive " in text_of(bench.app.screen, "#verdict")


def test_regression_lists_the_largest_errors_first() -> None:
    samples = made([[20.0], [30.0], [10.0]], [21, 20, 10])
    answers, _ = held_out_filter.chosen(samples, Filter("confident"), (), "regression")
    assert [answer.index for answer in answers] == [10, 0, 20]


async def test_errors_of_numbers_are_whole_in_a_narrow_panel() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield ReviewList()

    answers = (HeldOutAnswer(339, "", 19.0, 21.97), HeldOutAnswer(112, "", 118.8, 109.35))
    async with Host().run_test(size=(29, 10)) as pilot:
        pilot.app.query_one(ReviewList).show(answers, "regression")
        await pilot.pause()
        shown = screen_text(pilot.app.screen)
        assert "  true predicted error" in shown
        assert " 19.00 →   21.97 +2.97" in shown
        assert "118.80 →  109.35 -9.45" in shown


def test_the_histogram_counts_every_row_once() -> None:
    bars = metrics.histogram(fake.held_out(3))
    assert sum(bar.right + bar.wrong for bar in bars) == 200
    assert sum(bar.wrong for bar in bars) == 20


def test_the_most_confused_pairs_come_first() -> None:
    matrix = np.array([[5, 3, 0], [1, 5, 0], [0, 4, 2]])
    assert metrics.confused(matrix, 2) == ((2, 1, 4), (0, 1, 3))


async def test_samples_are_there_before_a_run_and_answers_after_every_epoch() -> None:
    backend = fake.FakeBackend(gated=True)
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        assert "#1 neg" in text_of(bench, "#review-list")
        assert "?" in text_of(bench, "#words")
        await pilot.press("r")
        await until(pilot, lambda: backend.sessions)
        for number in (1, 2):
            backend.sessions[0].gate.release()  # type: ignore[union-attr]
            await until(pilot, lambda n=number: str(bench.query_one(Reviews).list.border_subtitle) == f"epoch {n}")
            assert "#1 neg" in text_of(bench, "#review-list")
        assert "↕" in text_of(bench, "#review-list")
        assert "✗" in text_of(bench, "#review-list")
        await until(pilot, lambda: 2 in backend.sessions[0].explained)
        await pilot.press("s")
        await until(pilot, lambda: bench.runner.live.done.is_set())


async def test_n_and_capital_n_go_through_the_reviews_from_anywhere() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        reviews = bench.query_one(Reviews)
        await pilot.press("n", "n")
        assert reviews.list.index == 7
        assert "3 of 20" in str(reviews.list.border_title)
        assert "#7 · negative" in str(reviews.query_one(ReviewText).border_title)
        await pilot.press("N")
        assert reviews.list.index == 4
        assert bench.focused is bench.stack


async def test_words_are_shaded_and_the_strongest_listed() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: "brilliant" in text_of(bench, "#strongest"))
        assert "+0.120 brilliant" in text_of(bench, "#strongest")
        assert "-0.100 awful" in text_of(bench, "#strongest")


@pytest.mark.parametrize("words", [("performances", "awful"), ("awful", "underappreciated", "bad", "dull")])
async def test_a_long_word_is_whole_where_the_other_column_leaves_room(words: tuple[str, ...]) -> None:
    effects = tuple(WordEffect(word, 0.2) for word in words)
    explanation = Explanation(Prediction((0.5,), "no", 0.5), words, effects, Decision())
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        text = bench.query_one(ReviewText)
        width = text.size.width - 2
        assert width // 2 < len("+0.200 performances  ")
        lines = [str(line).rstrip() for line in text._strongest(explanation)]
        assert [line for line in lines if "..." in line or len(line) > width] == []
        assert sorted(" ".join(lines).replace("+0.200", "").split()) == sorted(words)


LONG = ("comp.os.ms-windows.misc", "talk.politics.mideast", "sci.med")


@pytest.mark.parametrize("width", [28, 38, 46, 60, 70, 90])
def test_classes_are_whole_where_there_is_room(width: int) -> None:
    outputs = np.eye(3, dtype=np.float32)[[0, 1, 2, 2]]
    for labels in (LABELS, LONG):
        count = len(labels)
        found = SplitOutputs("test", np.arange(4), np.arange(4) % count, outputs[:, :count], labels)
        lines = [str(line) for line in class_lines(class_table(found), width)]
        assert max(map(len, lines)) <= width
        assert lines[0].split()[:4] in (["class", "prec.", "recall", "F1"], ["class", "prec.", "rec.", "F1"])
        whole = max(map(len, labels)) + 3 * 6 <= width
        assert all(any(line.startswith(label) for line in lines) for label in labels) is whole
    matrix = [str(line) for line in held_out_view._matrix([[1, 2], [3, 4]], list(LONG[1:]), 70)]
    assert "".join(matrix).count("talk.politics.mideast") == 2


async def test_labels_and_words_are_whole_in_a_narrow_panel() -> None:
    async with opened(fake.app(), (110, 30)) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: "+0.120 brilliant" in text_of(bench, "#strongest"))
        shown = text_of(bench, "#review-list") + text_of(bench, "#strongest")
        assert "negative 0.300" in shown
        assert "…" not in shown


async def test_no_word_is_lost_beside_the_scrollbar() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield Prose()

    text = " ".join(f"word{number}" for number in range(400))
    async with Host().run_test(size=(33, 10)) as pilot:
        prose = pilot.app.query_one(Prose)
        prose.put(Content(text))
        await pilot.pause()
        seen = []
        for index in range(prose.virtual_size.height):
            prose.scroll_to(y=index, animate=False, immediate=True)
            await pilot.pause()
            line = prose.app.screen._compositor.render_strips()[0].text
            seen += line[: prose.scrollable_content_region.width].split()
            if index + 10 >= prose.virtual_size.height:
                break
        assert text.startswith(" ".join(seen))
        assert len(seen) > 300


async def test_another_review_begins_at_its_top() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("n")
        words = bench.query_one("#words", Prose)
        words.put(Content("long " * 900))
        await pilot.pause()
        words.scroll_to(y=3, animate=False, immediate=True)
        await pilot.press("n")
        assert words.scroll_offset.y == 0


async def test_i_shows_the_original_text_as_text() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("n", "i")
        assert "This film, number 1: [b]brilliant[/b]!" in text_of(bench, "#words").replace("\n", " ")
        await pilot.press("n")
        assert "This source holds word ids" in text_of(bench, "#words")
        await pilot.press("i")
        assert "original" not in text_of(bench, "#words")


async def test_k_filters_and_searches() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        reviews = bench.query_one(Reviews)
        await pilot.press("k", *"confident", "enter")
        await until(pilot, lambda: reviews.filter.kind == "confident")
        assert "most confident wrong · 1 of 20" in str(reviews.list.border_title)
        assert "validation" in str(reviews.list.border_title)
        assert "✓" not in text_of(bench, "#review-list")
        await pilot.press("k", *"awful", "enter")
        await until(pilot, lambda: "of 29" in str(reviews.list.border_title))
        await pilot.press("k", *"nowhere", "enter")
        await until(pilot, lambda: "no review has “nowhere”" in text_of(bench, "#review-list"))
        await pilot.press("k", *"true label", "enter")
        await until(pilot, lambda: "negative · 1 of 100" in str(reviews.list.border_title))
        await pilot.press("k", *"watched", "enter")
        await until(pilot, lambda: "1 of 20" in str(reviews.list.border_title))


async def test_k_before_the_data_is_read_says_so() -> None:
    async with opened(fake.app(backend=fake.FakeBackend(problem="not here"))) as (pilot, _):
        await pilot.press("k")
        assert not isinstance(pilot.app.screen, Pick)


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_v_shows_all_answers_as_a_histogram_and_by_class(size: tuple[int, int]) -> None:
    async with opened(fake.app(), size) as (pilot, bench):
        await ran(pilot, bench)
        bench.query_one(Reviews).list.focus()
        await pilot.press("v")
        await pilot.pause()
        await until(pilot, lambda: "0.9–1.0" in text_of(bench, "#held-words"))
        assert "validation · 200 of 200" in str(bench.query_one("#held-out").border_subtitle)
        await pilot.press("v")
        await until(pilot, lambda: "accuracy 0.900 ±0.042" in text_of(bench, "#held-words"))
        seen = bench.query_one("#held-words", Prose).content_text
        assert "recall" in seen
        assert "F1" in seen
        assert seen.count("±") == (7 if size[0] == 80 else 1)
        await pilot.press("tab")
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "held-words"
        await pilot.press("v")
        assert bench.query_one(ReviewText).display


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_t_answers_a_review_of_ones_own_as_one_types(size: tuple[int, int]) -> None:
    app = fake.app()
    async with opened(app, size) as (pilot, bench):
        await pilot.press("t")
        assert app.screen is bench
        await ran(pilot, bench)
        before = app.focused
        await pilot.press("t")
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press(*"a brilliant")
        await until(pilot, lambda: "P(positive) 0.900" in text_of(app.screen, "#verdict"))
        assert "ids 1 11 19" in text_of(app.screen, "#ids")
        await pilot.press(*" unfathomable")
        await until(pilot, lambda: "1 unknown: unfathomable" in text_of(app.screen, "#ids"))
        assert "+0.200 brilliant" in text_of(app.screen, "#strongest")
        await pilot.press("escape")
        assert app.screen is bench
        assert app.focused is before
        await pilot.press("t")
        assert app.screen.query_one(TextArea).text == "a brilliant unfathomable"


async def test_ones_own_review_keeps_its_words_when_the_theme_changes() -> None:
    app, themed = fake.app(), list[Theme]()
    async with opened(app) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("t", *"brilliant")
        await until(pilot, lambda: "? brilliant" in text_of(app.screen, "#words"))
        app.theme_changed_signal.subscribe(app, themed.append)
        app.theme = themes.LIGHT.name
        await until(pilot, lambda: themed)
        assert "? brilliant" in text_of(app.screen, "#words")
        assert "+0.200 brilliant" in text_of(app.screen, "#strongest")


async def test_capital_t_changes_a_real_review_and_remembers_its_answer() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("n", "T")
        assert "number 1" in app.screen.query_one(TextArea).text
        await until(pilot, lambda: "was 0.710" in text_of(app.screen, "#verdict"))


async def test_own_reviews_are_refused_where_samples_are_columns() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        live = bench.runner.live
        assert live is not None
        assert live.snapshot.samples is not None
        import dataclasses

        columns = dataclasses.replace(live.snapshot.samples, kind="columns")
        live.snapshot = dataclasses.replace(live.snapshot, samples=columns)
        bench.show_experiment()
        await pilot.press("t")
        assert pilot.app.screen is bench


async def test_words_of_any_origin_are_shown_as_text() -> None:
    async with opened(fake.app()) as (_, bench):
        view = bench.query_one(ReviewText)
        for word in ("[bold]x[/]", "\x1b[31mred", "a\u202eb", "\x07", "[@click=app.quit]"):
            explanation = Explanation(Prediction((0.5,), "x", 0.5), (word, "[red]"), (WordEffect(word, 0.1),))
            view.explain(explanation)
            assert view.shaded(explanation).plain == f"{plain(word)} [red]"
            assert not set(text_of(bench, "#words")) & set("\x1b\x07\u202e")


async def test_a_search_says_what_enter_does_where_it_searches_and_how_many_it_found() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("k", *"brilliant")
        await until(pilot, lambda: "searches the" in fake.screen_text(pilot.app.screen))
        assert "⏎ searches the 200 validation texts for brilliant" in fake.screen_text(pilot.app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 29" in str(bench.query_one("#review-list").border_title))
        assert any(
            "29 of 200 validation texts have brilliant" in told.message for told in pilot.app._notifications
        )


def test_a_search_has_words_and_phrases_in_quotes() -> None:
    assert phrases('great "bad film" awful') == ["great", "bad film", "awful"]
    assert phrases("“not good”") == ["not good"]
    assert phrases('"half open') == ["half open"]
    assert phrases("") == []
    texts = Ragged.of([np.array(ids, np.int32) for ids in ([1, 5, 6, 7], [1, 6, 5], [], [5], [6, 7, 5, 6])])
    assert texts_with(texts, np.array([5, 6], np.int32)).tolist() == [True, False, False, False, True]
    assert texts_with(texts, np.array([7], np.int32)).tolist() == [True, False, False, False, True]
    assert texts_with(texts, np.array([6, 5, 6, 7], np.int32)).tolist() == [False] * 5
