"""Two runs side by side, as the runs screen shows them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import pytest

from engine.evaluation.paired_tests import mcnemar
from engine.events import Preparing
from engine.experiment.layers import Dense, Dropout, Layer
from engine.prediction.answers import Prediction
from engine.prediction.samples import Sample
from engine.runs import RunStore, group_comparison, paired_runs
from engine.runs.group_comparison import Disagreement, Disagreements
from engine.runs.paired_runs import Comparison
from tests.workbench.runs_host import (
    HOSTILE,
    Retrained,
    experiment,
    press,
    recorded,
    shown,
    text,
)
from workbench.tui.runs.chart import RunsChart
from workbench.tui.runs.compare_screen import RunsCompare
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.difference_table import _layer_rows
from workbench.tui.runs.screen import RunsScreen


def lines_of(*layers: Layer) -> list[tuple[str, list[str]]]:
    return _layer_rows([(Dense(units=16), Dense(units=1)), layers])


def test_a_layer_more_moves_no_other_out_of_its_row() -> None:
    assert lines_of(Dense(units=8), Dense(units=1)) == []
    more = lines_of(Dense(units=16), Dropout(rate=0.3), Dense(units=1))
    assert more == [("layer 2", ["-", "Dropout 0.3"])]
    other = lines_of(Dense(units=16), Dropout(rate=0.3), Dense(units=2))
    assert other == [("layer 2", ["Dense 1", "Dropout 0.3"]), ("layer 3", ["-", "Dense 2"])]
    stacks = [(Dense(units=4),), (Dense(units=4), Dropout()), (Dropout(),)]
    three = _layer_rows(stacks)
    assert [row for row, _ in three] == ["layer 1", "layer 2"]
    assert three[1][1] == ["-", "Dropout 0.5", "-"]


pytestmark = pytest.mark.usefixtures("at_once")


class TestSideBySide:
    @pytest.fixture(autouse=True)
    def disagreements(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
        """Two samples on which any two runs disagree."""

        def made_up(_store: RunStore, first: str, second: str) -> Iterator[Preparing]:
            yield Preparing("predicting", 1, 2)
            rows = [
                Disagreement(
                    Sample(row, "yes", 1.0, np.array([1]), f"row {row} of {HOSTILE}"),
                    Prediction((0.9,), "yes", 0.9),
                    Prediction((0.2,), "no", 0.2),
                    0.7,
                )
                for row in (11, 12)
            ]
            return Disagreements(50, 2, tuple(rows))

        monkeypatch.setattr(group_comparison, "disagreements", made_up)
        return made_up

    async def test_two_runs(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "end", "space", "up", "space", "v")
            assert isinstance(app.screen, RunsCompare)
            seen = text(app)
            assert "units 1" in seen
            assert "test accuracy" in seen
            assert "They disagree on 2 of 50 held-out samples" in seen
            assert "#11 yes ● yes 0.90  ▲ no 0.20" in seen
            assert "\x1b" not in seen
            await press(app, pilot, "tab", "down")
            assert text(app).count("row 12 of [red]x") == 2
            await press(app, pilot, "escape")
            assert isinstance(app.screen, RunsScreen)

    async def test_only_what_differs_is_listed(self, store: RunStore) -> None:
        recorded(store, experiment(name="Again", seed=4), kind="retrain", parent="1", run=Retrained)
        async with shown(store, (180, 50)) as (app, pilot):
            await press(app, pilot, "space", "end", "space", "v")
            shown_rows = text(app, RunsDetails)
            names = ("kind", "seed", "training samples", "validation samples", "data from", "status", "parameters")
            assert [name for name in names if name in shown_rows] == [
                "kind",
                "seed",
                "training samples",
                "validation samples",
            ]
            assert "of run 1 -" in " ".join(shown_rows.split())
            assert "Loss training" in text(app, RunsChart)
            await press(app, pilot, *["y"] * 4)
            assert "no validation curve: it was trained on those samples too" in text(app, RunsChart)

    async def test_needs_two(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "v")
            assert isinstance(app.screen, RunsScreen)
            await press(app, pilot, "space", "v")
            assert isinstance(app.screen, RunsCompare)
            assert app.screen.runs == ("8", "7")

    async def test_in_a_small_terminal(self, store: RunStore) -> None:
        async with shown(store, (80, 24)) as (app, pilot):
            await press(app, pilot, "space", "v")
            assert "val_loss" in text(app)
            await press(app, pilot, "tab")
            assert "Loss validation" in text(app)
            await press(app, pilot, "tab")
            assert "They disagree on 2 of 50" in text(app)

    async def test_the_verdict_stands_between(self, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
        def made_up(_store: RunStore, records: list[Any]) -> Generator[Preparing, None, Comparison]:
            yield Preparing("predicting", 1, 2)
            a, b = records
            return Comparison(
                (mcnemar(a.id, b.id, np.array([True, False]), np.array([True, True])),), (f"a note of {HOSTILE}",)
            )

        monkeypatch.setattr(paired_runs, "compare_runs", made_up)
        async with shown(store, (80, 24)) as (app, pilot):
            await press(app, pilot, "space", "v")
            seen = text(app)
            assert "accuracy: no difference that 2 samples can show (p = 1.00)" in seen
            assert "a note of [red]x" in seen
            assert "\x1b" not in seen

    async def test_runs_that_cannot_be_tested_are_named(self, store: RunStore) -> None:
        async with shown(store, (140, 40)) as (app, pilot):
            await press(app, pilot, "space", "v")
            assert "is not compared: the data of run" in text(app)
