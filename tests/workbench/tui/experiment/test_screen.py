"""Every key of the experiment screen, over a made-up engine."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StoreError
from engine.events import Ended, Preparing, Recorded, Status
from engine.experiment import toml_file
from tests.workbench import fake
from tests.workbench.fake import opened, ran, text_of, until
from workbench.tui.dialogs.help import HelpScreen
from workbench.tui.dialogs.question import Ask
from workbench.tui.dialogs.text_page import Read
from workbench.tui.experiment.curves import Curves
from workbench.tui.experiment.layer_list import LayerStack
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.messages import AttachRun, OpenExperiment
from workbench.tui.quit import QuitScreen
from workbench.tui.widgets.header import TopBar
from workbench.tui.widgets.progress_line import ProgressLine

SIZES = [(140, 40), (110, 30), (80, 24)]


@pytest.mark.parametrize("size", SIZES)
async def test_shows_the_experiment_at_every_size(size: tuple[int, int]) -> None:
    async with opened(fake.app(), size) as (_, bench):
        shown = text_of(bench, "#stack")
        assert "IMDB · 25,000 packaged" in shown
        assert "160,016" in shown
        assert "160,305" in shown
        assert "✓ ready" in shown
        assert bench.query_one(TopBar).heading == "IMDB baseline"


async def test_r_runs_and_shows_curves_answers_and_the_end() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        assert "finished" in bench.query_one(TopBar).state
        assert "run 7" in bench.query_one(TopBar).state
        assert "best 4: loss 0.300 accuracy 0.880" in bench.query_one(ProgressLine).line.plain
        assert "best 4" in text_of(bench, "#loss")
        assert "overfitting from epoch" in text_of(bench, "#stack").replace("\n", " ")
        answers = bench.query_one(Reviews).list
        await until(pilot, lambda: "brilliant" in text_of(bench, "#strongest"))
        assert "best epoch 4" in str(answers.border_subtitle)


async def test_p_pauses_and_goes_on_and_keys_work_meanwhile() -> None:
    backend = fake.FakeBackend(gated=True)
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: backend.sessions)
        session = backend.sessions[0]
        session.gate.release()  # type: ignore[union-attr]
        await until(pilot, lambda: bench.runner.live.snapshot.predictions)
        await pilot.press("p")
        session.gate.release()  # type: ignore[union-attr]
        await until(pilot, lambda: session.held == [True])
        assert bench.runner.live.status is Status.PAUSED
        assert "paused" in bench.query_one(TopBar).state
        await pilot.press("down", "space")
        assert not bench.experiment.layers[0].enabled
        await pilot.press("p")
        await until(pilot, lambda: session.held == [True, False])
        await pilot.press("s")
        await until(pilot, lambda: bench.runner.live.done.is_set())
        await until(pilot, lambda: "stopped" in bench.query_one(TopBar).state)


async def test_a_second_run_is_refused_while_one_goes_on() -> None:
    backend = fake.FakeBackend(gated=True)
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.training)
        await pilot.press("r")
        bench.action_run()
        assert len(backend.sessions) == 1
        await pilot.press("s")
        await until(pilot, lambda: bench.runner.live.done.is_set())


async def test_b_retrains_at_the_best_epoch_and_tests_once() -> None:
    backend = fake.FakeBackend()
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        await pilot.press("b")
        assert not backend.sessions
        await ran(pilot, bench)
        await pilot.press("b")
        await until(pilot, lambda: len(backend.sessions) == 2 and bench.runner.live.done.is_set())
        await until(pilot, lambda: "test" in bench.query_one(ProgressLine).line.plain)
        assert "accuracy 0.877" in bench.query_one(ProgressLine).line.plain
        assert backend.sessions[1].experiment.training.epochs == 4


async def test_a_failed_run_says_why_in_one_line_and_more_on_d() -> None:
    def events() -> Iterator[Any]:
        yield Recorded("9")
        yield Preparing("reading data")
        yield Ended(
            Status.FAILED, None, 0.1, "the loss became infinite in epoch 3: try a lower learning rate\nand more"
        )

    async with opened(fake.app(backend=fake.FakeBackend(events_of=events))) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: "failed" in bench.query_one(ProgressLine).line.plain)
        assert "the loss became infinite in epoch 3" in bench.query_one(ProgressLine).line.plain
        assert "failed · run 9" in bench.query_one(TopBar).state
        await pilot.press("d")
        assert isinstance(pilot.app.screen, Read)
        assert "and more" in str(pilot.app.screen._text)


async def test_a_bug_in_a_run_ends_the_run_not_the_app_and_goes_to_the_log(home: Path) -> None:
    def events() -> Iterator[Any]:
        yield Recorded("9")
        raise ZeroDivisionError("made up")

    async with opened(fake.app(backend=fake.FakeBackend(events_of=events))) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: "failed" in bench.query_one(TopBar).state)
        assert "ZeroDivisionError: made up" in bench.query_one(ProgressLine).line.plain
        assert "Traceback" in (home / "workbench.log").read_text()


async def test_findings_stand_under_the_stack_and_f_fixes_them() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "down", "down", "x")
        assert "✓ ready" not in text_of(bench, "#stack")
        await pilot.press("r")
        assert bench.runner.live is None
        await pilot.press("f")
        assert "✓ ready" in text_of(bench, "#stack")
        assert bench.experiment.output is not None
        assert bench.experiment.output.activation == "sigmoid"


async def test_enter_on_a_finding_explains_it() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("down", "down", "down", "x", "end", "enter")
        assert isinstance(pilot.app.screen, Ask)
        assert bench.stack.finding is not None
        assert bench.stack.finding.why in pilot.app.screen._text


async def test_a_data_set_that_cannot_be_read_is_said_where_the_data_stands() -> None:
    async with opened(fake.app(backend=fake.FakeBackend(problem="reuters.npz is not here [b]"))) as (_, bench):
        assert "reuters.npz is not here [b]" in text_of(bench, "#stack")


async def test_question_mark_lists_every_key_and_the_rules() -> None:
    async with opened(fake.app()) as (pilot, bench):
        described = {active.binding.description for active in bench.active_bindings.values() if active.binding.id}
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        shown = "\n".join(str(static.render()) for static in pilot.app.screen.query("Static"))
        for words in described:
            assert words in shown
        assert "Overfitting begins" in shown
        headings = [line for line in shown.splitlines() if line and not line.startswith(" ")]
        assert headings[0] == "The experiment"
        assert len(headings) == len(set(headings))
        await pilot.press("escape")
        assert pilot.app.screen is bench


async def test_slash_opens_the_palette_with_every_command() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        titles = {command.title for command in app.get_system_commands(bench)}
        assert {"Run", "Undo", "Open a preset or a file", "Theme"} <= titles
        await pilot.press("slash")
        shown = lambda: fake.screen_text(app.screen)  # noqa: E731
        await until(pilot, lambda: "▸ Add" in shown())
        assert "Training curve: average or evaluated  " in shown()
        assert not {"Up", "Last", "Page down"} & titles
        keys = {title: keys for title, keys, *_ in app.get_system_commands(bench)}
        assert keys["Edit in $EDITOR"] == "E f4", "one line for a command with two keys"
        await pilot.press(*"undo")
        (line,) = [line for line in shown().splitlines() if "Undo" in line]
        assert line.replace("│", "").split()[-1] == "u"
        await pilot.press("ctrl+u", *"xyzzy")
        assert "nothing matches “xyzzy”" in shown()
        await pilot.press("ctrl+u", *"name the", "enter")
        await until(pilot, lambda: "Name of the experiment" in shown())


async def test_ctrl_c_says_how_to_leave_in_one_line_above_the_footer() -> None:
    async with opened(fake.app(), (80, 24), notifications=True) as (pilot, bench):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "q quits" in fake.screen_text(bench))
        lines = fake.screen_text(bench).splitlines()
        assert [index for index, line in enumerate(lines) if "q quits" in line] == [21]


async def test_q_leaves_at_once_when_nothing_goes_on() -> None:
    app = fake.app()
    async with opened(app) as (pilot, _):
        await pilot.press("q")
        await until(pilot, lambda: app._exit)
    assert app.return_value == 0


@pytest.mark.parametrize(("key", "left", "detached"), [("c", False, False), ("s", True, False), ("l", True, True)])
async def test_q_asks_while_a_run_trains(key: str, left: bool, detached: bool) -> None:
    backend = fake.FakeBackend(gated=True)
    app = fake.app(backend=backend)
    async with opened(app) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.snapshot.progress)
        await pilot.press("q")
        assert isinstance(app.screen, QuitScreen)
        await pilot.press(key)
        await pilot.pause()
        assert app._exit is left
        if left:
            await until(pilot, lambda: bench.runner.live.done.is_set())
            assert backend.sessions[0].detached is detached
        else:
            bench.runner.live.stop()
            await until(pilot, lambda: bench.runner.live.done.is_set())


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_tab_goes_round_the_panels(size: tuple[int, int]) -> None:
    async with opened(fake.app(), size) as (pilot, bench):
        seen = []
        for _ in range(4):
            assert pilot.app.focused is not None
            assert pilot.app.focused.region.area
            seen.append(pilot.app.focused.id)
            await pilot.press("tab")
        assert seen == ["stack", "curves", "review-list", "words"]
        assert pilot.app.focused is bench.stack
        await pilot.press("shift+tab")
        assert pilot.app.focused.id == "words"


async def test_a_key_brings_its_panel_into_sight() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await ran(pilot, bench)
        await pilot.press("n")
        assert bench.query_one(Reviews).list.index == 4
        assert bench.query_one(Reviews).region.area
        await pilot.press("left")
        await pilot.pause()
        assert bench.query_one(Curves).region.area
        assert "20" in str(bench.query_one("#loss").border_subtitle)


async def test_a_click_on_a_tab_shows_its_panel() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await pilot.click("PanelTabs", offset=(18, 0))
        assert bench.query_one(Curves).region.area
        assert not bench.query_one(LayerStack).region.area


async def test_attach_shows_a_stored_run_and_does_not_ask_on_leaving() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        app.post_message(AttachRun("3"))
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        assert bench.experiment.name == "IMDB small"
        assert not app.running_work


@pytest.mark.parametrize(
    ("problem", "said"),
    [(StoreError("run 7 is not running"), "not running"), (ValueError("oops"), "ValueError: oops (a bug")],
)
async def test_a_followed_run_that_cannot_be_stopped_takes_nothing_down(problem: Exception, said: str) -> None:
    class Backend(fake.FakeBackend):
        def request_stop(self, run_id: str) -> None:
            raise problem

    app = fake.app(backend=Backend(gated=True))
    async with opened(app) as (pilot, bench):
        app.post_message(AttachRun("3"))
        await until(pilot, lambda: bench.runner.live)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Ask))
        await pilot.press("s")
        await until(pilot, lambda: any(said in told.message for told in app._notifications))
        bench.runner.detach()


async def test_open_experiment_from_another_screen_can_be_undone() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        app.post_message(OpenExperiment(toml_file.load("imdb-l2")))
        await pilot.pause()
        assert bench.experiment.name == "IMDB with L2"
        await pilot.press("u")
        assert bench.experiment.name == "IMDB baseline"


async def test_what_a_run_would_take_is_estimated_once_nothing_is_edited() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await until(pilot, lambda: "ready · about 4 s, 0.7 GB" in text_of(bench, "#stack"))
        await pilot.press("down", "space")
        assert "ready to run" in text_of(bench, "#stack")
        await pilot.press("u")
        assert "about 4 s" in text_of(bench, "#stack")


async def test_other_panels_leave_the_stack_alone() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        before = bench.experiment
        await pilot.press("tab", "x", "space", "shift+down", "f", "enter")
        await pilot.press("tab", "down", "enter")
        assert bench.experiment == before
        assert pilot.app.screen is bench
        assert bench.query_one(Reviews).original


async def test_an_old_run_is_called_by_its_own_name() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await ran(pilot, bench)
        bench.edit(toml_file.load("boston"))
        bench.show_state()
        assert "run 7, IMDB baseline" in bench.query_one(TopBar).state


@pytest.mark.parametrize("key", ["r", "b"])
async def test_a_key_pressed_while_an_ended_run_is_saved_is_done_once_it_is(key: str) -> None:
    saved = threading.Event()

    class Slow(fake.FakeSession):
        def events(self, stop: threading.Event) -> Generator[Any, None, None]:
            yield from super().events(stop)
            saved.wait(20)

    backend = fake.FakeBackend()
    app = fake.app(backend=backend)
    async with opened(app, (80, 24)) as (pilot, bench):
        backend.fresh = lambda experiment: Slow(experiment)  # type: ignore[method-assign]
        await pilot.press("r")
        await until(pilot, lambda: "✓ finished" in text_of(bench, "ProgressLine"))
        await pilot.press(key)
        assert not any("stop it first" in told.message for told in app._notifications)
        first = bench.runner.live
        saved.set()
        await until(pilot, lambda: bench.runner.live is not first)
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
