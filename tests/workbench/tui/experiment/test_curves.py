"""Curves that can be trusted: what is drawn, what is said of it, and that nothing in the values breaks it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region

from engine import events as happened
from engine.events import Ended, Recorded, Started, Status
from engine.experiment import toml_file
from tests.workbench import fake
from tests.workbench.fake import opened, ran, screen_text, text_of, until
from workbench.terminal import key_presses
from workbench.tui.experiment.curves import Curves
from workbench.tui.widgets import after_keys, chart
from workbench.tui.widgets.chart import Chart, Level, Line, Mark, Picture
from workbench.tui.widgets.epoch_chart import smoothed
from workbench.tui.widgets.progress_line import ProgressLine

VALUES = st.floats(allow_nan=True, allow_infinity=True)


class ChartApp(App[None]):
    """One chart and nothing else; notes which rows are repainted."""

    def compose(self) -> ComposeResult:
        yield Chart()

    @property
    def chart(self) -> Chart:
        return self.query_one(Chart)


def shown(app: ChartApp) -> str:
    widget = app.chart
    return "\n".join(strip.text for strip in widget.render_lines(widget.size.region))


def line(*ys: float, **more: Any) -> Line:
    return Line(tuple(float(x + 1) for x in range(len(ys))), ys, "primary", **more)


async def test_draws_lines_marks_and_whole_epochs_without_colours() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 16)) as pilot:
        train, val = line(0.5, 0.4, 0.3, 0.2), line(0.5, 0.45, 0.47, 0.6, points=True)
        marks = (Mark(2, "best 2", "success"), Mark(3, "overfits", "error"))
        app.chart.show(Picture((train, val), 1, 4, marks, (Level(0.55),)))
        await pilot.pause()
        text = shown(app)
        assert "best 2" in text
        assert "overfits" in text
        assert "●" in text
        assert "╌╌╌" in text
        assert text.splitlines()[-1].split() == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "ys", [(math.nan,), (math.inf, -math.inf), (math.nan, 0.5, math.inf), (1e308, -1e308), (0.3,)]
)
@pytest.mark.parametrize("logarithmic", [False, True])
async def test_values_that_are_none_leave_gaps(ys: tuple[float, ...], logarithmic: bool) -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 16)) as pilot:
        app.chart.show(Picture((line(*ys),), 1, 5, logarithmic=logarithmic, hint="nothing yet"))
        await pilot.pause()
        assert "cannot be drawn" not in shown(app)


@settings(deadline=None, max_examples=60)
@given(st.lists(VALUES, max_size=40), st.booleans(), st.integers(1, 30), st.integers(0, 60))
def test_no_values_whatever_break_a_drawing(ys: list[float], logarithmic: bool, low: int, span: int) -> None:
    drawn = Line(tuple(float(x) for x in range(1, len(ys) + 1)), tuple(ys), "primary", points=True)
    picture = Picture((drawn,), low, low + span + 1, (Mark(3, "best", "red"),), (Level(0.5),), logarithmic)
    found = chart._clean(drawn, logarithmic)
    if found is not None:
        ticks = chart._y_ticks([found], picture, 12)
        assert ticks[0][0] < ticks[-1][0]
        assert len(ticks) < 20


async def test_repaints_only_the_rows_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 16)) as pilot:
        app.chart.show(Picture((line(0.5, 0.2),), 1, 9))
        await pilot.pause()
        painted: list[tuple[Region, ...]] = []
        monkeypatch.setattr(app.chart, "refresh", lambda *regions, **_: painted.append(regions))
        app.chart.show(Picture((line(0.5, 0.2),), 1, 9))
        assert painted == []
        app.chart.show(Picture((line(0.5, 0.2, 0.21),), 1, 9))
        assert 0 < len(painted) <= 4
        assert all(regions[0].height == 1 for regions in painted)


def test_thins_to_two_points_a_column_and_keeps_the_extremes() -> None:
    ys = tuple(math.sin(x / 7) for x in range(5000))
    xs, kept = zip(*chart._thin(line(*ys), 1, 5000, 60), strict=True)
    assert len(xs) <= 120
    assert list(xs) == sorted(xs)
    assert max(kept) == max(ys)
    assert min(kept) == min(ys)


def test_axis_limits_move_in_steps() -> None:
    limits = set()
    for index in range(60):
        picture = Picture((line(0.5, 0.5 - index / 150),), 1, 2)
        ticks = chart._y_ticks(picture.lines, picture, 14)
        limits.add((ticks[0][0], ticks[-1][0]))
    assert len(limits) < 20


def test_smoothing_starts_at_the_first_value_and_keeps_gaps() -> None:
    found = smoothed([1.0, math.nan, 1.0, 0.0])
    assert found[0] == pytest.approx(1.0)
    assert math.isnan(found[1])
    assert 0 < found[3] < 1


async def test_keys_switch_what_the_curves_show_and_the_titles_say_so() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        curves = bench.query_one(Curves)
        assert "train (average)" not in text_of(bench, "#metric")
        for key, words in (("l", "log"), ("m", "smoothed"), ("y", "penalty")):
            await pilot.press(key)
            assert words in str(bench.query_one("#loss").border_title)
            await pilot.press(key)
            assert words not in str(bench.query_one("#loss").border_title)
        before = curves.query_one("#loss", Chart).picture.lines[0].ys
        await pilot.press("e")
        after = curves.query_one("#loss", Chart).picture.lines[0].ys
        assert after[0] == pytest.approx(fake.epoch(1).logs["eval_loss"])
        assert before[0] == pytest.approx(fake.epoch(1).logs["loss"])


async def test_the_cursor_tells_exact_values_and_goes_away() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("left")
        await ran(pilot, bench)
        assert "epoch 20" in str(bench.query_one("#loss").border_subtitle)
        await pilot.press("left", "left", "left")
        said = str(bench.query_one("#loss").border_subtitle)
        assert "18" in said
        assert f"{fake.epoch(18).logs['val_loss']:.3f}" in said
        await pilot.press("right", "right", "right", "right")
        assert "20" in str(bench.query_one("#loss").border_subtitle)
        await pilot.press("escape")
        assert "epoch 20" in str(bench.query_one("#loss").border_subtitle)


async def test_points_that_are_not_joined_are_all_drawn_in_any_order() -> None:
    async with ChartApp().run_test(size=(60, 20)) as pilot:
        app = pilot.app
        assert isinstance(app, ChartApp)
        xs = (9.0, 1.0, 5.0, 5.1, 4.9, 2.0, 8.0)
        points = Line(xs, (1.0, 9.0, 5.0, 1.0, 9.0, 3.0, 7.0), "warning", points=True, joined=False)
        app.chart.show(Picture((points,), 1, 9))
        assert shown(app).count("●") == len(xs)


async def test_smoothing_says_the_values_as_they_are() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        chart = bench.query_one("#loss", Chart)
        before, drawn = chart.border_subtitle, chart.picture.lines
        await pilot.press("m")
        assert chart.border_subtitle == before
        assert [line.ys for line in chart.picture.lines[::2]] == [line.ys for line in drawn]
        assert [line.ys for line in chart.picture.lines[1::2]] != [line.ys for line in drawn]


async def test_zoom_shows_a_range_of_epochs_and_then_all_again() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        picture = lambda: bench.query_one("#loss", Chart).picture  # noqa: E731
        await pilot.press("left", "left", "z", "left", "left", "left", "z")
        assert (picture().low, picture().high) == (16, 19)
        await pilot.press("z")
        assert (picture().low, picture().high) == (1, 20)


async def test_the_run_before_is_drawn_beside_the_next_one_of_its_kind() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        loss = bench.query_one("#loss", Chart)
        assert len(loss.picture.lines) == 2
        bench.edit(toml_file.load("imdb-small"))
        await ran(pilot, bench)
        await until(pilot, lambda: "run 7" in str(loss.border_title))
        assert len(loss.picture.lines) == 3
        assert "run 7 " in str(loss.border_subtitle)
        await pilot.press("h")
        assert len(loss.picture.lines) == 2
        bench.edit(toml_file.load("boston"))
        await ran(pilot, bench)
        await pilot.press("h")
        assert len(loss.picture.lines) == 2


async def test_the_run_before_is_smoothed_too() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        await ran(pilot, bench)
        await pilot.press("m")
        loss = bench.query_one("#loss", Chart)
        await until(pilot, lambda: len(loss.picture.lines) == 6)
        assert "cannot be drawn" not in text_of(bench, "#loss")
        assert loss._colour("warning 50% 40%") == loss._colour("warning 20%")


async def test_charts_are_drawn_once_keys_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = True
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        monkeypatch.setattr(key_presses, "answering", lambda: answering)
        monkeypatch.setattr(after_keys, "LONGEST", math.inf)
        metric = bench.query_one("#metric", Chart)
        bench.edit(toml_file.load("imdb-small"))
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        await pilot.pause()
        assert len(metric.picture.lines) == 2
        answering = False
        await until(pilot, lambda: len(metric.picture.lines) == 3)


async def test_baseline_best_and_overfitting_are_marked() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        picture = bench.query_one("#loss", Chart).picture
        assert picture.levels[0].y == 0.693
        assert [mark.label for mark in picture.marks] == ["best 4", "overfits"]
        assert picture.marks[1].x == 6
        assert "╌╌ base .69" in str(bench.query_one("#loss").border_title)


async def test_a_baseline_outside_the_axis_is_told_with_its_side() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        chart = bench.query_one("#loss", Chart)
        for level, sign in ((0.693, "╌╌"), (9.0, "↑"), (-9.0, "↓")):
            chart.show(replace(chart.picture, levels=(Level(level),)))
            assert chart.level_sign(chart.picture.levels[0]) == sign
            drawn = text_of(bench, "#loss").split("\n", 1)[1]  # the title stands above
            assert ("╌" in drawn) == (sign == "╌╌")


async def test_a_run_without_validation_or_metrics_or_sound_values_is_drawn_all_the_same() -> None:
    def events() -> Iterator[Any]:
        yield Recorded("9")
        yield Started(fake.FACTS, 10, 3, 1, 0.1)
        for number, loss in ((1, 1e300), (2, math.inf), (3, math.nan)):
            ended = fake.epoch(number)
            yield type(ended)(number, {"loss": loss}, 0.1, number == 1, 0.001)
        yield Ended(Status.FINISHED, 1, 0.3)

    async with opened(fake.app("boston", fake.FakeBackend(events_of=events))) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("l", "m", "e", "left", "z", "y")
        await until(pilot, lambda: bench.query_one("#loss", Chart).picture.logarithmic)
        assert "val" not in str(bench.query_one("#loss").border_title).split()


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "ansi-light"])
async def test_curves_and_shades_follow_the_theme(theme: str) -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: "brilliant" in text_of(bench, "#strongest"))
        before = bench.query_one("#words").render_line(0)
        pilot.app.theme = theme
        await pilot.pause()
        curve = bench.query_one("#loss", Chart)
        names = ["primary", "warning", "foreground-muted"] + ["warning 50%"] * ("ansi" not in theme)
        colours = {str(curve._colour(name)) for name in names}
        assert len(colours) == len(names)
        assert ("white" in colours) == ("ansi" in theme)
        assert "cannot be drawn" not in text_of(bench, "#loss")
        assert bench.query_one("#words").render_line(0) != before


async def test_labels_of_marks_stand_above_the_plot_and_cover_no_curve() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 16)) as pilot:
        ys = tuple(0.5 + (index % 2) / 2 for index in range(20))
        marks = (Mark(5, "best 5", "success"), Mark(6, "overfits", "error"), Mark(19, "from", "accent"))
        app.chart.show(Picture((line(*ys, points=True),), 1, 20, marks))
        await pilot.pause()
        above, *plot = shown(app).splitlines()
        assert all(mark.label in above for mark in marks)
        assert not any(mark.label in row for mark in marks for row in plot)
        column = plot[0].index("┊")
        assert column in (above.index("best 5"), above.index("best 5") + len("best 5") - 1)


@pytest.mark.parametrize(("low", "high"), [(0.05, 0.6), (0.2, 0.6), (3.0, 40_000.0), (0.1, 1.0), (1e-9, 5.0)])
def test_log_ticks_are_powers_of_ten(low: float, high: float) -> None:
    drawn = chart._clean(line(low, high), True)
    assert drawn is not None
    ticks = chart._y_ticks([drawn], Picture((drawn,), 1, 2, logarithmic=True), 12)
    assert 2 <= len(ticks) <= 7
    assert ticks[0][0] <= math.log10(low) <= math.log10(high) <= ticks[-1][0]
    for index, label in ticks:
        assert float(label.replace(",", "")) == pytest.approx(10.0**index)
        assert index == round(index)


async def test_a_key_shows_one_chart_on_the_whole_screen_then_the_other_then_all() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await ran(pilot, bench)
        for shown_alone in ("loss", "metric"):
            await pilot.press("Z")
            assert bench.maximized is bench.query_one(f"#{shown_alone}")
            await pilot.pause()
            assert bench.query_one(f"#{shown_alone}").size.height >= 19
        await pilot.press("Z")
        assert bench.maximized is None
        await pilot.press("Z", "escape")
        assert bench.maximized is None


def undefined_auc() -> Iterator[Any]:
    yield Recorded("7")
    yield Started(fake.FACTS, 17, 3, 1, 0.1)
    for number in (1, 2, 3):
        logs = {"loss": 0.5, "auc": 0.6 + number / 100, "penalty": 0.0, "val_loss": 0.4}
        yield replace(fake.epoch(number), logs=logs)
    yield happened.Tested(3, {"loss": 0.5})
    yield Ended(Status.FINISHED, 3, 1.0)


async def test_an_undefined_metric_is_a_gap_in_its_chart_and_not_a_number() -> None:
    app = fake.app(backend=fake.FakeBackend(events_of=undefined_auc))
    async with opened(app) as (pilot, bench):
        training = bench.experiment.training.model_copy(update={"metrics": ("auc",)})
        bench.edit(bench.experiment.model_copy(update={"training": training}))
        await ran(pilot, bench)
        chart = bench.query_one("#metric", Chart)
        train, validation = chart.picture.lines[:2]
        assert not any(map(math.isnan, train.ys))
        assert all(map(math.isnan, validation.ys))
        assert "val [bold]n/a" in str(chart.border_subtitle)
        said = bench.query_one(ProgressLine).line.plain
        assert "best 3: loss 0.400 auc n/a" in said
        assert "test loss 0.500 auc n/a" in said


async def test_the_cursor_is_shared_with_the_charts_of_other_screens() -> None:
    app = fake.app()
    async with fake.opened(app) as (pilot, bench):
        await fake.ran(pilot, bench)
        curves = bench.query_one(Curves)
        curves.move(-1)
        curves.move(-1)
        curves.move(-1)
        cursor = curves.options.window.cursor
        assert cursor
        await pilot.press("3")
        await fake.until(pilot, lambda: app.chart_cursor == cursor)
        app.chart_cursor = 2
        await pilot.press("1")
        await fake.until(pilot, lambda: curves.options.window.cursor == 2)


async def test_curves_stand_over_seconds_of_training() -> None:
    app = fake.app()
    async with fake.opened(app) as (pilot, bench):
        await fake.ran(pilot, bench)
        await pilot.press("X")
        curves = bench.query_one(Curves)
        picture = curves.query_one("#loss", Chart).picture
        await fake.until(pilot, lambda: "over seconds" in fake.text_of(bench, "#loss"))
        assert picture.lines[0].xs[:2] == pytest.approx((0.15, 0.3))
        assert picture.marks[0].x == pytest.approx(0.6)


@pytest.mark.parametrize("columns", [110, 120, 140, 200])
async def test_no_title_of_a_chart_is_cut(columns: int) -> None:
    async with opened(fake.app(), (columns, 40)) as (pilot, bench):
        await ran(pilot, bench)
        curves = bench.query_one(Curves)
        await until(pilot, lambda: "linear" in curves._levels(bench.snapshot, "loss"))

        def titles() -> list[str]:
            return [line for line in screen_text(bench).splitlines() if "Loss " in line and "─── train" in line]

        await until(pilot, titles)
        assert not any("…" in line for line in titles())
