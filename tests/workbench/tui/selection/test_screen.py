"""Every key of the selection screen, over made-up selections."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Input

from engine.selection.events import FoldEnded
from engine.selection.results import FoldScore
from tests.workbench import fake
from tests.workbench.fake import until
from tests.workbench.fake_selection import FakeSelections, install
from workbench.tui.app import Workbench
from workbench.tui.dialogs.pick import Pick
from workbench.tui.dialogs.text_line import Line
from workbench.tui.experiment.screen import ExperimentScreen
from workbench.tui.quit import QuitScreen
from workbench.tui.selection.cell_list import SelectionCells
from workbench.tui.selection.curves import SelectionCurves
from workbench.tui.selection.plan_list import options
from workbench.tui.selection.score_table import SelectionHeat
from workbench.tui.selection.screen import SelectionScreen
from workbench.tui.sessions.live_selection import Plan, Seen, Selecting
from workbench.tui.widgets.chart import Chart

SIZES = [(140, 40), (110, 30), (80, 24)]
COURSE = {"training.epochs": (1, 3, 5), "layers.0.units+layers.1.units": (32, 64)}


@asynccontextmanager
async def selecting(
    size: tuple[int, int] = (140, 40), axes: dict[str, Any] | None = None, app: Workbench | None = None
) -> AsyncIterator[tuple[Pilot[int], SelectionScreen]]:
    """The app on its selection screen, a grid planned."""
    app = app or fake.app()
    async with fake.opened(app, size) as (pilot, _):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, SelectionScreen))
        screen = app.screen
        assert isinstance(screen, SelectionScreen)
        if axes:
            screen.plan = replace(screen.plan, axes=axes)
            screen.show_plan()
        yield pilot, screen


def text(screen: Any) -> str:
    """All that is on the screen."""
    return "\n".join("".join(segment.text for segment in line) for line in screen._compositor.render_strips())


async def carried_out(pilot: Pilot[int], screen: SelectionScreen) -> None:
    """Run to the end, and see it."""
    await pilot.press("r")
    await until(pilot, lambda: screen.going and screen.going.done.is_set())
    await until(pilot, lambda: "finished" in text(screen) or "failed" in text(screen))


async def line_asked(pilot: Pilot[int]) -> Line:
    """The line to type, once it is there."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Line))
    assert isinstance(pilot.app.screen, Line)
    return pilot.app.screen


async def typed(pilot: Pilot[int], words: str) -> None:
    """Type over a line, all at once."""
    line = await line_asked(pilot)
    line.query_one(Input).value = words
    await pilot.press("enter")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> FakeSelections:
    return install(monkeypatch)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("made")
async def test_shows_the_plan_at_every_size(size: tuple[int, int]) -> None:
    async with selecting(size) as (_, screen):
        shown = text(screen)
        assert "IMDB baseline" in shown
        assert "no settings yet: a adds one" in shown
        assert "cross-validation: 4 networks, 80" in shown
        assert "r runs the plan" in shown


async def test_r_cross_validates_and_shows_folds_their_mean_and_its_best_epoch(made: FakeSelections) -> None:
    async with selecting() as (pilot, screen):
        await carried_out(pilot, screen)
        ((experiment, grid, folds, jobs, settings),) = made.asked
        assert (experiment, grid, folds, jobs) == (pilot.app.experiment, None, 4, 1)  # type: ignore[attr-defined]
        assert settings["apart"] is True
        shown = text(screen)
        assert "mean best 3" in shown
        assert "Loss held-out samples" in shown
        assert "mean curve best at epoch 3" in shown
        assert "▸    1      20" in shown
        assert "  mean  " in shown
        await pilot.press("y")
        await until(pilot, lambda: "Accuracy held-out samples" in text(screen))
        for key, words in (("l", "· log"), ("m", "· smoothed")):
            await pilot.press(key)
            await until(pilot, lambda words=words: words in text(screen))
        await pilot.press("z", "left", "left", "z")
        assert (screen.chart.query_one(Chart).picture.low, screen.chart.query_one(Chart).picture.high) == (18, 20)
        await pilot.press("Z")
        assert screen.maximized is screen.chart
        await pilot.press("escape", "escape")
        assert screen.maximized is None
        assert screen.chart.query_one(Chart).picture.low == 1


