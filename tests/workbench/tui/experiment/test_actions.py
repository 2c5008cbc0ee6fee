"""Experiments are opened, written and resumed from the experiment screen, over a made-up engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.widgets import Input

from engine.evaluation.sanity import ladder
from engine.evaluation.sanity.ladder import Rung
from engine.events import Preparing
from engine.experiment import toml_file
from engine.experiment.model import Experiment
from tests.workbench import fake
from tests.workbench.fake import opened, until
from workbench.tui.dialogs.question import Ask
from workbench.tui.dialogs.text_page import Read
from workbench.tui.dialogs.work_page import WorkPage


async def test_o_opens_a_preset_and_a_file_and_says_what_is_wrong_with_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    toml_file.write(toml_file.load("imdb-large").model_copy(update={"name": "Mine"}), good)
    bad.write_text("nme = 'x'\n[training]\nepochs = 'many'\n")
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("o", *"small", "enter")
        await until(pilot, lambda: bench.experiment.name == "IMDB small")
        for path, shown in ((good, "Mine"), (bad, "Mine")):
            await pilot.press("o")
            pilot.app.screen.query_one(Input).value = str(path)
            await pilot.press("enter")
            await pilot.pause()
            assert bench.experiment.name == shown
        assert isinstance(pilot.app.screen, Read)
        assert "epochs" in str(pilot.app.screen._text)
        assert "name" in str(pilot.app.screen._text)


async def test_w_writes_what_o_opens_again_and_asks_before_it_writes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.toml"
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("w")
        pilot.app.screen.query_one(Input).value = "mine"
        await pilot.press("enter")
        await until(pilot, path.exists)
        assert toml_file.load(str(path)) == bench.experiment
        await pilot.press("down", "x", "w")
        pilot.app.screen.query_one(Input).value = "mine.toml"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("n")
        assert len(toml_file.load(str(path)).layers) == 3
        assert pilot.app.screen.query_one(Input).value == "mine.toml"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("y")
        await until(pilot, lambda: len(toml_file.load(str(path)).layers) == 2)


def unfinished(interrupted: bool) -> SimpleNamespace:
    return SimpleNamespace(
        id="3",
        name="IMDB small",
        epochs_done=12,
        epochs_planned=20,
        experiment=toml_file.load("imdb-small"),
        interrupted=interrupted,
        owned=not interrupted,
    )


async def test_a_run_that_goes_on_elsewhere_is_told_of() -> None:
    backend = fake.FakeBackend(left=[unfinished(interrupted=False)])
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        await until(pilot, lambda: pilot.app._notifications)
        (told,) = pilot.app._notifications
        assert "run 3, IMDB small" in told.message
        assert pilot.app.screen is bench


async def test_an_interrupted_run_is_asked_about_once_and_can_be_gone_on_with() -> None:
    backend = fake.FakeBackend(left=[unfinished(interrupted=True)])
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        assert "after epoch 12 of 20" in pilot.app.screen._text
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        assert bench.experiment.name == "IMDB small"
        assert not backend.left


@pytest.mark.parametrize("answer", ["n", "y"])
async def test_w_makes_a_folder_on_request_and_keeps_the_path_otherwise(tmp_path: Path, answer: str) -> None:
    path = tmp_path / "new" / "folder" / "one.toml"
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await pilot.press("w")
        pilot.app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press(answer)
        if answer == "y":
            await until(pilot, lambda: pilot.app.screen is bench)
            assert toml_file.load(str(path)) == bench.experiment
        else:
            await until(pilot, lambda: pilot.app.screen.query(Input))
            assert pilot.app.screen.query_one(Input).value == str(path)
            assert not path.parent.exists()


async def test_a_path_that_cannot_be_written_is_kept_and_the_reason_said_whole(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "one.toml"
    async with opened(fake.app(), (80, 24)) as (pilot, _):
        await pilot.press("w")
        pilot.app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask) or "✗" in fake.screen_text(pilot.app.screen))
        if isinstance(pilot.app.screen, Ask):
            await pilot.press("y")
        await until(pilot, lambda: "✗" in fake.screen_text(pilot.app.screen))
        assert pilot.app.screen.query_one(Input).value == str(path)


async def test_an_edited_preset_is_named_by_what_differs_until_it_is_given_a_name() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        heading = lambda: fake.text_of(bench, "TopBar")  # noqa: E731
        await pilot.press("down", "x")
        assert bench.experiment.name == "IMDB baseline · 2 layers"
        assert "IMDB baseline · 2 layers" in heading()
        await pilot.press("u")
        assert bench.experiment.name == "IMDB baseline"
        await pilot.press("R")
        pilot.app.screen.query_one(Input).value = "Mine [b]"
        await pilot.press("enter")
        await until(pilot, lambda: "Mine [b]" in heading())
        await pilot.press("x")
        assert bench.experiment.name == "Mine [b]"
        await pilot.press("R", "ctrl+u", "enter")
        await until(pilot, lambda: bench.experiment.name == "IMDB baseline · 2 layers")


async def test_opening_over_edits_that_are_neither_run_nor_written_asks(tmp_path: Path) -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):

        async def open_small() -> None:
            await pilot.press("o", *"imdb-small", "enter")
            await pilot.pause()

        await open_small()
        assert bench.experiment.name == "IMDB small"
        await pilot.press("down", "x")
        await pilot.press("o", *"imdb-large", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        assert "neither run" in fake.screen_text(pilot.app.screen)
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.screen is bench)
        assert bench.experiment.name == "IMDB small · 2 layers"
        await pilot.press("o", *"imdb-large", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("w")
        await until(pilot, lambda: pilot.app.screen.query(Input))
        pilot.app.screen.query_one(Input).value = str(tmp_path / "kept.toml")
        await pilot.press("enter")
        await until(pilot, lambda: bench.experiment.name == "IMDB large")
        assert toml_file.load(str(tmp_path / "kept.toml")).name == "IMDB small · 2 layers"


async def test_the_sanity_ladder_is_climbed_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def climbed(experiment: Experiment) -> Iterator[Any]:
        yield Preparing("overfitting one batch", 1, 5)
        yield Rung("one_batch", True, 0.01, 0.0, f"learnt by {experiment.name}")

    monkeypatch.setattr(ladder, "climb", climbed)
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("j")
        await until(pilot, lambda: isinstance(pilot.app.screen, WorkPage))
        page = pilot.app.screen
        assert isinstance(page, WorkPage)
        await until(pilot, lambda: page.text.startswith("✓ overfit one batch 0.0100 against 0.0000: learnt by "))
        await pilot.press("escape")
        assert pilot.app.screen is bench
