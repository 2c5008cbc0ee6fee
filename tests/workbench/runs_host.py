"""The runs screen alone in an app, over a store of made-up runs; what its tests do and see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual import on
from textual.app import App
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Input

from engine.events import DataFacts, EpochEnded, Event, Status
from engine.experiment.layers import Dense
from engine.experiment.model import Data, Experiment, Training
from engine.runs import RunStore, RunSummary
from tests.engine.fake_runs import FACTS, FakeRun
from workbench.tui.messages import AttachRun, OpenExperiment, ResumeRun
from workbench.tui.runs.screen import RunsScreen
from workbench.tui.runs.table import RunsTable
from workbench.tui.themes import variable_defaults

HOSTILE = "[red]x[/red] \x1b[31m\u202etxt"
STYLES = Path(__file__).parents[2] / "workbench" / "tui" / "workbench.tcss"


class Host(App[None]):
    """What the runs screen asks of the app, without the other screens."""

    CSS_PATH = STYLES
    BINDINGS = [Binding("1", "bell", "Experiment", id="mode.experiment")]

    def __init__(self, store: RunStore) -> None:
        super().__init__()
        self.store = store
        self.asked: list[tuple[Any, ...]] = []
        self.running_work: list[Any] = []
        self.run_state = ("idle", "")
        self.chart_cursor: int | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The workbench's variables."""
        return variable_defaults(self.current_theme)

    def on_mount(self) -> None:
        """Show the runs screen."""
        self.push_screen(RunsScreen())

    @on(AttachRun)
    @on(OpenExperiment)
    @on(ResumeRun)
    def _note(self, message: Any) -> None:
        self.asked.append(message)


def experiment(**settings: Any) -> Experiment:
    """A small experiment, some of whose settings differ."""
    units, epochs = settings.pop("units", 16), settings.pop("epochs", 5)
    training = Training(epochs=epochs, metrics=("accuracy",), optimizer=settings.pop("optimizer", "rmsprop"))
    return Experiment(data=Data(dataset="digits"), layers=(Dense(units=units),), training=training, **settings)


MORE_SAMPLES = replace(FACTS, train=150, validation=0)


@dataclass
class Retrained(FakeRun):
    """A made-up run without validation samples."""

    facts: DataFacts = MORE_SAMPLES

    def __iter__(self) -> Iterator[Event]:
        """The events without values of validation samples."""
        for event in super().__iter__():
            if isinstance(event, EpochEnded):
                logs = {name: value for name, value in event.logs.items() if not name.startswith("val_")}
                event = self.epochs[-1] = replace(event, logs=logs)
            yield event


def recorded(store: RunStore, wanted: Experiment, until: int | None = None, **options: Any) -> str:
    """Record a made-up run, to its end or until an epoch."""
    run = options.pop("run", FakeRun)(wanted, test=options.pop("test", False))
    stream = store.record(run, **options)
    run: str = next(stream).run  # type: ignore[union-attr]
    for event in stream:
        if isinstance(event, EpochEnded) and event.epoch == until:
            break
    stream.close()
    return run


SOME_RUN = RunSummary(
    "7", "Some run", "train", Status.FINISHED, False, False, None, datetime(2026, 1, 2, tzinfo=UTC), 7, None, None,
    None, None, 5, None, {}, None, 0.1, 2.5, ("tag",), "", False, 1, experiment(name="Some run").model_dump_json(),
)  # fmt: skip


@asynccontextmanager
async def shown(store: RunStore, size: tuple[int, int] = (140, 40)) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    """The screen with the store's runs on it."""
    app = Host(store)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        yield app, pilot


async def settled(app: Host, pilot: Pilot[None]) -> None:
    """Wait until no thread reads the store, and what was read is on the screen."""
    for _ in range(2):
        await pilot.pause()
        await app.workers.wait_for_complete()
    await pilot.pause()


async def press(app: Host, pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait for what they do."""
    await pilot.press(*keys)
    await settled(app, pilot)


async def order(app: Host, pilot: Pilot[None], column: str) -> None:
    """Sort by a column."""
    await press(app, pilot, "o")
    app.screen.query_one(Input).value = column
    await press(app, pilot, "enter")


def table(app: Host) -> RunsTable:
    """The table."""
    return app.screen.query_one(RunsTable)


def ids(app: Host) -> str:
    """The numbers of the runs shown, in order."""
    return " ".join(run.id for run in table(app).runs)


def messages(app: Host) -> list[str]:
    """What the toasts say."""
    return [note.message for note in app._notifications]


def head(app: Host) -> list[str]:
    """The titles of the columns in sight, and the sign for more."""
    line = text(app, RunsTable).splitlines()[1].strip("│").replace(" ›", "  ›")
    return [title.strip() for title in line.split("  ") if title.strip()]


def text(app: Host, wanted: Any = None) -> str:
    """What is on the screen, as text; or in one of its widgets."""
    region = app.screen.query_one(wanted).region if wanted else app.screen.region
    lines = ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
    return "\n".join(line[region.x : region.right] for line in lines[region.y : region.bottom])
