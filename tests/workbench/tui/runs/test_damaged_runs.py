"""A run whose row in the store is damaged, on the runs screen: shown as such, refused with the reason, deleted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.runs import RunStore
from tests.workbench.runs_host import experiment as made_up
from tests.workbench.runs_host import ids, messages, press, recorded, shown, table, text
from workbench.tui.messages import AttachRun
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.table import RunsTable

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def damaged(home: Path) -> RunStore:
    """Three runs, of which the second's row holds what was never written into it."""
    store = RunStore()
    for name in ("First", "Second", "Third"):
        recorded(store, made_up(name=name))
    with closing(sqlite3.connect(home / "runs.db")) as connection, connection:
        connection.execute("UPDATE runs SET best = '[1, 2]' WHERE id = 2")
    return store


async def test_it_is_listed_with_its_reason_and_the_others_are_as_before(damaged: RunStore) -> None:
    async with shown(damaged) as (app, pilot):
        assert ids(app) == "3 2 1"
        await press(app, pilot, "down")
        assert "✗ damaged Second" in text(app)
        details = " ".join(text(app, RunsDetails).replace("│", " ").split())
        assert "run 2 in the run store" in details
        assert "is damaged: column best holds" in details
        assert "Third" not in details
        for query, found in (("status:damaged", "2"), ("not status:damaged", "3 1"), ("val_loss < 9", "3 1")):
            await press(app, pilot, "f")
            app.screen.query_one("#runs-find").value = query  # type: ignore[attr-defined]
            await press(app, pilot, "enter")
            assert ids(app) == found, query


async def test_opening_comparing_and_exporting_it_say_so(damaged: RunStore, tmp_path: Path) -> None:
    async with shown(damaged) as (app, pilot):
        await press(app, pilot, "down", "enter")
        assert app.asked in ([], [AttachRun("2")])  # the experiment screen says why it cannot be attached
        for keys in (("space", "space", "v"), ("w", "c", "s", "v", "enter", "enter")):
            before = len(messages(app))
            await press(app, pilot, "up", *keys)
            said = [*messages(app)[before:], text(app)]
            assert any("run 2 in the run store" in line and "is damaged" in line for line in said), said
            await press(app, pilot, "escape", "escape", "escape")


async def test_it_can_be_deleted_and_nothing_else_is_lost(damaged: RunStore) -> None:
    async with shown(damaged) as (app, pilot):
        await press(app, pilot, "down", "x", "d")
        assert ids(app) == "3 1"
        assert table(app).run is not None
    assert [run.name for run in damaged.summaries()] == ["Third", "First"]
    assert [len(damaged.get(run).epochs) for run in ("1", "3")] == [5, 5]
    damaged.close()


async def test_runs_whose_numbers_are_lost_are_listed_each_with_what_is_known(
    damaged: RunStore, home: Path
) -> None:
    with closing(sqlite3.connect(home / "runs.db")) as connection, connection:
        connection.execute("UPDATE runs SET id = -id WHERE id < 3")
    async with shown(damaged) as (app, pilot):
        assert ids(app) == "3 ? ?2"
        lines = [line for line in text(app, RunsTable).splitlines() if "✗ damaged" in line]
        assert len(lines) == 2
        assert not any(unknown in line for line in lines for unknown in ("1970", "0.0 s", "0/0"))
        await press(app, pilot, "down")
        details = " ".join(text(app, RunsDetails).replace("│", " ").split())
        assert "has lost the number of run ?" in details
        for query, found in (("status:damaged", "? ?2"), ("epochs < 1", ""), ("when < 2000", ""), ("run < 3", "")):
            await press(app, pilot, "f")
            app.screen.query_one("#runs-find").value = query  # type: ignore[attr-defined]
            await press(app, pilot, "enter")
            assert ids(app) == found, query
    damaged.close()
