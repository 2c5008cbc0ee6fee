"""What goes to the terminal while a run trains: little on every screen, nothing from under a dialog."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from textual._callback import invoke
from textual._compositor import CompositorUpdate
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from engine.experiment import toml_file
from engine.runs import RunStore
from tests.workbench import fake
from tests.workbench.subclasses import below
from workbench import tui
from workbench.terminal import textual_private
from workbench.terminal.screen_cells import TERMINAL
from workbench.tui import bindings
from workbench.tui.app import Workbench

BYTES = {(80, 24): 1000, (200, 60): 2667}
"""For an update of a run: a third of the bytes that a second may take, since there are three updates a second."""

DIALOGS = ["/", "?", "a", "o", "w", "R", "d", "k", "t", "q"]


class Counting(Workbench):
    """Counts the bytes that a terminal would get."""

    sent = 0

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.sent += len(renderable.render_segments(self.console).encode())
        super()._display(screen, renderable)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """An app whose run waits after every epoch."""
    from textual import _compositor

    for name in ("ChopsUpdate", "LayoutUpdate"):  # both go back to Textual's own after the test
        kind = getattr(_compositor, name)
        monkeypatch.setattr(kind, "render_segments", kind.render_segments)
    textual_private.patch_updates()
    TERMINAL.forget()
    backend = fake.FakeBackend(gated=True)
    return Counting(toml_file.load("imdb"), backend=backend)  # type: ignore[arg-type]


async def epochs(app: Counting, pilot: Pilot[int], count: int) -> None:
    """Let the run go on for some epochs, each seen by the screen if it polls."""
    live = app.bench.runner.live
    assert live is not None
    for _ in range(count):
        wanted = len(live.snapshot.epochs) + 1
        app.backend.sessions[-1].gate.release()  # type: ignore[attr-defined]
        await fake.until(pilot, lambda wanted=wanted: len(live.snapshot.epochs) >= wanted)
        app.bench._next_poll = 0.0
        app.bench._poll()
        await pilot.pause()


@pytest.mark.parametrize("size", BYTES)
async def test_an_update_of_a_run_takes_few_bytes_on_every_screen(app: Counting, size: tuple[int, int]) -> None:
    async with fake.opened(app, size) as (pilot, _):
        await pilot.press("r")
        await fake.until(pilot, lambda: app.bench.runner.live)
        await epochs(app, pilot, 3)
        for mode in "1234":
            await pilot.press(mode)
            await pilot.pause()
            before = app.sent
            await epochs(app, pilot, 4)
            assert (app.sent - before) / 4 <= BYTES[size], f"screen {mode}"
        await pilot.press("1", "s")


async def test_nothing_is_sent_from_under_a_dialog(app: Counting) -> None:
    async with fake.opened(app, (80, 24)) as (pilot, bench):
        await pilot.press("r")
        await fake.until(pilot, lambda: bench.runner.live)
        await epochs(app, pilot, 2)
        for key in DIALOGS:
            await pilot.press(key)
            await pilot.pause()
            assert app.screen is not bench, key
            before = app.sent
            bench._show_run()
            await epochs(app, pilot, 1)
            assert app.sent == before, f"the dialog of {key}"
            await pilot.press("escape")
            await pilot.pause()
            assert app.screen is bench, key
        await pilot.press("s")


async def every_timer_fires(app: Counting, pilot: Pilot[int]) -> None:
    """Let every timer of the screens that are shown fire three times."""
    for _ in range(3):
        for pump in (app, *(node for screen in app.screen_stack for node in screen.walk_children(with_self=True))):
            for timer in list(pump._timers):
                if timer._callback and timer._repeat is None:
                    await invoke(timer._callback)
        await pilot.pause()


async def is_idle(app: Counting, pilot: Pilot[int]) -> None:
    """Nothing is sent, whatever fires, once what was begun has been shown."""
    for _ in range(100):
        before = app.sent
        await every_timer_fires(app, pilot)
        if app.sent == before:
            return
    raise AssertionError("something is sent each time")


@pytest.mark.parametrize("size", BYTES)
async def test_nothing_is_sent_while_nothing_happens(
    app: Counting, size: tuple[int, int], store: RunStore
) -> None:
    app._store = store
    async with fake.opened(app, size) as (pilot, bench):
        for ended in (False, True):
            for mode in "1234":
                await pilot.press(mode)
                await is_idle(app, pilot)
            await pilot.press("1")
            if not ended:
                app.backend.gated = False  # type: ignore[attr-defined]
                await fake.ran(pilot, bench)


def test_no_field_has_a_cursor_that_blinks() -> None:
    bindings.bindings()  # imports every screen
    kinds = {*below(Input), *below(TextArea)}
    assert {"LineInput", "Typed", "Find", "ReviewArea"} <= {kind.__name__ for kind in kinds}
    assert [kind for kind in kinds if kind("").cursor_blink] == []
    source = "".join(file.read_text("utf-8") for file in Path(tui.__file__).parent.rglob("*.py"))
    assert re.findall(r"[^\w.](?:Input|TextArea)\(", source) == []
