"""What can wait lets the answer to a key be painted first."""

from __future__ import annotations

from functools import partial

import pytest
from textual.app import App
from textual.widget import Widget

from tests.workbench.fake import until
from workbench.terminal import key_presses
from workbench.tui.widgets import after_keys as module
from workbench.tui.widgets.after_keys import after_keys


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a key is being answered, by turns; the last one stays."""
    found = [True, True, False]
    monkeypatch.setattr(key_presses, "answering", lambda: found.pop(0) if len(found) > 1 else found[0])
    return found


async def test_without_keys_it_is_done_at_once() -> None:
    app, done = App[None](), []
    async with app.run_test() as pilot:
        after_keys(app.screen, lambda: done.append("drawn"))
        await pilot.pause()
        assert done == ["drawn"]


async def test_it_waits_until_the_key_is_answered(answering: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP", 0.001)
    app, done = App[None](), []
    async with app.run_test() as pilot:
        after_keys(app.screen, lambda: done.append(list(answering)))
        assert not done
        await until(pilot, lambda: bool(done))
    assert done == [[False]]


async def test_an_update_that_waits_is_called_once(answering: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP", 0.001)
    app, done = App[None](), []
    async with app.run_test() as pilot:
        draw = partial(done.append, "drawn")
        after_keys(app.screen, draw)
        after_keys(app.screen, draw)
        await until(pilot, lambda: bool(done))
        await pilot.pause()
        assert done == ["drawn"]
        after_keys(app.screen, draw)
        await until(pilot, lambda: len(done) == 2)


async def test_keys_that_never_rest_put_it_off_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(key_presses, "answering", lambda: True)
    monkeypatch.setattr(Widget, "set_timer", lambda _, seconds, again: (waits.append(seconds), again()))
    app, done = App[None](), []
    async with app.run_test() as pilot:
        after_keys(app.screen, lambda: done.append("drawn"))
        await pilot.pause()
        assert done == ["drawn"]
    assert module.LONGEST <= sum(waits) <= module.LONGEST + module.STEP
