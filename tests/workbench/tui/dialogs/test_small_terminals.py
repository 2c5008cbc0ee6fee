"""Dialogs on terminals of a few lines: their choices are there, and can be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from engine.errors import DataError
from engine.prediction.samples import Sample
from engine.runs import RunStore
from tests.workbench import fake
from tests.workbench.fake import holds, until
from tests.workbench.subclasses import below
from workbench.tui import bindings
from workbench.tui.dialogs.browse import Browse
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.help import HelpScreen
from workbench.tui.dialogs.log_page import LogPage
from workbench.tui.dialogs.pick import OptionRows, Pick
from workbench.tui.dialogs.question import Ask
from workbench.tui.dialogs.save_path import SavePath
from workbench.tui.dialogs.text_line import Line
from workbench.tui.dialogs.text_page import Read
from workbench.tui.dialogs.work_page import WorkPage
from workbench.tui.experiment.own_columns import ColumnsScreen
from workbench.tui.experiment.own_review import ReviewScreen
from workbench.tui.quit import QuitScreen
from workbench.tui.runs.choose_columns import ChooseColumns
from workbench.tui.widgets.jump import JumpScreen

SIZES = [(40, 12), (20, 5)]

Dialogs = Mapping[str, type[ModalScreen[Any]]]
"""Keys, and the kind of dialog that they open."""

EXPERIMENT: Dialogs = {
    "/": Pick,
    "a": Pick,
    "o": Pick,
    "Y": Pick,
    "?": HelpScreen,
    "w": SavePath,
    "R": Line,
    "O": LogPage,
    "ctrl+o": JumpScreen,
    "home enter": ExperimentForm,
    "home down enter": ExperimentForm,
    "end enter": ExperimentForm,
}

AFTER_A_RUN: Dialogs = {"d": Read, "k": Pick, "t": ReviewScreen}
"""Those of the experiment screen that need reviews."""

RUNS: Dialogs = {
    "o": Pick,
    "c": ChooseColumns,
    "w": Pick,
    "w enter": SavePath,
    "n": Line,
    "m": Line,
    "t": Line,
    "b": Pick,
    "x": Ask,
    "Y": Pick,
    "ctrl+o": JumpScreen,
}
SELECTION: Dialogs = {
    "a": Pick,
    "a enter": Line,
    "Y": Pick,
    "ctrl+o": JumpScreen,
    **{" ".join(["home", *["down"] * line, "enter"]): Line for line in (1, 2, 3)},
}
DATA: Dialogs = {"ctrl+o": JumpScreen}


@pytest.mark.parametrize("size", SIZES)
async def test_every_dialog_of_the_experiment_shows_its_choices(size: tuple[int, int]) -> None:
    async with fake.opened(fake.app(), size) as (pilot, bench):
        await each_shows_its_choices(pilot, bench, EXPERIMENT)
        await fake.ran(pilot, bench)
        await each_shows_its_choices(pilot, bench, AFTER_A_RUN)


@pytest.mark.parametrize(("mode", "dialogs"), [("2", RUNS), ("3", SELECTION), ("4", DATA)])
@pytest.mark.parametrize("size", SIZES)
async def test_every_dialog_of_the_other_screens_shows_its_choices(
    size: tuple[int, int], mode: str, dialogs: Dialogs, store: RunStore
) -> None:
    async with fake.opened(fake.app(store=store), size) as (pilot, bench):
        await pilot.press(mode)
        await until(pilot, lambda: pilot.app.screen is not bench and pilot.app.focused)
        await each_shows_its_choices(pilot, pilot.app.screen, dialogs)


class NoAnswer:
    """A session that has no answer for a sample."""

    def explain(self, ids: Any) -> Any:
        """What the network makes of a sample."""
        raise DataError("a number is missing")


def own_sample() -> ColumnsScreen:
    """A sample of twelve columns."""
    columns = tuple((f"column {number}", str(number)) for number in range(12))
    return ColumnsScreen(
        NoAnswer(), Sample(0, "no", 0.0, tuple(map(float, range(12))), ""), columns, ("no", "yes")
    )  # type: ignore[arg-type]


OTHERS: Mapping[type[ModalScreen[Any]], Callable[[], ModalScreen[Any]]] = {
    ColumnsScreen: own_sample,
    QuitScreen: lambda: QuitScreen(()),
    Browse: lambda: Browse("Open", Path(__file__).parent),
    WorkPage: lambda: WorkPage("Work", lambda: iter(["a line"])),  # type: ignore[arg-type,return-value]
}
"""Dialogs that other keys open once there is data of one's own, or work."""


