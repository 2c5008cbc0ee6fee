"""Keys as a person sets them: every binding of every screen under another key, and nothing else changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual import events
from textual.binding import BindingsMap
from textual.content import Content
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.evaluation.split_outputs import SplitOutputs
from engine.experiment import toml_file
from engine.prediction.samples import Sample
from tests.engine import tiny
from tests.workbench import fake
from tests.workbench.fake import opened, ran, screen_text, until
from workbench import tui
from workbench.terminal import textual_private
from workbench.tui import bindings
from workbench.tui.app import Workbench
from workbench.tui.data.audit_screen import AuditScreen
from workbench.tui.dialogs.browse import Browse
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.form_fields import layer_fields
from workbench.tui.dialogs.help import HelpScreen
from workbench.tui.dialogs.log_page import LogPage
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.dialogs.question import Answer, Ask
from workbench.tui.dialogs.save_path import SavePath
from workbench.tui.dialogs.text_line import Line
from workbench.tui.dialogs.text_page import Read
from workbench.tui.dialogs.work_page import WorkPage
from workbench.tui.evidence.samples_screen import Chosen, SamplesScreen
from workbench.tui.evidence.screen import EvidenceScreen
from workbench.tui.experiment.curves import Curves
from workbench.tui.experiment.own_columns import ColumnsScreen
from workbench.tui.experiment.own_review import ReviewScreen
from workbench.tui.keymap import VIM, key_of
from workbench.tui.modes import MODES
from workbench.tui.preferences import Preferences
from workbench.tui.quit import QuitScreen
from workbench.tui.runs.choose_columns import ChooseColumns
from workbench.tui.runs.compare_screen import RunsCompare
from workbench.tui.runs.find import Find
from workbench.tui.selection.plan_list import SelectionSetup
from workbench.tui.widgets.jump import JumpScreen
from workbench.tui.widgets.mode_screen import ModeScreen
from workbench.tui.widgets.scrolling_text import Page

MODIFIERS = ("ctrl+", "alt+", "super+", "hyper+", "meta+", "ctrl+alt+", "ctrl+super+", "alt+super+")
KEYS = (f"{modifier}f{number}" for modifier in MODIFIERS for number in range(1, 25))
MOVED = dict(zip(bindings.bindings(), KEYS, strict=False))
"""Every binding under a key of its own."""

KINDS = {node.kind.__name__: node.kind for node in bindings._nodes()}


def preferences(**keys: str) -> Preferences:
    """The preferences with these keys, ids with a double underscore in place of the dot."""
    return Preferences(keymap={id.replace("__", "."): key for id, key in keys.items()})


def test_no_class_has_a_binding_without_an_id() -> None:
    kinds = [kind for kind in bindings._below(DOMNode) if kind.__module__.startswith("workbench.tui")]
    own = [(kind, one) for kind in kinds for one in kind.__dict__.get("BINDINGS", [])]
    assert len(own) > 100
    assert [kind for kind, one in own if not getattr(one, "id", None)] == []


@pytest.mark.parametrize("name", KINDS)
def test_every_binding_of_every_class_has_an_id_and_can_be_moved(name: str) -> None:
    kind = KINDS[name]
    before = [one for one in textual_private.class_bindings(kind) if one.id]
    after = BindingsMap.from_keys({key: [*found] for key, found in by_key(kind).items()})
    after.apply_keymap(MOVED)
    for one in before:
        found = after.key_to_bindings[MOVED[one.id or ""]]
        assert one.action in [moved.action for moved in found]
        assert one.id not in [left.id for left in after.key_to_bindings.get(one.key, [])]


def by_key(kind: type[DOMNode]) -> dict[str, list[Any]]:
    """A class's bindings by key."""
    found: dict[str, list[Any]] = {}
    for one in textual_private.class_bindings(kind):
        found.setdefault(one.key, []).append(one)
    return found


def test_every_kind_of_screen_is_opened_here() -> None:
    kinds = [node.kind for node in bindings._nodes() if issubclass(node.kind, Screen)]
    assert {kind.__name__ for kind in kinds if not bindings._abstract(kind)} <= set(SCREENS)


def test_every_id_has_a_key_in_this_test() -> None:
    assert set(MOVED) == set(bindings.bindings())
    assert len(set(MOVED.values())) == len(MOVED)


