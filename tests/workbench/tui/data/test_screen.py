"""The data screen over real data sets that need no download, and over a person's own files."""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Static

from engine import datasets
from engine.datasets import locations
from engine.errors import DataError
from engine.events import Preparing
from engine.experiment import toml_file
from engine.experiment.model import ColumnSettings, Data, Experiment, Role
from engine.features.encoding_explanation import Step
from engine.system.plain_text import REPLACEMENT
from tests.workbench import fake
from workbench.tui.app import Workbench
from workbench.tui.data.audit_screen import AuditScreen
from workbench.tui.data.column_table import ROLES, ColumnTable, with_role
from workbench.tui.data.panel_texts import FittedText, bars, steps
from workbench.tui.data.screen import DataScreen
from workbench.tui.dialogs.browse import Browse
from workbench.tui.dialogs.field_row import FieldRow
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.pick import Pick
from workbench.tui.dialogs.question import Ask
from workbench.tui.sessions.backend import Backend
from workbench.tui.widgets.progress_line import ProgressLine

SIZES = [(140, 40), (110, 30), (80, 24)]


@dataclass
class RealData(fake.FakeBackend):
    """Made-up runs on real data."""

    reads: list[tuple[str, str]] = field(default_factory=list)
    real: Backend = field(init=False)

    def __post_init__(self) -> None:
        self.real = Backend(lambda: self)  # type: ignore[arg-type, return-value]

    def count_test_read(self, dataset: str, digest: str) -> None:
        """Note that test labels are read: all that is asked of the store."""
        self.reads.append((dataset, digest))

    def data(self, experiment: Experiment) -> Generator[Preparing, None, Any]:
        """The data, from the machine's own sources."""
        return self.real.data(experiment)


def app(**data: Any) -> Workbench:
    """The app on an experiment with this data."""
    experiment = toml_file.load("digits").model_copy(update={"data": Data(**data)})
    return Workbench(experiment, backend=RealData())  # type: ignore[arg-type]


async def until(pilot: Pilot[int], true: Callable[[], object]) -> None:
    """Let the app work until something holds."""
    for _ in range(1000):
        if true():
            await pilot.pause()
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never came true")


@asynccontextmanager
async def opened(
    made: Workbench, size: tuple[int, int] = (140, 40)
) -> AsyncIterator[tuple[Pilot[int], DataScreen]]:
    """The app on its data screen, the experiment's data read."""
    async with made.run_test(size=size) as pilot:
        await pilot.pause()
        await until(pilot, lambda: made.bench.background.warm)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(made.screen, DataScreen))
        screen = made.screen
        assert isinstance(screen, DataScreen)
        await until(
            pilot, lambda: screen.reading is not None or "`workbench data get" in shown(screen, "#data-statistics")
        )
        yield pilot, screen


def shown(screen: DataScreen, selector: str) -> str:
    """What a panel shows, scrolled out of sight or not, as text with single spaces."""
    widget = screen.query_one(selector)
    widget = widget.query_one(Static) if isinstance(widget, FittedText) else widget
    return " ".join(" ".join(strip.text for strip in widget.render_lines(widget.size.region)).split())


def titled(screen: DataScreen, name: str) -> Callable[[], bool]:
    return lambda: bool(screen.reading and screen.reading.experiment.data.dataset == name)


@pytest.mark.parametrize("size", SIZES)
async def test_a_set_of_columns_at_every_size(size: tuple[int, int]) -> None:
    async with opened(app(dataset="boston"), size) as (pilot, screen):
        assert "Boston housing" in shown(screen, "#data-sets")
        if size[0] < 110:
            await pilot.press("tab")
        statistics = shown(screen, "#data-statistics")
        assert "from packaged" in statistics
        assert "contested" in statistics
        assert "323" in statistics
        if size[0] < 110:
            await pilot.press("tab")
        await until(pilot, lambda: "CRIM" in shown(screen, "#data-words"))
        assert "-0.38" in shown(screen, "#data-words")
        if size[0] < 110:
            await pilot.press("tab")
        row = shown(screen, "#data-sample")
        assert "scaled" in row
        assert "(samples of the batch, 13)" in row


