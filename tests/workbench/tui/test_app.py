"""The app: what it offers, what it imports, and how its screens look at every size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.screen import Screen

from engine.experiment import toml_file
from engine.experiment.model import Experiment
from engine.system.paths import home
from tests.fresh_process import printed
from tests.workbench import fake
from tests.workbench.fake import opened, ran, text_of, until
from workbench.terminal import textual_private
from workbench.tui.app import Workbench
from workbench.tui.dialogs.help import HelpScreen
from workbench.tui.dialogs.question import Ask
from workbench.tui.experiment.editing import History
from workbench.tui.experiment.screen import ExperimentScreen
from workbench.tui.sessions import last_session
from workbench.tui.widgets.header import TopBar


def test_importing_the_app_loads_nothing_heavy() -> None:
    heavy = ("tensorflow", "keras", "numpy", "sqlalchemy", "sklearn", "pandas", "scipy", "matplotlib", "plotext")
    code = (
        "import sys, workbench.tui.app, workbench.tui.experiment.screen;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert printed(code).strip() == "[]"


async def test_every_mode_opens_with_its_key_and_keeps_the_runs_state() -> None:
    backend = fake.FakeBackend(gated=True)
    app = fake.app(backend=backend)
    async with opened(app) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.training)
        for key in "2341":
            await pilot.press(key)
            await until(pilot, lambda: app.screen.query("TopBar"))
            await until(pilot, lambda: "run 7" in app.screen.query_one("TopBar").state)  # type: ignore[attr-defined]
        assert app.screen is bench
        bench.runner.live.stop()
        await until(pilot, lambda: bench.runner.live.done.is_set())


async def test_the_data_is_read_once_the_first_screen_has_been_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    render = Compositor.render_update

    def painted(compositor: Compositor, *given: Any, **options: Any) -> Any:
        done.append("painted")
        return render(compositor, *given, **options)

    class Reading(fake.FakeBackend):
        def preview(self, experiment: Experiment) -> Any:
            done.append("read")
            return super().preview(experiment)

    monkeypatch.setattr(Compositor, "render_update", painted)
    monkeypatch.setattr(Screen, "_compositor_refresh", Screen._compositor_refresh)
    textual_private.patch_batches()
    async with opened(fake.app(backend=Reading())):
        assert done[0] == "painted"
        assert "read" in done


@pytest.mark.parametrize(("size", "classes"), [((120, 30), {"-wide", "-tall"}), ((80, 12), {"-narrow", "-low"})])
async def test_a_screen_knows_its_size_before_its_widgets_are_styled(
    size: tuple[int, int], classes: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[frozenset[str]] = []
    compose = ExperimentScreen.compose_body

    def composed(screen: ExperimentScreen) -> Any:
        known.append(screen.classes)
        return compose(screen)

    monkeypatch.setattr(ExperimentScreen, "compose_body", composed)
    async with opened(fake.app(), size) as (_, bench):
        assert known == [classes | {"-panel-0"}] == [bench.classes]


async def test_the_store_opens_when_it_is_asked_for_and_only_once() -> None:
    app = Workbench(toml_file.load("imdb"))
    assert not (home() / "runs.db").exists()
    assert app.store is app.store
    assert (home() / "runs.db").exists()
    app.store.close()


async def test_work_is_registered_until_it_ends() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        assert app.works == [bench.runner.live]
        assert app.running_work == []


def test_history_forgets_what_was_undone_and_keeps_no_step_that_changes_nothing() -> None:
    first, second, third = (toml_file.load(name) for name in ("imdb", "imdb-small", "imdb-large"))
    history = History(first)
    history.put(first)
    assert not history.can_undo
    history.put(second)
    assert history.undo() is first
    history.put(third)
    assert not history.can_redo
    assert history.redo() is third
    assert history.undo() is first


async def test_the_modes_stand_in_the_header_at_every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    app = fake.app()
    async with opened(app, (120, 30)) as (pilot, bench):
        bar = text_of(bench, "TopBar")
        assert "1 Experiment  2 Runs  3 Selection  4 Data  ? Keys" in bar
        await pilot.click("TopBar", offset=(bar.index("4 Data") + 3, 0))
        await pilot.pause()
        assert app.current_mode == "data"
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        await ran(pilot, bench)
        await until(pilot, lambda: text_of(bench, "TopBar").rstrip().endswith("finished · run 7"))
        shown = text_of(bench, "TopBar")
        assert shown.startswith(" 1 Experiment 2 3 4 ?  IMDB baseline")
        await pilot.click("TopBar", offset=(shown.index(" 4 ") + 1, 0))
        await until(pilot, lambda: pilot.app.current_mode == "data")
        bench.rename("A name that is much longer than any name that anybody would give to an experiment of theirs")
        await pilot.press("1")
        await until(pilot, lambda: text_of(bench, "TopBar").startswith(" 1 Experiment 2 3 4 ?  A name"))
        states = ["training · run 12 · epoch 19/20 · 12 min left"]
        monkeypatch.setattr(Workbench, "run_state", property(lambda _: (states[-1], "")))
        shortened = " 1 Experiment 2 3 4 ?  A nam...eirs  training · run 12 · epoch 19/20 · 12 min"
        await until(pilot, lambda: text_of(bench, "TopBar").startswith(shortened))
        bench.rename("IMDB baseline · 4-16 units")
        states.append("finished (retrain) · run 2, IMDB baseline")
        await until(pilot, lambda: text_of(bench, "TopBar").rstrip().endswith("finished (retrain) · run 2"))
        assert "IMDB baseline · 4-16 units  " in text_of(bench, "TopBar")


async def test_a_message_stands_once_on_the_screen_also_under_a_dialog() -> None:
    async with opened(fake.app(), (80, 24), notifications=True) as (pilot, bench):
        await pilot.press("u")
        await until(pilot, lambda: "there is nothing to undo" in fake.screen_text(bench))
        await pilot.press("slash")
        await until(pilot, lambda: "▸ Add" in fake.screen_text(pilot.app.screen))
        await pilot.pause()
        assert fake.screen_text(pilot.app.screen).count("there is nothing to undo") == 1


async def test_help_is_not_opened_twice() -> None:
    async with opened(fake.app()) as (pilot, bench):
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("question_mark")
        assert pilot.app.screen is bench


async def test_what_cannot_run_is_never_called_ready() -> None:
    async with opened(fake.app(), (80, 24)) as (pilot, bench):
        assert text_of(bench, "TopBar").rstrip().endswith("ready")
        await pilot.press("down", "x", "x", "x")
        await until(pilot, lambda: text_of(bench, "TopBar").rstrip().endswith("not ready: see ✗"))
    async with opened(fake.app(backend=fake.FakeBackend(problem="imdb.npz is damaged")), (80, 24)) as (_, bench):
        assert text_of(bench, "TopBar").rstrip().endswith("not ready: see ✗")
        assert "✓" not in text_of(bench, "#stack")


async def test_the_question_on_quitting_shows_no_state_that_has_passed() -> None:
    backend = fake.FakeBackend(gated=True)
    app = fake.app(backend=backend)
    async with opened(app, (80, 24)) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: bench.runner.live and bench.runner.live.snapshot.progress)
        await pilot.press("q")
        await until(pilot, lambda: "run 7 is still running" in fake.screen_text(app.screen))
        bench.runner.live.stop()  # type: ignore[union-attr]
        await until(pilot, lambda: "run 7 ended meanwhile" in fake.screen_text(app.screen))


@pytest.fixture
def remembers_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session is written down when a test says so, not every few seconds."""
    monkeypatch.setattr("workbench.tui.experiment.screen.REMEMBER", 3600)


