"""What each screen offers to copy, and that it says where it went."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.experiment import toml_file
from engine.experiment.setting_paths import differences, with_settings
from engine.runs import RunStore
from tests.workbench import fake
from tests.workbench.runs_host import press, shown
from workbench.text.command_line import command
from workbench.tui.dialogs.copying import choose
from workbench.tui.dialogs.pick import Pick


@pytest.fixture(autouse=True)
def bare_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


async def test_the_experiment_is_copied_as_toml(home: Path) -> None:
    async with fake.opened(fake.app(), notifications=True) as (pilot, bench):
        await pilot.press("Y")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Pick)
        pilot.app.screen.query_one(Input).value = "toml"
        await pilot.press("enter")
        await pilot.pause()
        text = (home / "clipboard.txt").read_text()
        assert toml_file.parse(text, "copied") == bench.experiment
        said = [note.message for note in pilot.app._notifications]
        assert said == [f"Copied: the experiment as TOML to {home / 'clipboard.txt'}"]


async def test_without_a_run_nothing_of_a_card_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "engine.exporting.text_card", None)  # an import of it fails
    async with fake.opened(fake.app()) as (_, bench):
        titles = [one.title for one in bench.copies()]
        assert titles[:2] == ["the experiment as TOML", "the command that trains it"]
        assert not any("card" in title for title in titles)


async def test_a_run_offers_its_card_its_commands_and_its_values(store: RunStore, home: Path) -> None:
    async with shown(store) as (app, pilot):
        screen = app.screen
        found = {one.title: one for one in screen.copies()}  # type: ignore[attr-defined]
        run = screen.chosen  # type: ignore[attr-defined]
        assert found["the command that shows it"].text() == f"workbench show {run.id}"
        assert run.name in found[f"the card of run {run.id}"].text()
        assert found["value: Name"].text().endswith(run.name)
        choose(screen, screen.copies())  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert run.name in (home / "clipboard.txt").read_text()


def test_a_command_names_the_preset_and_what_differs_from_it() -> None:
    preset = toml_file.load("imdb")
    assert command("train", preset) == "workbench train imdb"
    changed = with_settings(preset, {"training.epochs": 5, "layers.0.units": 8})
    assert command("train", changed) == "workbench train imdb --set layers.0.units=8 --set training.epochs=5"


def test_a_command_writes_the_experiment_where_no_preset_is_near(tmp_path: Path) -> None:
    preset = toml_file.load("imdb")
    other = preset.model_copy(update={"layers": (*preset.layers, *preset.layers), "name": "Deep 'er"})
    script = command("train", other).replace("workbench train", "cat")
    written = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    assert not differences(toml_file.parse(written.stdout.decode(), "written"), other)