async def test_a_adds_a_setting_and_says_what_is_wrong_with_its_values(made: FakeSelections) -> None:
    async with selecting() as (pilot, screen):
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, Pick))
        await pilot.press(*"hidden", "enter")
        line = await line_asked(pilot)
        await typed(pilot, "32, many")
        await until(pilot, lambda: "✗" in text(line))
        assert pilot.app.screen is line
        assert "as in 32, 64, 256: values separated by commas" in text(line)
        assert "expected a whole number" in text(pilot.app.screen)
        assert pilot.app.screen.query_one(Input).value == "32, many"
        await typed(pilot, "32, 64")
        await until(pilot, lambda: screen.is_current)
        assert screen.plan.axes == {"layers.0.units+layers.1.units": (32, 64)}
        assert "search: 2 cells, 6 networks, 120" in text(screen)
        await pilot.press("a", "escape")
        await until(pilot, lambda: screen.is_current)
        assert len(screen.plan.axes) == 1
        assert not made.asked


@pytest.mark.usefixtures("made")
async def test_folds_that_change_with_the_first_setting_are_said() -> None:
    app = fake.app()
    async with fake.opened(app, notifications=True) as (pilot, _):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, SelectionScreen))
        screen = app.screen
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Pick))
        fake.burst(app, "epochs", "enter")
        await typed(pilot, "1, 3")
        await until(pilot, lambda: "Folds: 3, the default for a search, instead of 4" in text(screen))
        await pilot.press("x")
        await until(pilot, lambda: "Folds: 4, the default for cross-validation, instead of 3" in text(screen))


@pytest.mark.usefixtures("made")
async def test_enter_edits_a_settings_values_and_its_name_and_x_removes_it() -> None:
    async with selecting(axes=COURSE) as (pilot, screen):
        screen.setup.move_to("axis training.epochs")
        await pilot.press("enter")
        await line_asked(pilot)
        await pilot.press(*"2", "enter")
        await until(pilot, lambda: screen.is_current)
        assert screen.plan.axes["training.epochs"] == (2,)
        await pilot.press("enter")
        await typed(pilot, "training.learning_rate=.1,.01")
        await until(pilot, lambda: screen.is_current)
        assert list(screen.plan.axes) == ["training.learning_rate", "layers.0.units+layers.1.units"]
        assert screen.setup.key == "axis training.learning_rate"
        await pilot.press("x")
        assert list(screen.plan.axes) == ["layers.0.units+layers.1.units"]


@pytest.mark.usefixtures("made")
async def test_the_table_knows_whole_numbers_of_fractional_settings() -> None:
    async with selecting(axes={"training.epochs": (1, 3), "layers.0.l2": (0, 0.001)}) as (pilot, screen):
        await carried_out(pilot, screen)
        heat = [
            line.text
            for line in screen.query_one(SelectionHeat).query_one("Static").render_lines(Region(0, 0, 40, 3))
        ]
        assert heat[0].split() == ["epochs", "0", "0.001"]
        assert "·" not in heat[1] + heat[2]


@pytest.mark.usefixtures("made")
async def test_folds_processes_cluster_and_earlier_results_are_settings_too() -> None:
    async with selecting(axes=COURSE) as (pilot, screen):
        assert "Ranked by highest accuracy" in " ".join(text(screen).split())
        for key, words in (("folds", "5"), ("jobs", "-1"), ("cluster", "tcp://there:1"), ("score", "loss")):
            screen.setup.move_to(key)
            await pilot.press("enter")
            await typed(pilot, words)
            await until(pilot, lambda: screen.is_current)
        screen.setup.move_to("fresh")
        await pilot.press("enter")
        plan = screen.plan
        assert (plan.parts, plan.jobs, plan.cluster, plan.fresh) == (5, -1, "tcp://there:1", True)
        assert plan.score == "loss"
        assert "Ranked by lowest loss" in " ".join(text(screen).split())
        assert "one per processor" in text(screen)
        assert "trained again" in text(screen)
        options = "--folds 5 --jobs -1 --cluster tcp://there:1 --score loss --fresh"
        assert screen.copies()[0].text().endswith(options)


@pytest.mark.parametrize(
    ("key", "wrong", "why"),
    [
        ("folds", "1", "at least 2"),
        ("folds", "1.5", "a whole number"),
        ("jobs", "true", "a whole number"),
        ("cluster", "3b", "a host and a port"),
    ],
)
async def test_what_is_wrong_with_a_setting_is_said_where_it_is_typed(key: str, wrong: str, why: str) -> None:
    async with selecting() as (pilot, screen):
        before = screen.plan
        screen.setup.move_to(key)
        await pilot.press("enter")
        await typed(pilot, wrong)
        await until(pilot, lambda: why in text(pilot.app.screen))
        assert pilot.app.screen.query_one(Input).value == wrong
        await pilot.press("escape")
        await until(pilot, lambda: screen.is_current)
        assert screen.plan == before


