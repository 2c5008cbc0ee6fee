"""How every screen looks, at three sizes, in the dark theme and in the light one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.experiment import toml_file
from engine.runs import RunStore
from tests.engine.runs.held_out import train
from tests.workbench.fake import FakeBackend, burst, opened, ran, until
from tests.workbench.tui.data.test_audit_screen import finds_suspects, made_up
from tests.workbench.tui.data.test_screen import RealData
from tests.workbench.tui.evidence.test_screen import answered
from tests.workbench.tui.pictures import shows
from workbench.tui import themes
from workbench.tui.app import Workbench
from workbench.tui.data.audit_screen import AuditScreen
from workbench.tui.evidence.screen import (
    CONFUSION,
    RELIABILITY,
    SLICES,
    SUMMARY,
    THRESHOLD,
    EvidenceScreen,
)

SIZES = [(140, 40), (110, 30), (80, 24)]

EVIDENCE = {
    SUMMARY: ("summary", "accuracy"),
    RELIABILITY: ("reliability", "ECE"),
    THRESHOLD: ("threshold", "at each threshold"),
    CONFUSION: ("confusion", "true ↓ →"),
    SLICES: ("slices", "The worst slices first"),
}
"""Panels of the evidence: each with its name and with words that it shows."""


class Album:
    """Takes the pictures of one app at one size in one theme."""

    def __init__(self, pilot: Pilot[Any], size: tuple[int, int]) -> None:
        self.pilot = pilot
        self.folder = f"{size[0]}x{size[1]}"
        self.theme = "dark" if pilot.app.current_theme.dark else "light"

    async def press(self, *keys: str) -> None:
        """Type keys in one burst."""
        burst(self.pilot.app, *keys)
        await self.pilot.pause()

    async def shows(self, name: str, *words: str) -> None:
        """Waits for the words, and holds the screen against its stored picture."""
        await shows(self.pilot, f"{self.folder}/{name}-{self.theme}", *words)

    async def dialog(self, name: str, keys: Iterable[str], *words: str) -> None:
        """What these keys open, and closes it again."""
        await self.press(*keys)
        await self.shows(name, *words)
        await self.press("escape")


@pytest.fixture(params=[themes.DARK, themes.LIGHT], ids=lambda theme: theme.name)
def theme(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts the app in a theme."""
    monkeypatch.setenv("TEXTUAL_THEME", request.param.name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with a few files."""
    (tmp_path / "work" / "texts").mkdir(parents=True)
    (tmp_path / "work" / "houses.csv").touch()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Records runs at one moment, on a machine without a name or libraries."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr("engine.runs.row_codec.time", SimpleNamespace(time=lambda: 1_767_225_600.0))
    monkeypatch.setattr("engine.runs.row_codec.machine", lambda: {"host": "here"})
    monkeypatch.setattr("engine.runs.row_codec.versions", dict)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("theme", "same_everywhere", "at_once", "folder")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_and_dialog_looks_as_it_did(size: tuple[int, int], store: RunStore) -> None:
    app = Workbench(toml_file.load("imdb"), store=store, backend=RealData())  # type: ignore[arg-type]
    async with opened(app, size) as (pilot, bench):
        album = Album(pilot, size)
        await until(pilot, lambda: bench.background.estimate_of(app.experiment))
        await until(pilot, lambda: bench.evidence.linear(app.experiment))
        await album.shows("experiment", "✓ ready · about")
        await album.dialog("help", "?", "Keys", "Undo")
        await album.dialog("commands", "/", "▸ Add")
        await album.dialog("open", "o", "▸ A file of your own")
        await album.dialog("add", "a", "▸ Dense")
        await album.dialog("form", ("down", "enter"), "▸ Units", "160,305 parameters")
        await ran(pilot, bench)
        await until(pilot, lambda: bench.evidence.margins(bench.snapshot.run))
        await album.shows("trained", "finished")
        await album.press("v")
        await album.shows("held-out", "validation")
        await album.press("v")
        await album.shows("confused", "validation")
        await album.press("v")
        await album.dialog("search", ("k", "awful"), "searches the")
        await album.dialog("own", ("t", "brilliant"), "P(positive)")
        await album.press("2")
        await album.shows("runs", "Runs · 8")
        await album.dialog("export", "w", "▸ python")
        await album.dialog("question", "x", "Keep everything")
        await album.press("3")
        await album.shows("plan", "r runs the plan")
        await album.press("1", "o", "boston", "enter", "4")
        await album.shows("data", "Sample ", "not here: g gets it")
        await album.dialog("browse", ("home", "enter"), "houses.csv")


@pytest.mark.usefixtures("theme", "same_everywhere")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_evidence_and_an_audit_look_as_they_did(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(RunStore()) as store:
        run = train(store, answered(monkeypatch))
        app = Workbench(toml_file.load("imdb"), store=store, backend=FakeBackend())  # type: ignore[arg-type]
        async with opened(app, size) as (pilot, _):
            album = Album(pilot, size)
            evidence = EvidenceScreen(run)
            await app.push_screen(evidence)
            for panel, (name, words) in EVIDENCE.items():
                evidence.go_to_panel(panel)
                await album.shows(f"evidence-{name}", words)
            dataset = made_up()
            finds_suspects(monkeypatch, dataset)
            audit = AuditScreen(dataset, "digits")
            await app.push_screen(audit)
            await album.shows("audit", "50 labels judged")
