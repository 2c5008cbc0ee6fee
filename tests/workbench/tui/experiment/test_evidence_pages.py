"""Charts on pages of long work: the learning rates that were tried, and the learning curve over data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.evaluation import learning_curve
from engine.evaluation.learning_curve import Point, fitted
from engine.evaluation.sanity import ladder
from engine.evaluation.sanity.ladder import Rung
from engine.events import Preparing
from engine.experiment.model import Experiment
from tests.workbench import fake
from tests.workbench.fake import opened, ran, screen_text, until
from workbench.tui.dialogs.work_page import WorkPage
from workbench.tui.evidence.screen import EvidenceScreen
from workbench.tui.experiment.sanity_page import rate_picture
from workbench.tui.widgets.chart import Chart

SIZES = [(80, 24), (140, 40)]
CURVE = (*((10.0**power, 0.7 - 0.1 * (power + 6)) for power in range(-6, 0)), (1.0, 3.0))


@pytest.mark.parametrize("size", SIZES)
async def test_the_learning_rates_that_were_tried_are_drawn(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    def climbed(_: Experiment) -> Iterator[Any]:
        yield Preparing("trying learning rates", 1, 100)
        yield Rung("learning_rate", True, 0.001, 0.02, "try 0.02", CURVE)

    monkeypatch.setattr(ladder, "climb", climbed)
    async with opened(fake.app(), size) as (pilot, _):
        await pilot.press("j")
        await until(pilot, lambda: "1e-4" in screen_text(pilot.app.screen))
        assert "proposed 0.02" in screen_text(pilot.app.screen)
        assert "try 0.02" in screen_text(pilot.app.screen)
        before = pilot.app.screen.query_one(Chart).size.height
        await pilot.press("Z")
        await until(pilot, lambda: pilot.app.screen.query_one(Chart).size.height > before)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, WorkPage)


def test_a_rate_range_without_a_proposal_has_no_mark_for_it() -> None:
    drawn = rate_picture(Rung("learning_rate", False, 0.001, None, "never fell", CURVE))
    assert [mark.label for mark in drawn.marks] == ["rate 0.001"]


@pytest.mark.parametrize("size", SIZES)
async def test_the_learning_curve_over_data_is_drawn_with_its_fit(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    points = [Point(n, seed, 0.9 - n**-0.5 + seed / 1000) for n in (100, 200, 400, 800, 1600) for seed in (0, 1)]

    def trained(_: Experiment) -> Iterator[Any]:
        yield Preparing("training on parts of the samples", 1, 10)
        yield from points
        return fitted("accuracy", points, 3200)

    monkeypatch.setattr(learning_curve, "learning_curve", trained)
    async with opened(fake.app(), size) as (pilot, _):
        await pilot.press("g")
        await until(pilot, lambda: "twice the reviews would give about +" in screen_text(pilot.app.screen))
        drawn = pilot.app.screen.query_one(Chart).picture
        assert len(drawn.lines) == 2
        assert [mark.label for mark in drawn.marks] == ["twice"]
        assert "3,200" in screen_text(pilot.app.screen)


async def test_the_evidence_of_the_run_is_a_key_away() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("I")
        assert pilot.app.screen is bench
        await ran(pilot, bench)
        await pilot.press("I")
        await until(pilot, lambda: isinstance(pilot.app.screen, EvidenceScreen))
        await until(pilot, lambda: "there is no run" in screen_text(pilot.app.screen))
