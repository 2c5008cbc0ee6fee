"""The evidence of a run on the screen: charts, threshold, confusion, slices and the samples in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.datasets.dataset import Dataset
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunStore
from engine.runs.kept_decision import read_decision
from tests.engine import tiny
from tests.engine.runs.held_out import CLASSES, Answering, train
from tests.workbench.fake import until
from tests.workbench.runs_host import Host, messages, shown, text
from workbench.tui.evidence.confusion_grid import ConfusionGrid
from workbench.tui.evidence.samples_screen import SampleList, SamplesScreen
from workbench.tui.evidence.screen import EvidenceScreen
from workbench.tui.evidence.slice_list import SliceList
from workbench.tui.runs.screen import RunsScreen
from workbench.tui.widgets.chart import Chart

SIZES = [(80, 24), (140, 40)]


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Tiny columns of two classes, whatever is asked for, and a predictor that reads the answer off them."""
    return answered(monkeypatch)


def answered(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The same for a test without the fixture."""
    made = tiny.columns(400, task="binary", classes=2)
    given(made, monkeypatch)
    monkeypatch.setattr(RunStore, "predictor", lambda *_: Answering())
    return made


def given(made: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(data: Data, seed: int) -> Any:
        return made
        yield

    monkeypatch.setattr("engine.datasets.load", load)


@pytest.fixture
def store() -> Iterator[RunStore]:
    store = RunStore()
    yield store
    store.close()


@asynccontextmanager
async def examined(
    store: RunStore, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None], EvidenceScreen]]:
    async with shown(store, size) as (app, pilot):
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, EvidenceScreen))
        screen = app.screen
        assert isinstance(screen, EvidenceScreen)
        await until(pilot, lambda: screen.found)
        yield app, pilot, screen


@pytest.mark.parametrize("size", SIZES)
async def test_each_panel_has_the_whole_screen(store: RunStore, dataset: Dataset, size: tuple[int, int]) -> None:
    train(store, dataset)
    async with examined(store, size) as (app, pilot, screen):
        assert "Summary   Reliability   ROC" in text(app)
        for seen in (
            "accuracy",
            "worst bin: predicted",
            "against the rest · area 0.",
            "guessing 0.",
            "── F1 of b at each threshold",
            "true ↓ →",
            "The worst slices first",
        ):
            await until(pilot, lambda seen=seen: seen in text(app))
            await pilot.press("tab")
        await pilot.press("shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "Z")
        await until(pilot, lambda: screen.maximized is not None)
        await pilot.press("escape")
        assert screen.maximized is None
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_a_threshold_is_moved_by_hand_and_all_follows(store: RunStore, dataset: Dataset) -> None:
    run = train(store, dataset)
    async with examined(store) as (app, pilot, screen):
        screen.go_to_panel(4)
        grid = screen.query_one(ConfusionGrid)
        before = grid.table
        await pilot.press(*["right"] * 20)
        await until(pilot, lambda: "threshold 0.700 by hand" in text(app))
        assert grid.table is not None
        assert before is not None
        assert grid.table.confusion[:, 1].sum() < before.confusion[:, 1].sum()
        (mark,) = screen.query_one("#evidence-threshold", Chart).picture.marks
        assert mark.x == 0.7
        assert read_decision(store, store.get(run)).plain
        await pilot.press("k")
        await until(pilot, lambda: read_decision(store, store.get(run)).threshold == 0.7)
        await until(pilot, lambda: "not kept" not in text(app))
        await pilot.press("d")
        await until(pilot, lambda: "threshold 0.500 · temperature 1.00 · not kept" in text(app))


async def test_a_threshold_is_chosen_by_f1_and_by_cost(store: RunStore, dataset: Dataset) -> None:
    train(store, dataset)
    async with examined(store) as (app, pilot, screen):
        screen.go_to_panel(4)
        await pilot.press("f")
        await until(pilot, lambda: " by f1 " in text(app))
        await pilot.press("c")
        await pilot.press(*["backspace"] * 4, *"1, 9", "enter")
        await until(pilot, lambda: " by cost " in text(app))
        assert screen.decision is not None
        cheap = screen.decision.threshold
        await pilot.press("c")
        await pilot.press(*["backspace"] * 4, *"9, 1", "enter")
        await until(pilot, lambda: screen.decision and screen.decision.threshold > cheap)
        await pilot.press("c")
        await pilot.press(*["backspace"] * 4, *"much", "enter")
        await until(pilot, lambda: any("is not a threshold" in one for one in messages(app)))


async def test_a_temperature_is_fitted_and_the_reliability_follows(store: RunStore, dataset: Dataset) -> None:
    train(store, dataset)
    async with examined(store) as (_, pilot, screen):
        screen.go_to_panel(1)
        before = screen.query_one("#evidence-reliability", Chart).picture
        await pilot.press("t")
        await until(pilot, lambda: screen.query_one("#evidence-reliability", Chart).picture != before)
        assert screen.decision is not None
        assert screen.decision.temperature != 1
        await pilot.press("t")
        await until(pilot, lambda: screen.query_one("#evidence-reliability", Chart).picture == before)


async def test_a_cell_opens_its_samples_and_a_filter_narrows_them(store: RunStore, dataset: Dataset) -> None:
    train(store, dataset)
    async with examined(store) as (app, pilot, screen):
        screen.go_to_panel(5)
        grid = screen.query_one(ConfusionGrid)
        await pilot.press("down", "down", "right", "right", "enter")
        await until(pilot, lambda: isinstance(app.screen, SamplesScreen))
        assert grid.table is not None
        count = int(grid.table.confusion[1, 1])
        await until(pilot, lambda: f"{count:,} validation samples" in text(app))
        assert "b → b" in text(app, SampleList)
        await until(pilot, lambda: "sample " in text(app, "#sample-text"))
        await pilot.press("f")
        await pilot.press(*"length>3", "enter")
        await until(pilot, lambda: any("are not texts" in one for one in messages(app)))
        await pilot.press("f")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen._asked)  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen._asked)  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


async def test_a_slice_opens_its_samples(store: RunStore, dataset: Dataset) -> None:
    train(store, dataset)
    async with examined(store) as (app, pilot, screen):
        screen.go_to_panel(6)
        worst = screen.query_one(SliceList).slice
        assert worst is not None
        assert screen.found is not None
        assert worst == screen.found.report.slices[0]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SamplesScreen))
        await until(pilot, lambda: f"{worst.samples:,} validation samples" in text(app))


async def test_values_have_a_summary_and_slices_alone(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tiny.columns(400, task="regression")
    given(made, monkeypatch)
    monkeypatch.setattr(RunStore, "predictor", lambda *_: Answering())
    train(store, made, Experiment(data=Data(dataset="tiny"), training=Training(loss="mse", metrics=("mae",))))
    async with examined(store) as (app, pilot, screen):
        assert "mae" in text(app)
        for panel, seen in ((1, "no probabilities"), (2, "no probabilities"), (5, "there are no classes")):
            screen.go_to_panel(panel)
            await until(pilot, lambda seen=seen: seen in text(app))
        await pilot.press("k")
        await until(pilot, lambda: any("for classes" in one for one in messages(app)))
        screen.go_to_panel(6)
        await pilot.press("enter")
        await until(pilot, lambda: "true " in text(app))


async def test_a_run_whose_data_is_gone_says_so(store: RunStore, dataset: Dataset) -> None:
    train(store, dataset, CLASSES)
    other = replace(dataset, digest="another")
    with pytest.MonkeyPatch.context() as patch:
        given(other, patch)
        async with shown(store) as (app, pilot):
            await pilot.press("i")
            await until(pilot, lambda: "has changed since" in text(app))
            await pilot.press("f", "k", "enter", "left", "escape")
            assert isinstance(app.screen, RunsScreen)
