"""The mouse over charts: a click chooses the epoch under it, the wheel zooms around it."""

from __future__ import annotations

import pytest
from textual import events
from textual.geometry import Offset
from textual.pilot import Pilot

from tests.workbench import fake
from tests.workbench.fake import opened, ran, until
from workbench.tui.experiment.curves import Curves
from workbench.tui.widgets.chart import BESIDE, Chart
from workbench.tui.widgets.epoch_chart import ALL, EpochWindow


def column_of(chart: Chart, epoch: int) -> int:
    """A column in which an epoch is drawn."""
    return next(column for column in range(chart.size.width) if chart.epoch_at(column) == epoch)


async def wheel(pilot: Pilot[int], chart: Chart, column: int, up: bool) -> None:
    """Turns the wheel over a column of a chart."""
    x, y = chart.content_region.offset + Offset(column, 2)
    kind = events.MouseScrollUp if up else events.MouseScrollDown
    pilot.app.screen._forward_event(
        kind(chart, x, y, 0, 0, 0, False, False, False, screen_x=x, screen_y=y, style=None)
    )
    await pilot.pause()


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_click_puts_the_cursor_on_the_epoch_that_is_drawn_there(size: tuple[int, int]) -> None:
    app = fake.app()
    async with opened(app, size) as (pilot, bench):
        await ran(pilot, bench)
        bench.go_to_panel(1)
        await pilot.pause()
        chart = bench.query_one("#loss", Chart)
        for epoch in (1, 9, 20):
            column = column_of(chart, epoch)
            await pilot.click("#loss", offset=(column + 1, 3))  # beside the border
            assert bench.query_one(Curves).options.window.cursor == epoch
            drawn = {x for line in chart._lines for x, sign in enumerate(line.text) if sign == BESIDE}
            assert any(chart.epoch_at(x) == epoch for x in drawn)
        await pilot.click("#loss", offset=(2, 3))  # the labels of the axis
        assert bench.query_one(Curves).options.window.cursor == 20


async def test_the_wheel_zooms_in_around_an_epoch_and_out_again() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        await ran(pilot, bench)
        curves, chart = bench.query_one(Curves), bench.query_one("#metric", Chart)
        await wheel(pilot, chart, column_of(chart, 10), up=True)
        span = curves.options.window.span
        assert span is not None
        low, high = span
        assert (low <= 10 <= high, high - low < 19) == (True, True)
        assert chart.picture.low == bench.query_one("#loss", Chart).picture.low == low
        for _ in range(4):
            await wheel(pilot, chart, chart.size.width // 2, up=False)
        await until(pilot, lambda: curves.options.window.span is None)


async def test_the_mouse_does_nothing_before_there_are_curves() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        chart = bench.query_one("#loss", Chart)
        await pilot.click("#loss", offset=(20, 4))
        await wheel(pilot, chart, 20, up=True)
        assert bench.query_one(Curves).options.window == ALL


def test_zooming_ends_at_two_epochs_and_at_all_of_them() -> None:
    window = ALL
    for _ in range(20):
        window = window.wheeled(5, 1, 20)
    assert window.span is not None
    assert window.span[1] - window.span[0] == 2
    for _ in range(20):
        window = window.wheeled(5, -1, 20)
    assert window == ALL
    assert ALL.wheeled(1, 1, 1) == ALL
    assert ALL.wheeled(30, 1, 20).span == (8, 20)


def test_a_click_beyond_the_last_epoch_chooses_the_last() -> None:
    assert ALL.at(30, 7) == EpochWindow(cursor=7)
