"""The signs of runs that the best does not beat, and the baselines below the runs."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Sequence
from typing import Any

import pytest
from textual.widgets import Static

from engine.evaluation.intervals import Interval
from engine.events import Preparing
from engine.runs import RunStore, evidence
from engine.runs import standings as engine_standings
from engine.runs.standings import Standing
from tests.workbench.fake import until
from tests.workbench.runs_host import press, settled, shown, text
from workbench.tui.dialogs.help import HelpScreen
from workbench.tui.runs.chart import Entry
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.known_evidence import Margins
from workbench.tui.runs.table import RunsTable

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_best_and_what_it_does_not_beat_are_marked(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    asked: list[int | None] = []

    def made_up(
        _: RunStore, __: Sequence[Any], predicted: int | None = None
    ) -> Generator[Preparing, None, tuple[Standing, ...]]:
        asked.append(predicted)
        yield Preparing("predicting", 1, 2)
        return (Standing("7", {"6": 0.4, "5": 0.01}, ("5",), (), "a note"),)

    monkeypatch.setattr(engine_standings, "standings", made_up)
    async with shown(store, size) as (app, pilot):
        lines = text(app, RunsTable).splitlines()
        found = [re.match(r"│...(.)\s+(\d) ", line) for line in lines]
        signs = {one[2]: one[1] for one in found if one}
        assert {run: signs[run] for run in "8765"} == {"8": " ", "7": "★", "6": "≈", "5": " "}
        assert "★ best, ≈ not beaten by it" in text(app, RunsTable)
        assert asked == [60]
        app.running_work = [object()]
        app.screen._rate()  # type: ignore[attr-defined]
        await press(app, pilot, "down")
        assert asked == [60, 0]
        await app.push_screen(HelpScreen(app.screen))
        await pilot.pause()
        assert "★ and ≈" in str(app.screen.query(Static).last().content)


async def test_baselines_stand_below_the_runs_and_are_none(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    linear = {"val_loss": 0.3, "val_accuracy": 0.879}
    constant = {"val_loss": 0.693, "val_accuracy": 0.5}
    readers: set[threading.Thread] = set()

    def known(_: object) -> dict[str, dict[str, float]]:
        readers.add(threading.current_thread())
        return {"constant": constant, "linear": linear}

    monkeypatch.setattr(evidence, "known_baselines", known)
    async with shown(store) as (app, pilot):
        await press(app, pilot, "down")
        *_, first, second, _ = text(app, RunsTable).splitlines()
        assert "constant prediction" in first
        assert "0.693" in first
        assert "linear model" in second
        assert "0.300" in second
        assert "baseline (linear)" in str(app.screen.query_one(RunsDetails).query_one(Static).content)
        assert threading.main_thread() not in readers, "files are read where keys are answered"
        await press(app, pilot, "end")
        table = app.screen.query_one(RunsTable)
        assert table.run is not None
        assert table.run.id == "1"


def test_margins_of_a_run_are_computed_once(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def known(_store: RunStore, record: Any) -> dict[str, Interval]:
        asked.append(record.id)
        return {"val_auc": Interval(0.8, 0.9)}

    monkeypatch.setattr(evidence, "known_intervals", known)
    margins, entries = Margins(), [Entry("run:2", 0, (store.get("2"),))]
    assert margins.of(store, entries) == {"val_auc": pytest.approx(0.05)}
    assert margins.of(store, entries) == {"val_auc": pytest.approx(0.05)}
    assert asked == ["2"]
    assert margins.of(store, entries * 2) == {}


async def test_a_run_that_was_read_late_does_not_replace_the_one_under_the_cursor(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, going = threading.Event(), threading.Event()
    known = evidence.known_baselines

    def late(run: Any) -> Any:
        if run.id == "8":
            waiting.set()
            going.wait(60)
        return known(run)

    async with shown(store) as (app, pilot):
        await press(app, pilot, "down")
        monkeypatch.setattr(evidence, "known_baselines", late)
        await pilot.press("up")
        await until(pilot, waiting.is_set)
        await pilot.press("down")
        app.screen.show_entries()  # type: ignore[attr-defined]
        await until(pilot, lambda: len([one for one in app.workers if one.group == "entries"]) == 1)
        going.set()
        await settled(app, pilot)
        assert text(app, RunsDetails).splitlines()[1].split()[1] == "7"