@pytest.mark.usefixtures("warm_home")
async def test_reviews_are_described_and_followed_into_the_network() -> None:
    async with opened(app(dataset="imdb"), (140, 50)) as (pilot, screen):
        await until(pilot, lambda: "multi-hot" in shown(screen, "#data-sample"))
        statistics = shown(screen, "#data-statistics")
        assert "15,000" in statistics
        assert "50.0%" in statistics
        assert "median 176" in statistics or "median 17" in statistics
        words = shown(screen, "#data-words")
        assert "worst" in words
        assert "excellent" in words
        first = str(screen.query_one("#data-sample").border_title)
        await pilot.press("n")
        await until(pilot, lambda: str(screen.query_one("#data-sample").border_title) != first)
        assert "2 of 5,000" in str(screen.query_one("#data-sample").border_subtitle)
        await pilot.press("N")
        await until(pilot, lambda: str(screen.query_one("#data-sample").border_title) == first)


async def test_moving_over_the_sets_reads_them_and_enter_puts_one_into_the_experiment() -> None:
    async with opened(app(dataset="digits")) as (pilot, screen):
        await until(pilot, titled(screen, "digits"))
        await pilot.press("down")
        await until(pilot, titled(screen, "breast_cancer"))
        await pilot.press("down")
        await until(pilot, titled(screen, "wine"))
        assert "Chemical analyses" in shown(screen, "#data-statistics")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is not screen)
        assert screen.app.experiment.data.dataset == "wine"
        await pilot.press("4")
        await until(pilot, lambda: "Wine in use" in shown(screen, "#data-sets"))


async def test_downloading_asks_first_and_shows_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(name: str) -> Generator[Preparing, None, Path]:
        asked.append(name)
        yield Preparing("downloading california_housing.npz", 1, 2)
        locations.keras_cache().mkdir(parents=True)
        census = np.tile([-122.25, 37.85, 52.0, 1274.0, 235.0, 558.0, 219.0, 5.6], (100, 1))
        np.savez(locations.keras_cache() / "california_housing.npz", x=census, y=np.linspace(20_000, 500_000, 100))
        return locations.keras_cache()

    monkeypatch.setattr(datasets, "get", get)
    async with opened(app(dataset="california")) as (pilot, screen):
        assert "`workbench data get california` downloads it" in shown(screen, "#data-statistics")
        assert screen.reading is None
        await until(pilot, lambda: "not here: g gets it" in shown(screen, "#data-sets"))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert asked == []
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("d")
        await until(pilot, titled(screen, "california"))
        assert asked == ["california"]
        await until(pilot, lambda: "AveRooms 5.8" in shown(screen, "#data-sample"))
        await until(pilot, lambda: "20,640 × 8 columns" in shown(screen, "#data-sets"))


async def test_a_download_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(name: str) -> Generator[Preparing, None, Path]:
        yield Preparing("downloading")
        raise DataError("California could not be downloaded: no [b]network[/b]")

    monkeypatch.setattr(datasets, "get", get)
    async with opened(app(dataset="california")) as (pilot, screen):
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
        await pilot.press("d")
        await until(pilot, lambda: pilot.app._notifications)
        notes = [notification.message for notification in pilot.app._notifications]
        assert notes == ["California could not be downloaded: no [b]network[/b]"]
        assert screen.reading is None


async def test_sets_that_come_with_a_package_are_not_downloaded() -> None:
    async with opened(app(dataset="wine")) as (pilot, screen):
        await pilot.press("g")
        await until(pilot, lambda: pilot.app._notifications)
        assert pilot.app.screen is screen