@pytest.mark.parametrize("size", SIZES)
async def test_a_search_shows_cells_by_rank_and_the_table_of_two(made: FakeSelections, size: Any) -> None:
    async with selecting(size, COURSE) as (pilot, screen):
        await carried_out(pilot, screen)
        assert made.asked[0][1:4] == (COURSE, 3, 1)
        cells = text(screen)
        assert "Cells · 6 of 6 scored" in cells
        best = next(line for line in cells.splitlines() if "▸" in line and "0.8" in line)
        assert best.partition("▸")[2].split()[:4] == ["1", "3", "64", "0.892"]
        if size[0] < 110:
            await pilot.press("tab")
            assert "Cells ·" not in text(screen)
        table = text(screen)
        assert "epochs by units" in table
        assert "●0.892" in table
        assert "✓ finished · 30 epochs · 2.5 s · b retrains the best" in table


@pytest.mark.parametrize("size", SIZES)
async def test_p_prunes_and_dropped_cells_are_marked_and_behind_the_others(
    made: FakeSelections, size: Any
) -> None:
    grid = {"training.epochs": (1, 3), "layers.0.units+layers.1.units": (16, 32, 64)}
    async with selecting(size, grid) as (pilot, screen):
        assert "9 networks, 27" in " ".join(text(screen).split())
        await pilot.press("p")
        await until(pilot, lambda: "half after a fold" in text(screen))
        assert "search: 6 cells, 6 networks, 18" in " ".join(text(screen).split())
        assert screen.setup.key == "prune"
        await pilot.press("enter")
        assert screen.plan.prune is False
        await pilot.press("enter")
        await carried_out(pilot, screen)
        assert made.asked[0][4]["prune"] is True
        cells = text(screen)
        assert "2 of 6 scored, 4 pruned" in cells
        lines = [line for line in cells.splitlines() if "·" in line and "(0.8" in line]
        assert len(lines) == 4
        if size[0] != 110:  # where the cells have little room beside the table
            assert [line.split("/3 pruned")[0][-1] for line in lines] == ["2", "2", "1", "1"]
        assert cells.count("–   0.9") == (0 if size[0] == 110 else 1)  # one fold has no spread
        assert "✗" not in cells
        best = next(line for line in cells.splitlines() if "▸" in line and "0.8" in line)
        assert best.partition("▸")[2].split()[:3] == ["1", "3", "64"]
        if size[0] < 110:
            await pilot.press("tab")
        assert text(screen).count("●0.894") == text(screen).count("●0.") == 1
        assert "(0.895) ●0.894" in text(screen)
        assert [option for option in screen.copies()[0].text().split() if option == "--prune"]
        await pilot.press("p")
        await until(pilot, lambda: screen.setup.has_focus and "IMDB baseline" in text(screen))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen))
        assert pilot.app.screen.experiment.training.epochs == 3  # type: ignore[attr-defined]


@pytest.mark.usefixtures("made")
async def test_a_plan_with_nothing_to_prune_says_so_and_does_not_run() -> None:
    async with selecting(axes={"training.epochs": (1, 3)}) as (pilot, screen):
        await pilot.press("p")
        await until(pilot, lambda: "nothing to prune" in text(screen))
        await pilot.press("r")
        assert screen.going is None


@pytest.mark.usefixtures("made")
async def test_the_cursor_chooses_whose_curves_are_shown_and_enter_opens_a_cell() -> None:
    async with selecting(axes=COURSE) as (pilot, screen):
        await carried_out(pilot, screen)
        screen.cells.focus()
        await pilot.press("end")
        await until(pilot, lambda: "epochs 5 units 32" in text(screen))
        await pilot.press("up")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen))
        experiment = pilot.app.experiment  # type: ignore[attr-defined]
        assert [layer.units for layer in experiment.layers] == [32, 32, 1]
        assert experiment.training.epochs == 1


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(("axes", "epochs", "units"), [(COURSE, 3, [64, 64, 1]), (None, 3, [16, 16, 1])])
async def test_b_retrains_what_was_selected_and_tests_it(axes: Any, epochs: int, units: list[int]) -> None:
    async with selecting(axes=axes) as (pilot, screen):
        await pilot.press("b")
        assert screen.is_current
        await carried_out(pilot, screen)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen))
        bench = pilot.app.screen
        assert isinstance(bench, ExperimentScreen)
        await until(pilot, lambda: "retrained for" in fake.text_of(bench, "ProgressLine"))
        assert f"✓ retrained for {epochs} epochs" in fake.text_of(bench, "ProgressLine")
        assert "test loss 0.301 accuracy 0.877" in fake.text_of(bench, "ProgressLine")
        assert bench.experiment.training.epochs == epochs
        assert [layer.units for layer in bench.experiment.layers] == units  # type: ignore[union-attr]


