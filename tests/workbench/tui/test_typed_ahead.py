"""Every dialog's whole dialogue, typed in one burst: each key reaches the screen that the keys before it open."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import TextArea

from engine.runs import RunStore, RunSummary, kept_decision
from tests.engine.runs.held_out import train
from tests.workbench import fake
from tests.workbench.fake import burst, opened, ran, screen_text, until
from tests.workbench.runs_host import experiment, recorded
from tests.workbench.tui.data.test_audit_screen import finds_suspects, made_up
from tests.workbench.tui.evidence.test_screen import answered
from workbench.tui.app import Workbench
from workbench.tui.data.audit_screen import AuditScreen
from workbench.tui.dialogs.help import HelpScreen
from workbench.tui.evidence.screen import THRESHOLD, EvidenceScreen
from workbench.tui.experiment.own_review import ReviewScreen
from workbench.tui.experiment.screen import ExperimentScreen
from workbench.tui.runs.compare_screen import RunsCompare
from workbench.tui.widgets.mode_screen import ModeScreen

Seen = Callable[[ExperimentScreen], object]


BURSTS: list[tuple[tuple[str, ...], Seen]] = [
    (("home", "down", "enter", "32", "ctrl+s"), lambda bench: bench.experiment.layers[0].units == 32),  # type: ignore[union-attr]
    (("a", "drop", "enter", "ctrl+s"), lambda bench: "dropout" in [one.kind for one in bench.experiment.layers]),
    (("home", "enter", "escape", "down", "x"), lambda bench: len(bench.experiment.layers) == 2),
    (("o", "imdb-l2", "enter"), lambda bench: bench.experiment.name == "IMDB with L2"),
    (("?", "escape", "down", "x"), lambda bench: len(bench.experiment.layers) == 2),
    (("/", "undo", "escape", "down", "x"), lambda bench: len(bench.experiment.layers) == 2),
    (("2", "1", "down", "x"), lambda bench: len(bench.experiment.layers) == 2),
]


@pytest.mark.parametrize(("keys", "seen"), BURSTS, ids=[" ".join(keys) for keys, _ in BURSTS])
async def test_a_dialogue_typed_in_one_burst_is_done(keys: tuple[str, ...], seen: Seen) -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        burst(app, *keys)
        await until(pilot, lambda: seen(bench))
        await until(pilot, lambda: app.screen is bench)


@pytest.mark.parametrize("turns", [1, 2, 3, 5])
async def test_a_dialogue_whose_keys_arrive_one_by_one_is_done(turns: int) -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        for key in ["home", "down", "enter", *"32", "ctrl+s", "?", "escape", "down", "x"]:
            burst(app, key)
            for _ in range(turns):
                await asyncio.sleep(0)
        await until(pilot, lambda: len(bench.experiment.layers) == 2)
        assert bench.experiment.layers[0].units == 32  # type: ignore[union-attr]


async def test_a_review_typed_ahead_reaches_its_field() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        await ran(pilot, bench)
        burst(app, "t", "a bad film")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await until(pilot, lambda: app.screen.query_one(TextArea).text == "a bad film")


async def test_a_paste_comes_after_the_key_that_opens_its_dialog() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        burst(app, "o")
        app.post_message(events.Paste("imdb-l2"))
        burst(app, "enter")
        await until(pilot, lambda: bench.experiment.name == "IMDB with L2")


async def test_leaving_while_a_run_trains_is_answered_in_the_same_burst() -> None:
    app = fake.app(backend=fake.FakeBackend(gated=True))
    async with opened(app) as (pilot, bench):
        burst(app, "r")
        await until(pilot, lambda: bench.runner.training)
        burst(app, "q", "c", "q", "s")
        await until(pilot, lambda: bench.runner.live.done.is_set())
        assert not app.running_work


async def test_keys_typed_after_the_key_of_the_runs_mean_the_runs_listed_then(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 60.0)
    monkeypatch.setattr("workbench.tui.runs.view.POLL_SECONDS", 3600)
    app = fake.app(store=store)
    async with opened(app) as (pilot, bench):
        burst(app, "2", "end", "home", "m")
        await until(pilot, lambda: "Note of run 8" in screen_text(app.screen))
        burst(app, "escape", "1")
        await until(pilot, lambda: app.screen is bench)
        newest, news = recorded(store, experiment(name="Newest")), store.news
        asked, slow = threading.Event(), threading.Event()

        def slow_news(known: Sequence[RunSummary]) -> list[RunSummary]:
            asked.set()
            slow.wait(60)
            return news(known)

        monkeypatch.setattr(store, "news", slow_news)
        burst(app, "2", "home", "m")
        await until(pilot, asked.is_set)
        slow.set()
        await until(pilot, lambda: f"Note of run {newest}" in screen_text(app.screen))


async def test_keys_go_on_where_the_runs_cannot_be_read_in_time(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 0.05)
    app, stuck = fake.app(store=store), threading.Event()
    async with opened(app) as (pilot, bench):
        monkeypatch.setattr(store, "purge", lambda: stuck.wait(60))
        burst(app, "2", "1", "down", "x")
        await until(pilot, lambda: len(bench.experiment.layers) == 2)
        stuck.set()


async def test_the_run_deleted_right_after_another_is_the_next_one(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 60.0)
    app, asked, slow, delete = fake.app(store=store), threading.Event(), threading.Event(), store.delete

    def slow_delete(run: str) -> None:
        asked.set()
        slow.wait(60)
        delete(run)

    monkeypatch.setattr(store, "delete", slow_delete)
    async with opened(app) as (pilot, _):
        burst(app, "2", "home", "x", "d", "x", "d")
        await until(pilot, asked.is_set)
        for _ in range(10):
            await pilot.pause()
        slow.set()
        await until(pilot, lambda: {run.id for run in store.summaries()} == set("123456"))


async def test_a_threshold_that_is_kept_just_before_the_evidence_is_left_is_followed(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 60.0)
    asked, slow, kept, write = threading.Event(), threading.Event(), list[str](), kept_decision.write_decision

    def slow_write(*arguments: Any) -> None:
        asked.set()
        slow.wait(60)
        write(*arguments)

    monkeypatch.setattr(kept_decision, "write_decision", slow_write)
    run, app = train(store, answered(monkeypatch)), fake.app(store=store)
    async with opened(app) as (pilot, bench):
        monkeypatch.setattr(bench, "apply_decision", kept.append)
        evidence = EvidenceScreen(run)
        await app.push_screen(evidence)
        await until(pilot, lambda: evidence.found)
        evidence.go_to_panel(THRESHOLD)
        burst(app, "right", "k", "escape")
        await until(pilot, asked.is_set)
        for _ in range(10):
            await pilot.pause()
        slow.set()
        await until(pilot, lambda: app.screen is bench and kept == [run])


async def test_keys_typed_before_the_evidence_is_read_act_once_it_is_there(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 0.05)
    asked, slow = gated(monkeypatch, "engine.runs.evidence.examine")
    run, app = train(store, answered(monkeypatch)), fake.app(store=store)
    async with opened(app) as (pilot, _):
        app.push_screen(EvidenceScreen(run))
        burst(app, *["tab"] * THRESHOLD, "right", "right")
        await until(pilot, asked.is_set)
        await until(pilot, lambda: isinstance(app.screen, EvidenceScreen) and app.screen.panel == THRESHOLD)
        slow.set()
        await until(pilot, lambda: "threshold 0.520 by hand" in screen_text(app.screen))


@asynccontextmanager
async def evidence_being_read(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Workbench, Pilot[int], threading.Event]]:
    """The evidence of a run, which is being read until the event is set; keys wait for nothing else."""
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 0.05)
    asked, slow = gated(monkeypatch, "engine.runs.evidence.examine")
    run, app = train(store, answered(monkeypatch)), fake.app(store=store)
    async with opened(app) as (pilot, _):
        await app.push_screen(EvidenceScreen(run))
        await until(pilot, asked.is_set)
        yield app, pilot, slow


@pytest.mark.parametrize(("key", "shown"), [("escape", ExperimentScreen), ("?", HelpScreen)])
async def test_a_screen_that_is_still_being_read_can_be_left(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, key: str, shown: type[Screen[None]]
) -> None:
    async with evidence_being_read(store, monkeypatch) as (app, pilot, slow):
        burst(app, "d", "d", key)
        await until(pilot, lambda: isinstance(app.screen, shown))
        slow.set()


@pytest.mark.parametrize("key", ["ctrl+l", "Y"])
async def test_a_key_that_leaves_no_screen_drops_none_before_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with evidence_being_read(store, monkeypatch) as (app, pilot, slow):
        burst(app, *["tab"] * THRESHOLD, "right", "right", key)
        await until(pilot, lambda: isinstance(app.screen, EvidenceScreen) and app.screen.panel == THRESHOLD)
        await pilot.pause(0.05)
        slow.set()
        await until(pilot, lambda: "threshold 0.520 by hand" in screen_text(app.screen_stack[1]))


async def test_marks_typed_before_the_labels_are_judged_are_kept(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 0.05)
    dataset = made_up()
    finds_suspects(monkeypatch, dataset)
    asked, slow = gated(monkeypatch, "engine.evaluation.audit.data_audit.audit")
    screen = AuditScreen(dataset, str(tmp_path / "mine.csv"))
    app = fake.app(store=store)
    async with opened(app) as (pilot, _):
        await app.push_screen(screen)
        burst(app, "w", "u")
        await until(pilot, asked.is_set)
        slow.set()
        first, second = dataset.split.train[:2].tolist()
        await until(pilot, lambda: screen.marks == {first: "wrong", second: "unclear"})


@pytest.mark.parametrize(
    ("made", "path", "said"),
    [
        (lambda run, _: EvidenceScreen(run), "engine.runs.evidence.examine", "could not be read"),
        (lambda run, _: RunsCompare(run, run), "engine.runs.group_comparison.disagreements", "not be compared"),
        (lambda _, file: AuditScreen(made_up(), file), "engine.evaluation.audit.data_audit.audit", "not audited"),
    ],
)
async def test_a_screen_whose_reading_fails_says_so_and_takes_keys(
    store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    made: Callable[[str, str], ModeScreen],
    path: str,
    said: str,
) -> None:
    run, app = train(store, answered(monkeypatch)), fake.app(store=store)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(path, fail)
    screen = made(run, str(tmp_path / "mine.csv"))
    async with opened(app) as (pilot, bench):
        await app.push_screen(screen)
        await until(pilot, lambda: said in screen_text(screen))
        await until(pilot, lambda: not screen.is_filling)
        assert any("a bug" in note.message for note in app._notifications)
        burst(app, "down", "escape")
        await until(pilot, lambda: app.screen is bench)


def gated(monkeypatch: pytest.MonkeyPatch, path: str) -> tuple[threading.Event, threading.Event]:
    """Lets a generator function wait: the events that tell that it has been asked, and that it goes on."""
    asked, slow = threading.Event(), threading.Event()
    module, _, name = path.rpartition(".")
    steps = getattr(importlib.import_module(module), name)

    def waiting(*arguments: Any) -> Any:
        asked.set()
        slow.wait(60)
        return (yield from steps(*arguments))

    monkeypatch.setattr(path, waiting)
    return asked, slow
