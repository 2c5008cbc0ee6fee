"""Jump mode: a letter on each panel, in the order of the tab key."""

from __future__ import annotations

import pytest

from tests.workbench import fake
from tests.workbench.fake import opened, ran, screen_text, until
from workbench.tui.widgets.jump import JumpScreen

SIZES = [(140, 40), (80, 24)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_letter_gives_its_panel_the_focus(size: tuple[int, int]) -> None:
    app = fake.app()
    async with opened(app, size) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, JumpScreen))
        shown = screen_text(app.screen)
        assert all(f" {letter} " in shown for letter in "abc")
        await pilot.press("c")
        await until(pilot, lambda: app.screen is bench and app.focused and app.focused.id == "review-list")
        assert bench.in_sight(2)


async def test_jump_mode_takes_a_burst_of_keys_and_escape_leaves_all_as_it_was() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        await pilot.press("ctrl+o", "b")
        await until(pilot, lambda: app.focused and app.focused.id == "curves")
        await pilot.press("ctrl+o", "escape")
        await until(pilot, lambda: app.screen is bench)
        assert app.focused
        assert app.focused.id == "curves"
        await pilot.press("ctrl+o", "y")
        assert isinstance(app.screen, JumpScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_has_letters_for_all_its_panels(size: tuple[int, int]) -> None:
    app = fake.app()
    async with opened(app, size) as (pilot, _):
        for key in "234":
            await pilot.press(key)
            await until(pilot, lambda: app.screen.query("KeyBar") and app.focused)
            screen = app.screen
            await pilot.press("ctrl+o")
            await until(pilot, lambda: isinstance(app.screen, JumpScreen))
            assert len(app.screen.query(".target")) >= (2 if size[0] > 110 else 3)
            await pilot.click(offset=(40, 12))
            await until(pilot, lambda: not isinstance(app.screen, JumpScreen))
            assert app.screen is screen