async def test_cells_appear_as_they_are_scored_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Semaphore(0)
    install(monkeypatch, gate=gate)
    async with selecting(axes=COURSE) as (pilot, screen):
        await pilot.press("r")
        gate.release(3)
        await until(pilot, lambda: "1/3" in text(screen) and "epoch 3/5" in text(screen))
        shown = text(screen)
        assert "Cells · 0 of 6 scored" in shown
        assert "fold 1 · epoch 3/5" in shown
        assert "27 s left" in shown
        await pilot.press("1")
        await until(pilot, lambda: "search 1" in fake.text_of(pilot.app.screen, "TopBar"))
        await pilot.press("3")
        await until(pilot, lambda: screen.is_current)
        await pilot.press("r")
        assert len(screen.app.running_work) == 1
        await pilot.press("s")
        await until(pilot, lambda: "stopped · r resumes it" in text(screen))
        assert not screen.app.running_work


def test_a_fold_whose_epochs_were_not_reported_has_its_curve_all_the_same() -> None:
    seen = Seen(Plan(_imdb()))
    history = {"loss": (0.5, 0.4), "val_loss": (0.6, 0.5)}
    seen = seen.after(FoldEnded(2, FoldScore(history, {}), 0.5, None))
    assert seen.curves == {(0, 2): history}


async def test_quitting_asks_while_a_selection_is_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = install(monkeypatch, gate=threading.Semaphore(0))
    async with selecting() as (pilot, screen):
        await pilot.press("r", "q")
        await until(pilot, lambda: isinstance(pilot.app.screen, QuitScreen))
        assert "the cross-validation" in text(pilot.app.screen)
        await pilot.press("s")
        await until(pilot, lambda: screen.going and screen.going.done.is_set())
    assert made.closed == 1


async def test_a_failure_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, problem="fold 1 of 4: the loss became infinite in epoch 1")
    async with selecting() as (pilot, screen):
        await carried_out(pilot, screen)
        assert "✗ failed: fold 1 of 4: the loss became infinite" in text(screen)


@pytest.mark.usefixtures("made")
async def test_a_plan_that_no_longer_fits_the_experiment_says_so_and_does_not_run() -> None:
    async with selecting(axes=COURSE) as (pilot, screen):
        await pilot.press("1", "down", "x", "down", "x", "3")
        await until(pilot, lambda: "there is no such" in text(screen))
        await pilot.press("r")
        assert screen.going is None


@pytest.mark.usefixtures("made")
async def test_a_small_terminal_shows_one_panel_at_a_time() -> None:
    async with selecting((80, 24), COURSE) as (pilot, screen):
        await carried_out(pilot, screen)
        seen = []
        for _ in range(4):
            await pilot.press("tab")
            seen.append(
                [
                    widget.region.height > 0
                    for widget in (
                        screen.setup,
                        *map(screen.query_one, (SelectionCurves, SelectionCells, SelectionHeat)),
                    )
                ]
            )
        assert seen == [
            [False, False, False, True],
            [True, False, False, False],
            [False, True, False, False],
            [False, False, True, False],
        ]


@pytest.mark.usefixtures("made")
async def test_tab_goes_round_the_panels_side_by_side() -> None:
    async with selecting(axes=COURSE) as (pilot, screen):
        await carried_out(pilot, screen)
        order = []
        for _ in range(3):
            await pilot.press("tab")
            order.append(screen.focused)
        assert order == [screen.cells, screen.query_one(SelectionHeat), screen.setup]


def test_what_can_be_searched_leads_with_what_often_is() -> None:
    found = [option.key for option in options(_imdb(), {"training.epochs"})]
    assert found[:3] == ["training.learning_rate", "layers.0.units+layers.1.units", "training.batch_size"]
    assert "training.epochs" not in found
    assert "data.dataset" not in found
    assert "data.vocabulary" in found


def test_a_bug_in_a_selection_is_told_and_ends_it() -> None:
    going = Selecting(Plan(_imdb()))

    def broken() -> Any:
        raise ZeroDivisionError("oh")
        yield

    going.run(broken)
    assert going.done.is_set()
    assert going.seen.reason.startswith("ZeroDivisionError: oh (a bug")


def _imdb() -> Any:
    from engine.experiment import toml_file

    return toml_file.load("imdb")