@pytest.mark.usefixtures("remembers_when_told")
async def test_the_last_experiment_its_edits_the_theme_and_the_screen_come_back_when_asked() -> None:
    first = fake.app(remembers=True)
    async with opened(first, (80, 24)) as (pilot, bench):
        first.theme = "nord"
        await pilot.press("down", "x")
        bench._remember()
        await until(pilot, lambda: last_session.read())
        left = last_session.LastSession("nord", bench.experiment, True, "experiment", "layer-0")
        assert last_session.read() == left
    left = replace(left, screen="data", cursor="boston")
    for answer, name, mode in (("n", "IMDB baseline", "experiment"), ("l", "IMDB baseline · 2 layers", "data")):
        last_session.write(left)
        again = fake.app(remembers=True, offers_last=True)
        async with opened(again, (80, 24)) as (pilot, bench):
            await until(pilot, lambda again=again: isinstance(again.screen, Ask))
            assert again.theme == "nord"
            await until(pilot, lambda again=again: "on the screen Data." in fake.screen_text(again.screen))
            shown = fake.screen_text(again.screen)
            assert "The last session ended with IMDB baseline · 2 layers," in shown
            assert "with edits that were neither run nor written to a file," in shown
            await pilot.press(answer)
            await until(pilot, lambda again=again, mode=mode: again.position[0] == mode)
            assert bench.experiment.name == name
            assert bench.unsaved is (answer == "l")
    assert again.bench.experiment == left.experiment


