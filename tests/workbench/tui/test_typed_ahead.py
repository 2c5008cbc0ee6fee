"""Every dialog's whole dialogue, typed in one burst: each key reaches the screen that the keys before it open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual import events
from textual.widgets import TextArea

from tests.workbench import fake
from tests.workbench.fake import burst, opened, ran, until
from workbench.tui.experiment.own_review import ReviewScreen
from workbench.tui.experiment.screen import ExperimentScreen

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
        assert not app.going
