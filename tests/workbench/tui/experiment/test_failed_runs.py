"""A run whose home is deleted, or whose disk fills up, while it trains: the screen says so."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.events import EpochEnded, Status
from engine.experiment import toml_file
from engine.runs import RunStore
from tests.engine.fake_runs import FakeRun
from tests.workbench import fake
from tests.workbench.fake import opened, until
from workbench.tui.dialogs.text_page import Read
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.progress_line import ProgressLine


def recorded(after_two: Callable[[], Any]) -> Iterator[Any]:
    """The events of a recorded run, to which something happens once its second epoch has ended."""
    store = RunStore()
    for event in store.record(FakeRun(toml_file.load("imdb"))):
        yield event
        if isinstance(event, EpochEnded) and event.epoch == 2:
            after_two()
    store.close()


async def shown_as_failed(after_two: Callable[[], Any], reason: str) -> None:
    """Run it on the screen: it fails after two epochs, and the reason is on the line and on the page of ``d``."""
    backend = fake.FakeBackend(events_of=lambda: recorded(after_two))
    async with opened(fake.app(backend=backend), size=(260, 40)) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: "failed" in bench.query_one(ProgressLine).line.plain)
        line = next(line for line in screen_lines(bench) if "✗ failed: " in line)
        assert reason in line
        assert "failed · run 1" in bench.query_one(TopBar).state
        assert bench.runner.live
        assert len(bench.runner.live.snapshot.epochs) == 2
        await pilot.press("d")
        assert isinstance(pilot.app.screen, Read)
        assert reason in str(pilot.app.screen._text)


def screen_lines(bench: Any) -> list[str]:
    return fake.screen_text(bench).splitlines()


async def test_a_home_that_is_deleted_while_a_run_trains(home: Path) -> None:
    await shown_as_failed(lambda: shutil.rmtree(home), "was deleted while it")
    assert not home.exists()


async def test_a_disk_that_is_full_while_a_run_trains(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        await shown_as_failed(lambda: patched.setattr(os, "fsync", full), "epoch-3.npz: the disk is full")
    store = RunStore()
    assert store.get("1").status is Status.FAILED
    assert "the disk is full" in str(store.get("1").error)
    assert [ended.epoch for ended in store.get("1").epochs] == [1, 2]
    store.close()
