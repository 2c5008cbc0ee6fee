"""Dialogs on terminals of a few lines: their choices are there, and can be reached."""

from __future__ import annotations

import pytest
from textual.widget import Widget
from textual.widgets import Button

from tests.workbench import fake
from workbench.tui.dialogs.pick import OptionRows
from workbench.tui.dialogs.question import Ask

SIZES = [(40, 12), (20, 5)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_dialog_opens_and_shows_its_choices(size: tuple[int, int]) -> None:
    async with fake.opened(fake.app(), size) as (pilot, bench):
        for key in ("/", "a", "o", "Y", "?", "w", "R", "O"):
            await pilot.press(key)
            await pilot.pause()
            dialog = pilot.app.screen
            assert dialog is not bench, key
            for options in dialog.query(OptionRows):
                first = options.key
                assert options.region.intersection(dialog.region).height >= size[1] // 2 - 1, key
                await pilot.press("down")
                assert options.key != first, key
            await pilot.press("escape")
            await pilot.pause()
            assert pilot.app.screen is bench, key


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_shows_the_answer_that_has_the_focus(size: tuple[int, int]) -> None:
    async with fake.opened(fake.app(backend=fake.FakeBackend(gated=True)), size) as (pilot, bench):
        await pilot.press("r")
        await fake.until(pilot, lambda: bench.runner.live)
        await pilot.press("q")
        await pilot.pause()
        dialog = pilot.app.screen
        assert isinstance(dialog, Ask)
        for _ in dialog.query(Button):
            button = dialog.focused
            assert button is not None
            await fake.until(pilot, lambda button=button: _in_sight(dialog, button))
            await pilot.press("down")
        await pilot.press("escape", "s")


def _in_sight(dialog: Ask, button: Widget) -> bool:
    """Whether a button is in sight, above the keys; on five lines perhaps not the last of its own."""
    visible = dialog.find_widget(button).visible_region
    return visible.height > 0 and visible.bottom < dialog.size.height