@pytest.mark.usefixtures("remembers_when_told")
async def test_the_last_session_is_continued_unasked() -> None:
    last = last_session.LastSession("nord", toml_file.load("imdb-small"), True, "data", "boston")
    last_session.write(last)
    app = fake.app(remembers=True, continues_last=True)
    async with opened(app, (80, 24)) as (pilot, bench):
        await until(pilot, lambda: app.position == ("data", "boston"))
        assert bench.experiment.name == "IMDB small"
        assert bench.unsaved
        bench._remember()
        await until(pilot, lambda: last_session.read() == replace(last, experiment=bench.experiment))


async def test_without_a_last_session_there_is_nothing_to_continue() -> None:
    async with opened(fake.app(continues_last=True), (80, 24), notifications=True) as (pilot, bench):
        await until(pilot, lambda: "there is no last session to continue" in fake.screen_text(bench))


async def test_edits_of_the_last_moment_are_kept() -> None:
    app = fake.app(remembers=True)
    async with opened(app, (80, 24)) as (pilot, bench):
        bench._remember()
        await until(pilot, lambda: last_session.read())
        await pilot.press("down", "x")
    kept = last_session.read()
    assert kept is not None
    assert (kept.experiment, kept.unsaved) == (bench.experiment, True)


async def test_unsaved_edits_that_are_not_continued_are_put_aside() -> None:
    left = toml_file.load("imdb-small")
    last_session.write(last_session.LastSession("nord", left, True))
    app = fake.app(remembers=True)
    async with opened(app, (80, 24)) as (pilot, bench):
        bench._remember()
        await until(pilot, lambda: list(home().glob("unsaved/*.toml")))
    (kept,) = home().glob("unsaved/*.toml")
    assert toml_file.load(str(kept)) == left


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"theme": 1, "experiment": "x", "unsaved": 0}', "\x00"])
async def test_a_damaged_file_of_the_last_session_is_passed_over(text: str) -> None:
    home().mkdir(parents=True)
    (home() / last_session.FILE).write_text(text)
    async with opened(fake.app(remembers=True, offers_last=True), (80, 24)) as (_, bench):
        assert bench.is_current


async def test_the_header_cuts_a_name_only_where_there_is_no_room() -> None:
    async with opened(fake.app(), (80, 24)) as (_, bench):
        bar, seen = bench.query_one(TopBar), set[bool]()
        for length in range(30, 50):  # with no await: the screen polls the run's state
            bar.heading, bar.state = "Boston housing", "s" * length
            bar.draw()
            line = bar._content.plain
            cut = "..." in line or "…" in line
            assert not cut or "   " not in line.strip()
            assert len(line) < 80
            seen.add(cut)
        assert seen == {True, False}
