"""Margins beside the values of a run on the experiment screen, and a linear model's line in its charts."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from engine.evaluation.intervals import Interval
from engine.events import Preparing
from engine.experiment.model import Experiment
from tests.workbench import fake
from tests.workbench.fake import opened, ran, text_of, until
from workbench.tui.sessions.run_evidence import RunEvidence
from workbench.tui.widgets.chart import Chart


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_values_of_an_ended_run_have_their_margin_beside_them(size: tuple[int, int]) -> None:
    async with opened(fake.app(), size) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: "accuracy 0.880 ±0.006" in text_of(bench, "ProgressLine"))
        await pilot.press("b")
        if size[0] > 100:
            await until(pilot, lambda: "accuracy 0.877 ±0.004" in text_of(bench, "ProgressLine"))


async def test_a_linear_model_is_a_line_in_the_charts_before_and_after_a_run() -> None:
    async with opened(fake.app()) as (pilot, bench):
        chart = bench.query_one("#loss", Chart)
        await until(pilot, lambda: [level.y for level in chart.picture.levels] == [0.42])
        await ran(pilot, bench)
        assert [level.y for level in chart.picture.levels] == [0.693, 0.42]
        assert "┈┈ lin .42" in str(chart.border_title)
        assert "┈" in text_of(bench, "#loss").split("\n", 1)[1]
        assert bench.query_one("#metric", Chart).picture.levels[-1].y == 0.87


async def test_a_network_that_does_not_beat_a_linear_model_is_told_of() -> None:
    class Better(fake.FakeBackend):
        def linear(self, experiment: Experiment) -> Generator[Preparing, None, dict[str, float]]:
            yield Preparing("fitting the linear baseline")
            return {"val_accuracy": 0.93}

    async with opened(fake.app(backend=Better())) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: "the network does not beat a linear" in text_of(bench, "#stack"))


async def test_nothing_is_fitted_while_a_run_trains_and_it_is_afterwards() -> None:
    fits, fitting, go = [], threading.Event(), threading.Event()

    class Slow(fake.FakeBackend):
        def linear(self, experiment: Experiment) -> Generator[Preparing, None, dict[str, float]]:
            fits.append(experiment.name)
            yield Preparing("fitting the linear baseline")
            fitting.set()
            go.wait(20)
            yield Preparing("fitting the linear baseline")
            return {"val_accuracy": 0.87}

    async with opened(fake.app(backend=Slow())) as (pilot, bench):
        await until(pilot, fitting.is_set)
        evidence: RunEvidence = bench.evidence
        evidence.set_training(True)
        go.set()
        await until(pilot, lambda: not evidence._fits._busy)
        assert not evidence.linear(bench.experiment)
        evidence.set_training(False)
        await until(pilot, lambda: evidence.linear(bench.experiment))
        assert len(fits) >= 2


async def test_intervals_that_cannot_be_computed_are_left_out() -> None:
    class Gone(fake.FakeBackend):
        def intervals(self, run_id: str) -> Generator[Preparing, None, dict[str, Interval]]:
            raise fake.DataError("the data is gone")
            yield

    async with opened(fake.app(backend=Gone())) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: not bench.evidence._runs._busy)
        assert "accuracy 0.880" in text_of(bench, "ProgressLine")
        assert "±" not in text_of(bench, "ProgressLine")