@contextmanager
def recorded(app: Workbench) -> Iterator[list[str]]:
    """The actions that keys lead to, in place of doing them."""
    seen: list[str] = []

    async def record(action: Any, *_: Any) -> bool:
        seen.append(action)
        return True

    usual = app.run_action
    setattr(app, "run_action", record)  # noqa: B010
    yield seen
    setattr(app, "run_action", usual)  # noqa: B010


Opener = Callable[[Pilot[int], Workbench], Awaitable[None]]


def pushed(make: Callable[[], Screen[Any]]) -> Opener:
    """Opens a dialog."""

    async def open_(pilot: Pilot[int], app: Workbench) -> None:
        app.push_screen(make())
        await pilot.pause()

    return open_


def mode(name: str) -> Opener:
    """Goes to a mode's screen."""

    async def open_(pilot: Pilot[int], app: Workbench) -> None:
        await pilot.press(MOVED[f"mode.{name}"])
        await until(pilot, lambda: app.current_mode == name and app.focused)

    return open_


def choices() -> Screen[Any]:
    """A form with a choice and a typed field."""
    return ExperimentForm("Layer", toml_file.load("imdb"), lambda one: layer_fields(one.layers[0], 0))


def answers() -> Screen[Any]:
    """A question."""
    return Ask("Sure?", "Really?", [Answer("yes", "y", "Yes"), Answer("no", "n", "No")])


def options() -> Screen[Any]:
    """A list to choose from."""
    return Pick("Which?", [Option("a", "A"), Option("b", "B")])


def audit() -> Screen[Any]:
    """An audit whose data cannot be audited: only its keys are seen."""
    return AuditScreen(tiny.columns(20), "tiny")


def few_samples() -> Screen[Any]:
    """Samples of a made-up evaluation."""
    outputs = SplitOutputs("validation", np.arange(4), np.arange(4.0), np.zeros((4, 1), np.float32))
    return SamplesScreen(Chosen("all", outputs, tiny.columns(20), np.ones(4, bool)))


def review() -> Screen[Any]:
    """A text of one's own."""
    return ReviewScreen(fake.FakeSession(toml_file.load("imdb")), fake.samples(), "a film")  # type: ignore[arg-type]


def own_sample() -> Screen[Any]:
    """Values of one's own."""
    sample = Sample(0, "no", 0.0, np.zeros(2, np.float32), "age 0 weight 0")
    session = fake.FakeSession(toml_file.load("digits"))
    return ColumnsScreen(session, sample, (("age", "0"), ("weight", "0")), ("no", "yes"))  # type: ignore[arg-type]


async def help_(pilot: Pilot[int], app: Workbench) -> None:
    """Opens the keys of the screen."""
    await pushed(lambda: HelpScreen(app.screen))(pilot, app)


SCREENS: dict[str, Opener] = {
    "ExperimentScreen": mode("experiment"),
    "RunsScreen": mode("runs"),
    "SelectionScreen": mode("selection"),
    "DataScreen": mode("data"),
    "ExperimentForm": pushed(choices),
    "Ask": pushed(answers),
    "Pick": pushed(options),
    "Line": pushed(lambda: Line("Name")),
    "Browse": pushed(lambda: Browse("Open", toml_folder())),
    "Read": pushed(lambda: Read("Text", Content("words"))),
    "WorkPage": pushed(lambda: WorkPage("Work", lambda: (yield "line"))),
    "EvidenceScreen": pushed(lambda: EvidenceScreen("1")),
    "SamplesScreen": pushed(few_samples),
    "AuditScreen": pushed(audit),
    "RunsCompare": pushed(lambda: RunsCompare("1", "2")),
    "ChooseColumns": pushed(lambda: ChooseColumns((), False)),
    "LogPage": pushed(lambda: LogPage(Path(__file__))),
    "HelpScreen": help_,
    "ReviewScreen": pushed(review),
    "ColumnsScreen": pushed(own_sample),
    "JumpScreen": pushed(lambda: JumpScreen(())),
    "QuitScreen": pushed(lambda: QuitScreen(())),
    "SavePath": pushed(lambda: SavePath("Write", "x.toml")),
}
"""By the kind of screen, what opens it."""


def toml_folder() -> Path:
    """A folder with files."""
    return Path(__file__).parent


