"""The main job in a real browser, from the first screen to a prediction; skipped where there is no Chromium."""

from __future__ import annotations

import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.runs import RunStore
from tests.workbench.commanding import finish, start
from tests.workbench.terminal.browser import devtools
from tests.workbench.terminal.test_launch import experiment

CHROMIUM = devtools.installed()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
async def test_an_experiment_is_trained_and_asked_in_a_browser(tmp_path: Path) -> None:
    server = start("serve", experiment(tmp_path, 20), "--port", "0")
    try:
        assert server.stdout is not None
        assert CHROMIUM is not None
        async with devtools.browsing(CHROMIUM, tmp_path / "browser") as page:
            await page.open(server.stdout.readline().strip())
            await page.shows("178")
            await page.press("r")
            await page.shows("finished · run 1")
            await page.shows("✓")
            await page.press("t")
            await page.shows("alcohol")
            hosts = {urlsplit(address).hostname for address in page.requests if not address.startswith("data:")}
        assert hosts == {"127.0.0.1"}
        server.send_signal(signal.SIGINT)
        assert finish(server).status == 0
    finally:
        server.kill()
        server.communicate()
    store = RunStore()
    assert [run.status for run in store.summaries()] == ["finished"]
    store.close()
