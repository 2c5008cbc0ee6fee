"""The runs screen over made-up runs: found, sorted, grouped, marked and compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input

from engine.runs import RunStore
from engine.runs.records import INTERRUPTED
from tests.engine.fake_runs import FakeRun
from tests.workbench.runs_host import (
    HOSTILE,
    Host,
    Retrained,
    experiment,
    head,
    ids,
    order,
    press,
    recorded,
    settled,
    shown,
    table,
    text,
)
from workbench.tui.messages import AttachRun
from workbench.tui.runs.chart import RunsChart
from workbench.tui.runs.choose_columns import SETTINGS, ChooseColumns
from workbench.tui.runs.columns import BY_KEY, USUAL
from workbench.tui.runs.details import RunsDetails
from workbench.tui.runs.screen import RunsScreen
from workbench.tui.runs.table import RunsTable
from workbench.tui.widgets.chart import Chart

pytestmark = pytest.mark.usefixtures("at_once")


class TestTable:
    async def test_shows_every_run_the_newest_first(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            assert ids(app) == "8 7 6 5 4 3 2 1"
            assert "Runs · 8" in text(app)
            assert "status:stopped" not in text(app)
            assert "■ [red]x" in text(app)
            await press(app, pilot, *["right"] * 7)
            assert "5/5" in text(app, RunsTable)
            assert "stopped" in text(app, RunsTable)
            assert "layers.0.units" in [column.key for column in table(app).columns]

    async def test_a_person_s_text_is_text(self, store: RunStore) -> None:
        async with shown(store, (200, 40)) as (app, pilot):
            store.tag("3", [HOSTILE])
            store.note("3", f"{HOSTILE}\nsecond line")
            await press(app, pilot, *["down"] * 5)
            app.screen._poll()  # type: ignore[attr-defined]
            await settled(app, pilot)
            assert "3 [red]x[/red] " in text(app)
            assert "second line" in text(app, RunsDetails)
            assert not any(character in text(app) for character in "\x1b\u202e")

    async def test_finds_by_words_and_conditions(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            for typed, found in (
                ("narrow", "5 4"),
                ("status:stop", "3"),
                ("units>=16 optimizer=rmsprop epochs<9", "2 1"),
                ("test.accuracy>0.5", "2"),
                ("val_loss<0.306", "4"),
                ("training.optimizer=adam", "3"),
                ("val_loss < .306 or (wide not narrow)", "4 2"),
                ("nothing", ""),
            ):
                await press(app, pilot, "f")
                assert app.screen.query_one(Input).has_focus
                app.screen.query_one(Input).value = typed
                await settled(app, pilot)
                assert ids(app) == found, typed
            assert "no run matches" in text(app)
            await press(app, pilot, "f")
            footer = text(app).splitlines()[-1]
            assert "esc Show all" in footer
            assert "Delete" not in footer
            await press(app, pilot, "escape")
            assert ids(app) == "8 7 6 5 4 3 2 1"
            assert table(app).has_focus

    async def test_a_query_that_is_wrong_says_what_and_keeps_the_list(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "f", *"narrow")
            app.screen.query_one(Input).value = "narrow val_los < 0.3"
            await settled(app, pilot)
            assert ids(app) == "5 4"
            assert "character 8: unknown name 'val_los': did you mean 'val_loss'?" in text(app)
            app.screen.query_one(Input).value = "narrow val_loss <"
            await settled(app, pilot)
            assert "a value is expected here" in text(app)
            await press(app, pilot, "escape")
            assert ids(app) == "8 7 6 5 4 3 2 1"
            assert "is expected here" not in text(app)

    async def test_names_in_a_query_are_completed(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "f", *"wide val_l", "tab", *"<1")
            assert app.screen.query_one(Input).value == "wide val_loss<1"
            assert ids(app) == "2"

    async def test_pinned_runs_stay_on_top(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "end", "p")
            assert ids(app) == "1 8 7 6 5 4 3 2"
            assert table(app).run.id == "1"  # type: ignore[union-attr]
            assert "★ Baseline" in text(app)
            await order(app, pilot, "val loss")
            assert ids(app).startswith("1 ")
            assert store.get("1").tags == ("pinned",)
            await press(app, pilot, "p", "o", *"run", "enter")
            assert ids(app).startswith("8 ")

    async def test_the_cursor_of_the_last_session_is_found_once_the_runs_are_read(self, store: RunStore) -> None:
        app = Host(store)
        async with app.run_test(size=(140, 40)) as pilot:
            await pilot.pause()
            screen = app.screen
            assert isinstance(screen, RunsScreen)
            screen.restore_cursor("3")
            await settled(app, pilot)
            assert screen.cursor_key == "3"

    async def test_groups_by_a_setting_with_mean_and_interval(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "b", *"units", "enter")
            shown_groups = text(app)
            assert "2 runs · val_loss 0.3055 [0.2864, 0.3246]" in shown_groups
            await press(app, pilot, *["down"] * 3, "enter")
            assert ids(app) == "2"
            assert app.screen.query_one(Input).value == "layers.0.units=64"

    async def test_sorts_by_any_column_both_ways(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await order(app, pilot, "val loss")
            losses = [run.best["val_loss"] for run in table(app).runs]
            assert losses == sorted(losses)
            await order(app, pilot, "val loss")
            assert [run.best["val_loss"] for run in table(app).runs] == losses[::-1]
            await order(app, pilot, "test loss")
            assert ids(app).startswith("2 ")
            head = text(app, RunsTable).splitlines()[1]
            await pilot.click(RunsTable, offset=(head.index("Name") + 1, 1))
            await settled(app, pilot)
            assert [run.name for run in table(app).runs][1:3] == ["Baseline", "Deep"]
            await pilot.click(RunsTable, offset=(10, 4))
            assert table(app).run is table(app).runs[2]
            await pilot.click(RunsTable, offset=(10, 4), times=2)
            await settled(app, pilot)
            assert app.asked == [AttachRun(table(app).runs[2].id)]

    async def test_a_retrained_run_has_no_validation_values(self, store: RunStore) -> None:
        recorded(store, experiment(name="Again"), kind="retrain", parent="1", run=Retrained)
        async with shown(store) as (app, pilot):
            line = text(app, RunsTable).splitlines()[2]
            assert line.split()[1:8] == ["9", "retrain", "Again", "16", "rmsprop", "5", "-"]
            assert "Loss training" in text(app, RunsChart)
            assert "▲ 1 Baseline" in text(app, RunsChart)
            assert "by training loss" in text(app, RunsDetails)
            for _ in range(2):
                await order(app, pilot, "val loss")
                assert ids(app).endswith(" 9")

    async def test_a_run_left_alone_is_still_called_interrupted(self, store: RunStore) -> None:
        stream = store.record(FakeRun(experiment(name="Lost")))
        run = next(stream).run  # type: ignore[union-attr]
        stream.close()
        assert store.get(run).state == "stopped"
        assert replace(store.get(run), reason=INTERRUPTED).state == "interrupted"

    @pytest.mark.parametrize("width", [110, 140])
    async def test_columns_are_shown_whole(self, store: RunStore, width: int) -> None:
        async with shown(store, (width, 30)) as (app, pilot):
            await order(app, pilot, "val metric")
            assert head(app)[:5] == ["Run", "Name", "units 1", "optimizer", "epochs"]
            assert head(app)[-1] == "›"
            titles = {column.title for column in table(app).columns} | {"Val metric▴", "›"}
            for _ in table(app).columns:
                assert {*head(app)} <= titles
                await press(app, pilot, "right")
            assert head(app)[-1] == "Tags"
            await press(app, pilot, *["left"] * 20)
            assert head(app)[1] == "Name"

    async def test_columns_are_chosen(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "c")
            assert isinstance(app.screen, ChooseColumns)
            assert "✓ Status" in text(app)
            assert "  Note " in text(app)
            ticked = (
                "run",
                "status",
                "epochs",
                "loss",
                "metric",
                "test",
                "seconds",
                "when",
                "tags",
                "seed",
                "note",
            )
            for index, key in enumerate([*BY_KEY, SETTINGS]):
                await pilot.press(
                    *(["space"] if key in (*ticked, SETTINGS) else []), *(["down"] if index < 19 else [])
                )
            await press(app, pilot, "enter")
            assert [column.key for column in table(app).columns] == ["name", "seed", "note"]
            await press(app, pilot, "c", "r", "enter")
            assert [column.key for column in table(app).columns if column.key in BY_KEY] == [*USUAL]
            assert "layers.0.units" in [column.key for column in table(app).columns]
            await press(app, pilot, "d")
            assert "layers.0.units" not in [column.key for column in table(app).columns]

    async def test_draws_no_more_than_is_seen(self, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
        async with shown(store, (140, 30)) as (app, pilot):
            run = store.get("1")
            runs = [replace(run, id=str(number)) for number in range(1, 10_001)]
            asked = []
            name = next(column for column in table(app).columns if column.key == "name")
            column = replace(name, text=lambda run: asked.append(run.id) or run.name)
            table(app).show(runs, [column], ("run", True))
            await press(app, pilot, "end", "pageup", "home")
            assert table(app).runs[table(app).cursor].id == "1"
            assert len(asked) < 500


class TestCursorAndTime:
    async def test_the_legend_shows_each_curves_value_at_the_cursor(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "space", "space", "less_than_sign")
            assert "8 Longer  0.667 at epoch 9" in text(app, RunsChart)
            assert "no value at epoch 9" in text(app, RunsChart)
            await press(app, pilot, *["less_than_sign"] * 6)
            legend = text(app, RunsChart)
            assert "8 Longer  0.307 at epoch 3" in legend
            assert "7 Deep  0.311 at epoch 3" in legend

    async def test_curves_are_drawn_over_seconds(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "X")
            assert "over seconds" in text(app, RunsChart)
            picture = app.screen.query_one(RunsChart).query_one(Chart).picture
            assert picture.lines[-1].xs == pytest.approx([0.1 * epoch for epoch in range(1, 10)])
            assert (picture.low, picture.high) == (0, pytest.approx(0.9))
            assert picture.marks[0].x == pytest.approx(0.3)
            await press(app, pilot, "space", "space", "X")
            assert "over seconds" not in text(app, RunsChart)


class TestMarks:
    async def test_without_marks_the_run_under_the_cursor_is_drawn(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            assert "8 Longer" in text(app, RunsChart)
            await press(app, pilot, "down")
            assert "7 Deep" in text(app, RunsChart)
            assert "best 3" in text(app, RunsChart)
            assert "5 of 5 epochs" in text(app, RunsDetails)

    async def test_marked_runs_are_drawn_over_one_another(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            await press(app, pilot, "space", "end", "space", "f", *"wide", "enter", "space")
            legend = text(app, RunsChart)
            assert "● 8 Longer" in legend
            assert "▲ 1 Baseline" in legend
            assert "■ 2 Wide" in legend
            assert {"●", "▲", "■"} <= {*"".join(legend.splitlines()[1:-4])}
            details = text(app, RunsDetails)
            assert "What differs" in details
            assert "units 1" in details
            await press(app, pilot, "y", "l")
            assert "Accuracy validation · log" in text(app, RunsChart)
            await press(app, pilot, "escape", "escape")
            assert app.screen.marked == {}  # type: ignore[attr-defined]
            assert "2 Wide" in text(app, RunsChart)

    async def test_a_mark_is_taken_away_and_ten_and_more_are_drawn(self, store: RunStore) -> None:
        for number in range(4):
            recorded(store, experiment(name=f"More {number}", units=128))
        async with shown(store) as (app, pilot):
            await press(app, pilot, *["space"] * 12)
            assert len(app.screen.marked) == 12  # type: ignore[attr-defined]
            chart = app.screen.query_one(RunsChart).query_one(Chart)
            styles = {(line.colour, line.marker) for line in chart.picture.lines}
            assert len(styles) == 12
            assert all(f" {number} " in text(app, RunsChart).replace("\xa0", " ") for number in range(1, 13))
            details = text(app, RunsDetails)
            assert "1 to " in details
            assert "of 12" in details
            await press(app, pilot, "tab", *["right"] * 11)
            assert "12 to 12 of 12" in text(app, RunsDetails)
            await press(app, pilot, "shift+tab", "home", "space")
            assert len(app.screen.marked) == 11  # type: ignore[attr-defined]

    async def test_losses_that_do_not_compare_are_neither_ranked_nor_drawn_without_a_word(
        self, store: RunStore
    ) -> None:
        mse = experiment(name="Squares")
        training = mse.training.model_copy(update={"loss": "mse"})
        recorded(store, mse.model_copy(update={"training": training}))
        async with shown(store, (140, 40)) as (app, pilot):
            await press(app, pilot, "space", "end", "space")
            assert "Accuracy validation" in text(app, RunsChart)
            assert "not comparable" not in text(app, RunsChart)
            while "Loss validation" not in text(app, RunsChart):
                await press(app, pilot, "y")
            assert "different losses" in " ".join(text(app, RunsChart).split())
            for _ in range(2):
                await order(app, pilot, "val loss")
                losses = [run.settings["training.loss"] for run in table(app).runs]
                assert losses == sorted(losses)
                assert "sorted within each" in text(app, RunsTable)
            await order(app, pilot, "val metric")
            assert "sorted within each" not in text(app, RunsTable)

    async def test_groups_are_their_mean_and_are_compared(self, store: RunStore) -> None:
        async with shown(store, (180, 50)) as (app, pilot):
            await press(app, pilot, "down", "a", "down", "down", "a")
            assert "● Deep × 2 seeds" in text(app, RunsChart)
            assert "(0.308 to 0.311)" in text(app, RunsChart)
            assert "noise needs two seeds with a val_loss" in " ".join(text(app, RunsDetails).split())
            await press(app, pilot, "end", "a")
            assert len(app.screen.marked) == 2  # type: ignore[attr-defined]

    async def test_what_other_processes_do_is_seen(self, store: RunStore) -> None:
        async with shown(store) as (app, pilot):
            other = RunStore()
            stream = other.record(FakeRun(experiment(name="Elsewhere")))
            next(stream)
            app.screen._poll()  # type: ignore[attr-defined]
            await settled(app, pilot)
            assert ids(app).startswith("9 8 ")
            assert "▶ Elsewhere" in text(app)
            await press(app, pilot, "home")
            list(stream)
            app.screen._poll()  # type: ignore[attr-defined]
            await settled(app, pilot)
            assert "▶" not in text(app)
            assert "9 Elsewhere" in text(app, RunsChart)
            assert "5 of 5 epochs" in text(app, RunsDetails)
            other.delete("9")
            other.rename("1", "Renamed")
            app.screen._poll()  # type: ignore[attr-defined]
            await settled(app, pilot)
            assert ids(app) == "8 7 6 5 4 3 2 1"
            assert "Renamed" in text(app, RunsTable)


async def test_a_small_terminal_shows_all_of_it_one_thing_at_a_time(store: RunStore) -> None:
    async with shown(store, (80, 24)) as (app, pilot):
        assert "Runs · 8" in text(app)
        assert "Loss validation" not in text(app)
        await press(app, pilot, "tab")
        assert "Loss validation" in text(app)
        assert "Runs · 8" not in text(app)
        await press(app, pilot, "tab")
        assert "5 of 5" not in text(app)
        assert "9 of 9 epochs" in text(app)
        await press(app, pilot, "tab")
        assert "Runs · 8" in text(app)


async def test_an_empty_store_says_how_to_begin() -> None:
    store = RunStore()
    async with shown(store) as (app, pilot):
        assert "no runs yet: train one on the experiment screen (1)" in text(app)
        await press(app, pilot, "space", "a", "v", "x", "w", "n", "g", "s", "u", "enter", "e")
        assert isinstance(app.screen, RunsScreen)
        recorded(store, experiment(name="The first"))
        app.screen._poll()  # type: ignore[attr-defined]
        await settled(app, pilot)
        assert "1 The first" in text(app, RunsChart)