@pytest.mark.parametrize("name", SCREENS)
async def test_every_key_of_a_screen_does_under_another_name_what_it_did(name: str) -> None:
    app = fake.app(preferences=Preferences(keymap=MOVED))
    async with opened(app) as (pilot, _):
        await SCREENS[name](pilot, app)
        assert type(app.screen).__name__ == name
        screen = app.screen  # keys that leave it drop others while it is being read
        await until(pilot, lambda: not (isinstance(screen, ModeScreen) and screen.is_filling))
        stops = [widget for widget in app.screen.focus_chain if widget.display] or [None]
        for stop in stops:
            app.screen.set_focus(stop)
            await pilot.pause()
            bound = [one for _, one in textual_private.bindings(app.screen) if one.id]
            wanted = {one.key: one.action for one in bound}  # the innermost last
            assert await done_by(pilot, app, list(wanted)) == list(wanted.values()), stop
            old = {key for one in bound for key in bindings.bindings()[one.id or ""].key.split(",")}
            assert not old & set(wanted)


async def done_by(pilot: Pilot[int], app: Workbench, keys: Sequence[str]) -> list[str]:
    """The actions that keys lead to, typed in one burst."""
    with recorded(app) as seen:
        for key in keys:
            app.post_message(events.Key(key, None))
        await until(pilot, lambda: len(seen) >= len(keys))
    return seen


def vim(**keys: str) -> Preferences:
    """The vim keymap with these keys beside it."""
    return Preferences(keymap={**VIM, **preferences(**keys).keymap})


async def test_the_vim_keymap_moves_in_the_lists_of_the_experiment_screen() -> None:
    app = fake.app(preferences=vim())
    async with opened(app) as (pilot, bench):
        await pilot.press("G")
        last = bench.stack.key
        await pilot.press("g", "j", "j", "k")
        assert bench.stack.key == "layer-0"
        assert last != "data"
        await ran(pilot, bench)
        await pilot.press("h")
        assert bench.query_one(Curves).options.window.cursor == 20
        await pilot.press("h", "l", "L")
        assert bench.query_one(Curves).options.window.cursor == 20
        assert bench.query_one(Curves).options.logarithmic


async def test_letters_move_in_lists_where_the_screen_leaves_them_free() -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        await pilot.press("G", "home", "down")
        assert bench.stack.key == "layer-0"
        await pilot.press("3")
        await until(pilot, lambda: app.current_mode == "selection" and app.focused)
        plan = app.screen.query_one(SelectionSetup)
        await pilot.press("j", "j")
        assert plan.key == "jobs"
        await pilot.press("G", "k", "g")
        assert plan.key == "experiment"


async def test_letters_scroll_a_text() -> None:
    app = fake.app()
    async with opened(app, (80, 24)) as (pilot, _):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        page = app.screen.query_one(Page)
        await pilot.press("j", "j", "k")
        await until(pilot, lambda: page.scroll_target_y == 1)
        await pilot.press("G")
        await until(pilot, lambda: page.scroll_target_y == page.max_scroll_y)


async def test_printable_keys_are_typed_whatever_they_are_set_to() -> None:
    app = fake.app(preferences=preferences(run__start="h", mode__data="e", app__help="l", app__quit="o"))
    async with opened(app) as (pilot, _):
        app.push_screen(Line("Name"))
        await pilot.press(*"hello 1?")
        assert app.screen.query_one(Input).value == "hello 1?"


async def test_every_key_that_is_moved_off_the_letters_works_while_a_field_has_the_focus() -> None:
    app = fake.app(preferences=Preferences(keymap=MOVED))
    async with opened(app) as (pilot, _):
        await SCREENS["RunsScreen"](pilot, app)
        await pilot.press(MOVED["runs.find"])
        await until(pilot, lambda: isinstance(app.focused, Find))
        bound = {one.key: one for _, one in textual_private.bindings(app.screen) if one.id}
        owners = (Find, type(app.screen), type(app))
        ids = {one.id for owner in owners for one in textual_private.class_bindings(owner) if one.id}
        assert ids <= {one.id for one in bound.values()}
        assert await done_by(pilot, app, list(bound)) == [one.action for one in bound.values()]


async def test_a_key_that_is_moved_to_a_letter_is_typed_into_a_field() -> None:
    app = fake.app(preferences=preferences(app__redraw="h", runs__clear="e,escape"))
    async with opened(app) as (pilot, _):
        await pilot.press("2")
        await until(pilot, lambda: app.current_mode == "runs" and app.focused)
        await pilot.press("f", *"hello")
        assert app.screen.query_one(Find).value == "hello"


async def test_a_data_set_that_is_not_here_names_the_key_that_gets_it() -> None:
    app = fake.app(preferences=preferences(data__get="f9"))
    async with opened(app) as (pilot, _):
        await pilot.press("4")
        await until(pilot, lambda: "not here: f9 gets it" in screen_text(app.screen))