async def test_one_s_own_table_is_listed_first_and_shows_as_text(tmp_path: Path) -> None:
    path = tmp_path / "mine [bold].csv"
    hostile = "[red]bad[/red] \x1b[31mesc\x07 \u202eright"
    rows = [f'"{hostile} word{n} film","[b]good\x1b[0m"\n"plain words {n}",bad' for n in range(30)]
    path.write_text("review,opinion\n" + "\n".join(rows), encoding="utf-8")
    async with opened(app(dataset=str(path)), (140, 50)) as (pilot, screen):
        await until(pilot, lambda: "multi-hot" in shown(screen, "#data-sample"))
        assert "mine [bold].csv" in shown(screen, "#data-sets")
        assert "[b]good" in shown(screen, "#data-statistics")
        while "[red]bad[/red]" not in shown(screen, "#data-sample"):
            before = str(screen.query_one("#data-sample").border_title)
            await pilot.press("n")
            await until(pilot, lambda before=before: str(screen.query_one("#data-sample").border_title) != before)
        everything = "".join(
            shown(screen, panel) for panel in ("#data-sets", "#data-statistics", "#data-columns", "#data-sample")
        )
        assert not set("\x1b\x07\u202e") & set(everything)
        assert REPLACEMENT in everything


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    cities = ("Bonn", "Ulm", "Kiel")
    lines = [f"{n % 6 + 1},{20 + n},{cities[n % 3]},{100 + 3 * n}.5" for n in range(80)]
    path.write_text("rooms,area,city,price\n" + "\n".join(lines) + "\n")
    return path


async def test_the_first_line_opens_a_file_whose_roles_can_be_corrected(houses: Path) -> None:
    async with opened(app(dataset="wine"), (80, 24)) as (pilot, screen):
        await pilot.press("home")
        assert "▸ Open a file of your own" in shown(screen, "#data-sets")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Browse))
        await pilot.press("slash", *"nowhere.csv", "enter")
        await until(pilot, lambda: "there is no file or folder" in fake.screen_text(pilot.app.screen))
        await pilot.press("ctrl+u", *str(houses), "enter")
        await until(pilot, titled(screen, str(houses)))
        assert "houses.csv" in shown(screen, "#data-sets")
        await pilot.press("tab", "tab")
        table = screen.query_one(ColumnTable)
        assert pilot.app.focused is table
        assert {column.name: column.role for column in table.columns} == {
            "rooms": "number",
            "area": "number",
            "city": "category",
            "price": "target",
        }
        assert "city category" in shown(screen, "#data-columns")
        assert fake.screen_text(screen).splitlines()[-1].rstrip().endswith("? Keys"), "room for all keys"
        await pilot.press("down", "space", "space", "space", "space")
        await until(pilot, lambda: next(one.role for one in table.columns if one.name == "area") == "ignored")
        assert table.key == "area"
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Pick))
        await pilot.press(*"target", "enter")
        await until(pilot, lambda: next(one.role for one in table.columns if one.name == "rooms") == "target")
        assert next(one.role for one in table.columns if one.name == "price") == "number"
        await pilot.press("shift+tab", "shift+tab", "enter")
        await until(pilot, lambda: pilot.app.screen is pilot.app.bench)  # type: ignore[attr-defined]
        data = pilot.app.bench.experiment.data  # type: ignore[attr-defined]
        assert data.columns["area"].role == "ignored"
        assert data.columns["rooms"].role == "target"


