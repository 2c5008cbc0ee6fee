"""The log over the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench import fake
from workbench.terminal.streams import log_path
from workbench.tui.dialogs.log_page import LogPage
from workbench.tui.widgets.scrolling_text import Prose


async def test_the_log_is_filtered_by_level_and_run_and_followed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    home.mkdir(exist_ok=True)
    log_path().write_text("W0000 00:00:1.0 5 a.cc:1] before any run\n")
    async with fake.opened(fake.app(), notifications=True) as (pilot, bench):
        await fake.ran(pilot, bench)
        with log_path().open("a") as log:
            log.write("E0000 00:00:1.0 5 a.cc:1] [b]after[/b] it\n")
        await pilot.press("O")
        page = pilot.app.screen
        assert isinstance(page, LogPage)
        await fake.until(pilot, lambda: "after" in page.query_one(Prose).content_text)
        text = page.query_one(Prose).content_text
        assert "before any run" in text
        assert "run 7    " in text
        assert "[b]after[/b] it" in text
        await pilot.press("l", "l")
        assert "before any run" not in page.query_one(Prose).content_text
        await pilot.press("Y")
        assert "[b]after[/b] it" in (home / "clipboard.txt").read_text()
        await pilot.press("l", "r")
        assert "before any run" not in page.query_one(Prose).content_text
        assert "run 7 begins" in page.query_one(Prose).content_text
        await pilot.press("r")
        with log_path().open("a") as log:
            log.write("a new line\n")
        page._poll()
        await pilot.pause()
        assert "a new line" in page.query_one(Prose).content_text
        await pilot.press("escape")
        assert pilot.app.screen is bench