async def test_keys_typed_ahead_reach_what_moved_keys_open() -> None:
    app = fake.app(
        preferences=preferences(edit__rename="f2", line__take="ctrl+t", mode__runs="f3", mode__data="f6")
    )
    async with opened(app) as (pilot, bench):
        for key in ("f2", "home", "N", "ctrl+t", "f3", "f6"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.current_mode == "data")
        assert bench.experiment.name.startswith("N")


async def test_a_run_is_started_and_stopped_and_the_app_left_by_moved_keys() -> None:
    backend = fake.FakeBackend(gated=True)
    app = fake.app(backend=backend, preferences=Preferences(keymap=MOVED))
    async with opened(app) as (pilot, bench):
        await pilot.press(MOVED["run.start"])
        await until(pilot, lambda: bench.runner.training)
        await pilot.press(MOVED["run.pause"])
        await until(pilot, lambda: f"{shown(app, 'run.pause')} resumes" in screen_text(bench))
        await pilot.press(MOVED["run.stop"])
        await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
        await pilot.press(MOVED["app.quit"])
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_value == 0


def shown(app: Workbench, id: str) -> str:
    """How a moved key is shown."""
    return key_of(app.screen, id)


async def test_footer_header_help_palette_and_hints_show_the_keys_that_are_set() -> None:
    moved = preferences(run__start="f5", mode__runs="f6", app__help="f1", panel__next="f7", stack__add="f8")
    app = fake.app(preferences=moved)
    async with opened(app, (80, 24)) as (pilot, bench):
        lines = screen_text(bench).splitlines()
        assert "f5 Run" in lines[-1]
        assert "1 Experiment f6 3 4 f1" in lines[0]
        assert any("f7 next" in line for line in lines)
        await until(pilot, lambda: "f5 runs the experiment" in screen_text(bench))
        await pilot.press("slash", *"run", "space")
        await until(pilot, lambda: isinstance(app.screen, Pick))
        assert "f5" in text(app)
        await pilot.press("escape", "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        page = "\n".join(str(one.render()) for one in app.screen.query(Static))
        told = {tuple(line.split(None, 1)) for line in page.splitlines()}
        assert {("f5", "Run"), ("f6", "Runs"), ("f1", "Keys"), ("f8", "Add")} <= told
        assert ("f7", "goes through Experiment → Curves → Reviews") in told
        assert ("r", "Run") not in told


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_no_hint_names_a_key_that_is_not_set(size: tuple[int, int]) -> None:
    """With every key moved, a line of the screens names none of the usual letters."""
    app = fake.app(preferences=Preferences(keymap=MOVED))
    async with opened(app, size) as (pilot, _):
        for name in ("ExperimentScreen", "RunsScreen", "SelectionScreen"):
            await SCREENS[name](pilot, app)
            found = re.findall(
                r"(?:^|[│·:] ?)([a-zA-Z?/]) (?:runs|adds|carries|marks|sorts|Run|Add)\b", text(app), re.M
            )
            assert found == []


def test_no_text_names_the_usual_arrow_keys_but_for_the_footer() -> None:
    found = []
    for file in sorted(Path(tui.__file__).parent.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        shown = {
            id(one.value) for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "key_display"
        }
        texts = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in shown)
        found += [(file.name, one.value) for one in texts if isinstance(one.value, str) and "← →" in one.value]
    assert found == []


@pytest.mark.parametrize("name", ["experiment", "runs", "selection", "data", "evidence", "audit"])
async def test_every_footer_has_room_for_all_its_keys_at_80_columns(name: str) -> None:
    app = fake.app()
    async with opened(app, (80, 24)) as (pilot, _):
        if name in ("evidence", "audit"):
            await pushed(audit if name == "audit" else lambda: EvidenceScreen("1"))(pilot, app)
        else:
            await pilot.press(next(mode.key for mode in MODES if mode.name == name))
            await until(pilot, lambda: app.current_mode == name and app.focused)
        screen = app.screen
        assert isinstance(screen, ModeScreen)
        for panel in range(len(screen.PANELS)):
            screen.go_to_panel(panel)
            await until(pilot, lambda: screen_text(screen).splitlines()[-1].rstrip().endswith("? Keys"))


def text(app: Workbench) -> str:
    """All that the screen shows."""
    return screen_text(app.screen)