async def test_the_name_of_a_file_is_typed_among_the_files_and_its_folder_is_not_taken_for_it(
    houses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(houses.parent)
    async with opened(app(dataset="wine"), (80, 24)) as (pilot, screen):
        await pilot.press("home", "enter", *"houses.csv")
        await until(pilot, lambda: "houses.csv" in fake.screen_text(pilot.app.screen))
        assert isinstance(pilot.app.screen, Browse)
        await pilot.press("enter")
        await until(pilot, titled(screen, str(houses)))


async def put(pilot: Pilot[Any], label: str, value: str) -> None:
    """Give the field of a form another value, by keys alone."""
    form = pilot.app.screen
    await until(pilot, lambda: isinstance(form, ExperimentForm) and form.is_mounted)
    row = next(row for row in form.query(FieldRow) if row.field.label.strip() == label)
    while pilot.app.focused is not row.control:
        await pilot.press("tab")
    if row.field.choices:
        wanted = dict(row.field.choices)[value]
        while row.raw != wanted:
            await pilot.press("right")
    else:
        await pilot.press("ctrl+u", *("space" if key == " " else key for key in value))
    await pilot.pause()


async def test_how_a_file_is_read_and_split_is_changed_in_a_form(houses: Path) -> None:
    async with opened(app(dataset=str(houses)), (80, 24)) as (pilot, screen):
        table = screen.query_one(ColumnTable)
        await until(pilot, lambda: len(table.columns) == 4)
        await pilot.press("e")
        await put(pilot, "Encoding", "utf-99")
        await until(pilot, lambda: "✗ unknown encoding" in fake.screen_text(pilot.app.screen))
        await put(pilot, "Encoding", "cp1252")
        await put(pilot, "Missing marks", "NA, ?")
        await put(pilot, "Target scaling", "log")
        await put(pilot, "Split by group", "city")
        others = ["Split by time", "Split by column", "Validation file", "Test file"]
        rows = pilot.app.screen.query(FieldRow)
        await until(pilot, lambda: [row.field.label for row in rows if not row.display] == others)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: screen.reading is not None and screen.reading.dataset.groups is not None)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is pilot.app.bench)  # type: ignore[attr-defined]
        data = pilot.app.bench.experiment.data  # type: ignore[attr-defined]
        assert data.model_dump(exclude_defaults=True) == {
            "dataset": str(houses),
            "charset": "cp1252",
            "missing": ("NA", "?"),
            "target_scaling": "log",
            "split_group": "city",
        }


def notices(pilot: Pilot[Any]) -> str:
    return " ".join(notification.message for notification in pilot.app._notifications)


async def test_a_column_s_treatment_is_changed_in_a_form(houses: Path) -> None:
    async with opened(app(dataset=str(houses)), (80, 24)) as (pilot, screen):
        table = screen.query_one(ColumnTable)
        await until(pilot, lambda: len(table.columns) == 4)
        await pilot.press("tab", "tab", "t")
        await put(pilot, "Missing values", "constant")
        await put(pilot, "filled with", "x")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "fill is text" in notices(pilot))
        await pilot.press("t")
        await put(pilot, "filled with", "-1")
        await put(pilot, "Scaling", "robust")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "robust scaling" in shown(screen, "#data-columns"))
        await pilot.press("end", "t")
        await until(pilot, lambda: "has no treatment" in notices(pilot))
        await pilot.press("shift+tab", "shift+tab", "enter")
        await until(pilot, lambda: pilot.app.screen is pilot.app.bench)  # type: ignore[attr-defined]
        data = pilot.app.bench.experiment.data  # type: ignore[attr-defined]
        assert data.columns["rooms"] == ColumnSettings(missing="constant", fill=-1, scaling="robust")