@pytest.mark.parametrize("size", SIZES)
async def test_every_other_dialog_shows_its_choices(size: tuple[int, int]) -> None:
    app = fake.app()
    async with fake.opened(app, size) as (pilot, bench):
        for kind, make in OTHERS.items():
            dialog = make()
            await app.push_screen(dialog)
            await shows_its_choices(pilot, kind)
            dialog.dismiss()
            await holds(lambda: app.screen is bench)


def test_every_kind_of_dialog_is_opened_here() -> None:
    bindings.bindings()  # imports every screen
    opened = {kind for table in (EXPERIMENT, AFTER_A_RUN, RUNS, SELECTION, DATA) for kind in table.values()}
    assert set(below(ModalScreen)) <= {base for kind in (*opened, *OTHERS) for base in kind.__mro__}


async def each_shows_its_choices(pilot: Pilot[Any], screen: Screen[Any], dialogs: Dialogs) -> None:
    """Open one dialog after another, and see that what can be chosen in it can be reached."""
    for keys, kind in dialogs.items():
        fake.burst(pilot.app, *keys.split())
        await shows_its_choices(pilot, kind)
        await pilot.press("escape")
        if pilot.app.screen is not screen:  # the first one closed a list, or the next question
            await pilot.press("escape")
        await holds(lambda: pilot.app.screen is screen)


async def shows_its_choices(pilot: Pilot[Any], kind: type[ModalScreen[Any]]) -> None:
    """Every field, button and list of a dialog comes into sight with the focus, and a list's cursor moves."""
    await until(pilot, lambda: type(pilot.app.screen) is kind)
    dialog = pilot.app.screen
    assert dialog.focus_chain or isinstance(dialog, JumpScreen)
    for stop in dialog.focus_chain:
        dialog.set_focus(stop)
        await holds(lambda stop=stop: in_sight(dialog, stop))
    for options in dialog.query(OptionRows):
        assert options.region.intersection(dialog.region).height >= dialog.size.height // 2 - 1
        first = options.key
        await pilot.press("down")
        assert options.key != first


def in_sight(dialog: Screen[Any], widget: Widget) -> bool:
    """Whether a widget is in sight, above the keys; on five lines perhaps not its last one."""
    visible = dialog.find_widget(widget).visible_region
    wide = min(widget.size.width, dialog.size.width) // 2
    return visible.height > 0 and visible.width > wide and visible.bottom < dialog.size.height


@pytest.mark.parametrize(("size", "whole"), [((80, 24), True), ((40, 12), False)])
async def test_a_long_name_of_a_column_is_whole_where_there_is_room(size: tuple[int, int], whole: bool) -> None:
    name = "median_income_of_the_neighbourhood"
    sample = Sample(0, "no", 0.0, (1.0,), "")  # type: ignore[arg-type]
    app = fake.app()
    async with fake.opened(app, size) as (pilot, _):
        dialog = ColumnsScreen(NoAnswer(), sample, ((name, "1"),), ("no", "yes"))  # type: ignore[arg-type]
        await app.push_screen(dialog)
        await until(pilot, lambda: "rhood" in fake.screen_text(dialog))
        assert (name in fake.screen_text(dialog)) is whole
        assert in_sight(dialog, dialog.focus_chain[0])
