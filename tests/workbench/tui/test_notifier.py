"""Notifications: what is told of runs and selections, in which ways, and that nothing of it is on unasked."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.events import Ended, Started, Status
from engine.experiment import toml_file
from tests.workbench import fake
from tests.workbench.fake import opened, until
from workbench.config.model import Config, Notifications
from workbench.terminal import streams
from workbench.tui import notifier
from workbench.tui.app import Workbench
from workbench.tui.preferences import Preferences
from workbench.tui.sessions.live_selection import Plan, Selecting
from workbench.tui.sessions.watch import Watch

HOSTILE = "a\x1b]2;b\x07\u202ec"


class Recording:
    """A driver that keeps what is written to the terminal."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def write(self, data: str) -> None:
        """Keep what is sent."""
        self.sent.append(data)

    def set_title(self, text: str) -> None:
        """Keep the title."""
        self.sent.append(text)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written to a terminal without tmux beside the screen; news are told at once."""
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    monkeypatch.setattr(notifier, "POLL", 0.01)
    driver = Recording()
    monkeypatch.setattr(notifier.textual_private, "driver", lambda _: driver)
    return driver.sent


def app(backend: fake.FakeBackend | None = None, **ways: Any) -> Workbench:
    """The app with these notifications."""
    config = Config(notifications=Notifications.model_validate(ways))
    return fake.app(backend=backend, preferences=Preferences(config))


def flat() -> Iterator[Any]:
    """A run whose training loss stands still, and whose validation loss rises."""
    yield Started(fake.FACTS, 100, 9, 1, 0.1)
    for number in range(1, 10):
        yield fake.epoch(number, best=3, loss=0.5 - 0.0001 * number)
    yield Ended(Status.FINISHED, 3, 1.0)


def failing() -> Iterator[Any]:
    """A run that fails at once."""
    yield Ended(Status.FAILED, None, 0.0, f"out of {HOSTILE}\nmore")


async def test_nothing_is_written_unasked(sent: list[str]) -> None:
    made = app()
    async with opened(made) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        assert not made.notifier.on
        assert sent == []


async def test_a_run_that_plateaus_overfits_and_ends_is_told_once_each(sent: list[str]) -> None:
    made = app(fake.FakeBackend(events_of=flat), bell=True, desktop="osc9", title=True)
    async with opened(made) as (pilot, _):
        await pilot.press("r")
        await until(pilot, lambda: any("finished" in text for text in sent))
        told = [text for text in sent if text.startswith("\x1b]9;")]
        assert len(told) == 3
        assert "overfits since epoch" in told[0]
        assert "has a plateau since epoch" in told[1]
        assert "finished, val_loss 0.3" in told[2]
        assert sent.count("\a") == 3
        assert any(text.startswith("workbench: ") and "finished" in text for text in sent)


async def test_a_run_that_fails_is_told_with_its_reason_and_without_control_characters(sent: list[str]) -> None:
    made = app(fake.FakeBackend(events_of=failing), desktop="osc777")
    async with opened(made) as (pilot, _):
        await pilot.press("r")
        await until(pilot, lambda: sent)
        (told,) = sent
        assert "failed: out of a" in told
        assert told.removeprefix("\x1b]").removesuffix("\a").isprintable()


async def test_only_the_events_that_are_wanted_and_long_runs_are_told(sent: list[str]) -> None:
    made = app(fake.FakeBackend(events_of=flat), bell=True, events=["finished", "plateau"], least_seconds=3600.0)
    async with opened(made) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        await until(pilot, lambda: not made.notifier._watches)
        assert sent == ["\a"]  # the plateau


async def test_a_command_reads_the_run_as_json_and_its_output_goes_to_the_log(tmp_path: Path) -> None:
    target = tmp_path / "a $(file)"
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read()); print('printed by it')"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {shlex.quote(str(target))}"
    made = app(on_end=command, events=["finished"])
    async with opened(made) as (pilot, _):
        await pilot.press("r")
        await until(pilot, lambda: target.exists() and target.read_text().endswith("\n"))
    facts = json.loads(target.read_text())
    assert {"event": "finished", "run": "7", "status": "finished", "best_epoch": 4}.items() <= facts.items()
    assert facts["best"]["val_loss"] == pytest.approx(0.3)
    assert "printed by it" in streams.log_path().read_text()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("/no/such/program --x", "program --x' cannot be started: No such file or directory"),
        (
            f"{shlex.quote(sys.executable)} -c 'raise SystemExit(3)'",
            "ended with status 3; its output is in the log",
        ),
    ],
)
async def test_a_command_that_fails_is_said_and_the_screen_goes_on(
    monkeypatch: pytest.MonkeyPatch, command: str, message: str
) -> None:
    made = app(on_end=command, events=["finished"])
    said: list[str] = []
    monkeypatch.setattr(made, "notify", lambda text, **_: said.append(text))
    async with opened(made) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: any(message in text for text in said))
        await pilot.press("down")
        assert made.screen is bench


def test_a_selection_is_told_when_it_ends() -> None:
    going = Selecting(Plan(toml_file.load("digits")))
    watch = Watch(going, clock=iter([10.0, 12.5, 12.5]).__next__)
    assert watch.poll() == []
    going.done.set()
    going.seen = going.seen.__class__(going.plan, Status.FAILED, reason="fold 2 of 4: no memory")
    (news,) = watch.poll()
    assert watch.over
    assert news.event == "selection"
    assert news.words.startswith("the cross-validation failed: fold 2 of 4: no memory, ")
    assert news.facts == news.facts | {
        "event": "selection",
        "kind": "crossval",
        "status": "failed",
        "seconds": 2.5,
    }
    json.dumps(news.facts)


async def test_a_run_that_goes_on_in_a_process_of_its_own_has_not_stopped(sent: list[str]) -> None:
    made = app(fake.FakeBackend(gated=True), desktop="osc9")
    async with opened(made) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.training)
        live = bench.runner.live
        assert live
        watch = Watch(live)
        live.leave()
        await until(pilot, live.done.is_set)
        assert watch.poll() == []
        assert watch.over


async def test_a_run_that_ends_as_it_is_left_is_told() -> None:
    made = app(fake.FakeBackend(events_of=failing), bell=True)
    async with opened(made) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        live = bench.runner.live
        assert live
        live.leave()
        assert [news.event for news in Watch(live).poll()] == ["failed"]