async def test_a_file_is_found_in_the_folders_below(houses: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(houses.parent)
    async with opened(app(dataset="wine"), (80, 24)) as (pilot, screen):
        await pilot.press("home", "enter")
        await until(pilot, lambda: "houses.csv" in fake.screen_text(pilot.app.screen))
        await pilot.press("end", "enter")
        await until(pilot, titled(screen, str(houses)))


async def test_nothing_of_the_set_before_is_shown_while_another_is_read(houses: Path) -> None:
    async with opened(app(dataset="wine")) as (pilot, screen):
        screen._ask("digits")
        assert "reading it ..." in shown(screen, "#data-statistics")
        assert "alcohol" not in shown(screen, "#data-words")
        await until(pilot, titled(screen, "digits"))
        assert "reading it" not in shown(screen, "#data-statistics")


@given(st.sampled_from(ROLES), st.sampled_from(ROLES))
def test_a_table_has_one_target_and_one_text_whatever_roles_are_given(first: Role, second: Role) -> None:
    data = Data(dataset="x.csv", target="a", text="b", ignore=("c",))
    for name, role in (("a", first), ("c", second), ("b", second)):
        data = with_role(data, name, role)
    stated = [settings.role for settings in data.columns.values()]
    stated += ["target"] * (data.target is not None) + ["text"] * (data.text is not None)
    assert stated.count("target") <= 1
    assert stated.count("text") <= 1
    assert data.columns["b"].role == second


async def test_the_mouse_chooses_tabs_and_sets() -> None:
    async with opened(app(dataset="digits"), (80, 24)) as (pilot, screen):
        await pilot.click("PanelTabs", offset=(10, 0))
        await until(pilot, lambda: screen.query_one("#data-statistics").display and screen.has_class("-panel-1"))
        assert screen.focused is screen.query_one("#data-statistics")
        await pilot.click("PanelTabs", offset=(3, 0))
        await until(pilot, lambda: screen.has_class("-panel-0"))


async def test_reading_is_shown_while_it_goes_on() -> None:
    async with opened(app(dataset="digits")) as (pilot, screen):
        screen._stage = "indexing words 40%"
        await until(pilot, lambda: "indexing words 40%" in screen.query_one(ProgressLine).line.plain)


@given(st.lists(st.integers(0, 10**9), max_size=40), st.integers(1, 3))
def test_bars_are_as_high_as_their_counts(counts: list[int], cells: int) -> None:
    lines = bars(counts, cells)
    assert all(len(line) == len(counts) * cells for line in lines)
    heights = [sum(" ▁▂▃▄▅▆▇█".index(line[index * cells]) for line in lines) for index in range(len(counts))]
    assert all((count > 0) == (height > 0) for count, height in zip(counts, heights, strict=True))
    if counts and max(counts):
        assert heights[counts.index(max(counts))] == 40


@given(st.text(), st.text(), st.text())
def test_any_text_in_a_row_is_text(name: str, text: str, remark: str) -> None:
    shown_text = steps([Step(name, text, remark)]).plain
    assert not [
        seen for seen in shown_text if seen != "\n" and unicodedata.category(seen) in ("Cc", "Cf", "Cs", "Zl")
    ]


async def test_what_panels_say_can_be_copied_though_no_panel_has_been_shown_yet() -> None:
    async with opened(app(dataset="digits"), (80, 24)) as (pilot, screen):
        await until(pilot, lambda: len(screen.copies()) == 3)
        found = {one.title: one.text() for one in screen.copies()}
        assert "from scikit-learn" in found["Contents"]
        assert "standard deviation" in found["Columns"]


async def test_test_labels_that_are_shown_are_counted_once_for_each_data_set() -> None:
    made = app(dataset="digits")
    async with opened(made) as (pilot, screen):
        await until(pilot, lambda: screen.reading is not None)
        reads = made.backend.reads  # type: ignore[attr-defined]
        assert [name for name, _ in reads] == ["digits"]
        await pilot.press("n", "1", "4")
        screen._wanted = None
        screen._ask("digits")
        await until(pilot, lambda: screen.reading is not None)
        assert len(reads) == 1


@asynccontextmanager
async def being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[Workbench, Pilot[int], threading.Event]]:
    """The app on the digits, which are being read until the event is set."""
    slow, read = threading.Event(), RealData.data

    def waiting(self: RealData, experiment: Experiment) -> Generator[Preparing, None, Any]:
        slow.wait(60)
        return (yield from read(self, experiment))

    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 0.05)
    made = app(dataset="digits")
    async with made.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: made.bench.background.warm)
        monkeypatch.setattr(RealData, "data", waiting)
        yield made, pilot, slow
        slow.set()


async def test_an_audit_asked_for_before_the_data_is_read_opens_once_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with being_read(monkeypatch) as (made, pilot, slow):
        fake.burst(made, "4", "a")
        await until(pilot, lambda: isinstance(made.screen, DataScreen) and made.screen.is_filling)
        await pilot.pause(0.05)
        slow.set()
        await until(pilot, lambda: isinstance(made.screen, AuditScreen))


async def test_a_key_to_another_data_set_drops_the_audit_of_the_one_being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with being_read(monkeypatch) as (made, pilot, slow):
        fake.burst(made, "4", "a", "down")
        await until(
            pilot, lambda: isinstance(made.screen, DataScreen) and made.screen.cursor_key not in ("", "digits")
        )
        slow.set()
        await until(pilot, lambda: isinstance(made.screen, DataScreen) and not made.screen.is_filling)
        await pilot.pause()
        assert isinstance(made.screen, DataScreen)
