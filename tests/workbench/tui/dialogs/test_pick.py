"""Picking one of many: the list is narrowed by typing, and what is under the cursor is described."""

from __future__ import annotations

from tests.workbench import fake
from tests.workbench.fake import opened, until
from workbench.tui.dialogs.pick import Option, OptionRows, Pick


async def test_what_is_under_the_cursor_is_described_as_one_types() -> None:
    options = [Option("a", "Apples", about="They are red."), Option("b", "Bananas", about="They are yellow.")]
    async with opened(fake.app(), (80, 24)) as (pilot, _):
        await pilot.app.push_screen(Pick("Fruit", options))
        await until(pilot, lambda: "They are red." in fake.screen_text(pilot.app.screen))
        await pilot.press(*"ban")
        await until(pilot, lambda: "They are yellow." in fake.screen_text(pilot.app.screen))


async def test_the_list_has_the_lines_that_nothing_is_described_in() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, _):
        await pilot.app.push_screen(Pick("Numbers", [Option(str(n), f"number {n}") for n in range(40)]))
        rows = pilot.app.screen.query_one(OptionRows)
        await until(pilot, lambda: rows.size.height == 14)
