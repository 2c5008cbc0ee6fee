"""What the keys of the runs screen do with runs: edit, delete and restore, stop, open, resume and write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun
from tests.workbench.runs_host import (
    experiment,
    ids,
    messages,
    press,
    recorded,
    shown,
    table,
    text,
)
from workbench.tui.messages import AttachRun, OpenExperiment, ResumeRun
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.table import RunsTable

pytestmark = pytest.mark.usefixtures("at_once")


async def test_name_tags_and_note(store: RunStore) -> None:
    async with shown(store, (200, 40)) as (app, pilot):
        for key, typed in (("n", "Mine"), ("t", "good, later"), ("m", "remember")):
            await press(app, pilot, key)
            app.screen.query_one(Input).value = typed
            await press(app, pilot, "enter")
        record = store.get("8")
        assert (record.name, record.tags, record.note) == ("Mine", ("good", "later"), "remember")
        assert "8 Mine" in text(app, RunsDetails)
        assert "tags good, later" in text(app, RunsDetails)
        await press(app, pilot, *["right"] * 20)
        assert "good, later" in text(app, RunsTable)
        await press(app, pilot, "n")
        app.screen.query_one(Input).value = "  "
        await press(app, pilot, "enter")
        assert any("cannot be empty" in note.message for note in app._notifications)


async def test_deleting_asks_and_can_be_undone(store: RunStore) -> None:
    async with shown(store) as (app, pilot):
        await press(app, pilot, "x", "k")
        assert len(store.summaries()) == 8
        await press(app, pilot, "x", "d")
        assert ids(app) == "7 6 5 4 3 2 1"
        await press(app, pilot, "space", "space", "x", "m")
        assert ids(app) == "5 4 3 2 1"
        assert app.screen.marked == {}  # type: ignore[attr-defined]
        await press(app, pilot, "end", "u")
        assert ids(app) == "7 6 5 4 3 2 1"
        assert messages(app) == ["Restored: Deep, Deep"]
        await press(app, pilot, "end", "u")
        assert ids(app) == "8 7 6 5 4 3 2 1"
        assert messages(app) == ["Restored: Longer"]
        assert table(app).cursor == 0
        await press(app, pilot, "u")
        assert "nothing has been deleted" in messages(app)[-1]
        assert len(store.summaries()) == 8


async def test_a_run_that_goes_on_is_not_deleted_but_stopped(store: RunStore) -> None:
    stream = RunStore().record(FakeRun(experiment(name="Elsewhere")))
    next(stream)
    async with shown(store) as (app, pilot):
        await press(app, pilot, "x", "d")
        assert any("stop it first" in note.message for note in app._notifications)
        assert ids(app).startswith("9 ")
        await press(app, pilot, "s")
        assert store.stop_requested("9")
    stream.close()


async def test_opening_editing_and_going_on(store: RunStore) -> None:
    async with shown(store) as (app, pilot):
        await press(app, pilot, "enter", "e", "g")
        assert app.asked == [AttachRun("8"), OpenExperiment(store.get("8").experiment)]
        assert "run 8 is finished: only a run that stopped early" in messages(app)[-1]
        await press(app, pilot, "s")
        assert messages(app)[-1] == "run 8 is finished: there is nothing to stop"
        await press(app, pilot, *["down"] * 5, "g")
        assert app.asked[2:] == [ResumeRun("3", store.get("3").experiment)]
        app.running_work.append("a run")
        await press(app, pilot, "g")
        assert len(app.asked) == 3


async def test_writing_runs_to_files(store: RunStore, tmp_path: Path) -> None:
    async with shown(store) as (app, pilot):
        await press(app, pilot, "space", "space", "w", *"csv", "enter")
        assert app.screen.query_one(Input).value.endswith("/run-8-7.csv")
        app.screen.query_one(Input).value = str(tmp_path / "out.csv")
        await press(app, pilot, "enter")
        assert "val_loss" in (tmp_path / "out.csv").read_text()
        await press(app, pilot, "w")
        assert "tensorboard" in text(app)
        assert "python" not in text(app)
        await press(app, pilot, *"csv", "enter")
        app.screen.query_one(Input).value = str(tmp_path / "out.csv" / "under.csv")
        await press(app, pilot, "enter")
        assert "cannot write" in text(app)
        assert app.screen.query_one(Input).value == str(tmp_path / "out.csv" / "under.csv")
        app.screen.query_one(Input).value = str(tmp_path / "out.csv")
        await press(app, pilot, "enter")
        assert "already exists" in text(app)
        await press(app, pilot, "n", "escape")


async def test_a_store_that_cannot_be_read_is_said(home: Path) -> None:
    store = RunStore()
    recorded(store, experiment(name="Lost"))
    store.close()
    for file in home.glob("runs.db*"):
        file.write_bytes(b"nothing like a database" * 400)
    async with shown(store) as (app, _):
        assert any("runs.db is damaged" in note.message for note in app._notifications)
