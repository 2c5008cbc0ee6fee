"""The stack of layers is edited by keys, with undo and redo, over a made-up engine."""

from __future__ import annotations

from tests.workbench import fake
from tests.workbench.fake import opened, text_of, until
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.pick import Pick
from workbench.tui.experiment.screen import ExperimentScreen


def kinds(bench: ExperimentScreen) -> list[str]:
    return [layer.kind for layer in bench.experiment.layers]


async def test_a_adds_a_layer_below_the_cursor_with_its_settings() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "a")
        assert isinstance(pilot.app.screen, Pick)
        await pilot.press(*"dropout", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExperimentForm))
        await pilot.press(*"0.3", "enter")
        assert kinds(bench) == ["dense", "dropout", "dense", "dense"]
        assert bench.experiment.layers[1].rate == 0.3
        assert bench.stack.key == "layer-1"
        assert bench.focused is bench.stack


async def test_cancelling_a_dialog_changes_nothing_and_keeps_the_cursor() -> None:
    async with opened(fake.app()) as (pilot, bench):
        before = bench.experiment
        await pilot.press("down", "down")
        for keys in (
            ("a", "escape"),
            ("a", "enter", "escape"),
            ("enter", "escape"),
            ("o", "escape"),
            ("w", "escape"),
        ):
            await pilot.press(*keys)
            await pilot.pause()
            assert bench.experiment == before
            assert bench.stack.key == "layer-1"
            assert pilot.app.focused is bench.stack


async def test_enter_edits_a_layer_and_every_count_follows() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "enter")
        await pilot.press(*"4", "enter")
        assert bench.experiment.layers[0].units == 4
        assert "40,004" in text_of(bench, "#stack")


async def test_x_removes_and_u_and_ctrl_r_undo_and_redo() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "x")
        assert len(bench.experiment.layers) == 2
        await pilot.press("u")
        assert len(bench.experiment.layers) == 3
        await pilot.press("ctrl+r")
        assert len(bench.experiment.layers) == 2
        await pilot.press("ctrl+r")
        assert len(bench.experiment.layers) == 2


async def test_shift_arrows_move_a_layer_with_its_cursor() -> None:
    async with opened(fake.app("imdb-dropout")) as (pilot, bench):
        assert kinds(bench) == ["dense", "dropout", "dense", "dropout", "dense"]
        await pilot.press("down", "shift+down")
        assert kinds(bench)[:2] == ["dropout", "dense"]
        assert bench.stack.key == "layer-1"
        await pilot.press("shift+up", "shift+up")
        assert kinds(bench)[:2] == ["dense", "dropout"]


async def test_space_switches_a_layer_off_and_keeps_it() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "down", "space")
        assert not bench.experiment.layers[1].enabled
        assert "off" in text_of(bench, "#stack")
        await pilot.press("space")
        assert bench.experiment.layers[1].enabled


async def test_a_layer_is_added_above_the_output_layer_and_a_hidden_dense_is_relu() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        for key in ("home", "end", "up"):
            await pilot.press(key)
            await pilot.press("a", *"dense", "enter", "ctrl+s")
            await until(pilot, lambda: pilot.app.screen is bench)
            assert bench.experiment.output is bench.experiment.layers[-1]
            assert bench.experiment.layers[-2].activation == "relu"  # type: ignore[union-attr]


async def test_an_edit_shows_the_stack_where_another_panel_hides_it() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        for keys in (("a", "enter", "enter"), ("u",), ("ctrl+r",)):
            await pilot.press("tab")
            assert not bench.in_sight(0)
            before = bench.experiment
            await pilot.press(*keys)
            await until(pilot, lambda before=before: bench.experiment != before)
            assert bench.in_sight(0)
            assert bench.focused is bench.stack
            await pilot.press("home")
