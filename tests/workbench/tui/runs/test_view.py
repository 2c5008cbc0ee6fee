"""What threads read for the runs screen: what was read before a change is not shown after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import EngineError
from engine.runs import RunStore
from tests.workbench.fake import until
from tests.workbench.runs_host import Host, ids, settled, shown, text
from workbench.tui.runs import view
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.screen import RunsScreen

pytestmark = pytest.mark.usefixtures("at_once")


class Gate:
    """Holds the first call of a function between what it reads and what it returns."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.is_read, self.opened = threading.Event(), threading.Event()

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns; what it raises goes through the gate too."""
        try:
            return self._function(*arguments)
        finally:
            if not self.is_read.is_set():
                self.is_read.set()
                self.opened.wait(60)


def screen_of(app: Host) -> RunsScreen:
    """The runs screen."""
    assert isinstance(app.screen, RunsScreen)
    return app.screen


async def test_runs_read_before_a_change_are_not_shown_after_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(view.group_difference)
    async with shown(store, (200, 40)) as (app, pilot):
        monkeypatch.setattr(view, "group_difference", gate)
        screen_of(app).show_entries()
        await until(pilot, gate.is_read.is_set)
        store.note("8", "remember")
        screen_of(app).renew([run for run in store.summaries() if run.id == "8"])
        await until(pilot, lambda: "remember" in text(app, RunsDetails))
        gate.opened.set()
        await settled(app, pilot)
        assert "remember" in text(app, RunsDetails)


async def test_a_run_that_cannot_be_read_is_not_told_of_where_another_is_shown(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: Any) -> Any:
        raise EngineError("run 8 is damaged")

    gate = Gate(unreadable)
    async with shown(store, (200, 40)) as (app, pilot):
        with monkeypatch.context() as patched:
            patched.setattr(store, "get", gate)
            screen_of(app).show_entries()
            await until(pilot, gate.is_read.is_set)
        await pilot.press("down")
        await until(pilot, lambda: "7 Deep" in text(app, RunsDetails))
        gate.opened.set()
        await settled(app, pilot)
        assert "is damaged" not in text(app, RunsDetails)
        assert "7 Deep" in text(app, RunsDetails)


async def test_news_read_before_a_change_are_not_shown_after_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shown(store, (200, 40)) as (app, pilot):
        gate = Gate(store.news)
        monkeypatch.setattr(store, "news", gate)
        store.rename("8", "Theirs")
        screen_of(app)._poll()
        await until(pilot, gate.is_read.is_set)
        store.delete("8")
        screen_of(app).forget(("8",))
        gate.opened.set()
        await settled(app, pilot)
        assert ids(app) == "7 6 5 4 3 2 1"
        store.rename("7", "Theirs")
        screen_of(app)._poll()
        await settled(app, pilot)
        assert "Theirs" in text(app)
