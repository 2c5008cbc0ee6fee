"""The views whose bytes are measured: every kind of screen is among them, and their keys open what they name."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen

from engine.errors import DataError
from engine.events import Ended, Preparing, Recorded, Started, Status
from engine.experiment.model import Experiment
from engine.prediction.samples import Sample
from engine.runs import RunStore
from tests.benchmarks.wire import VIEWS, View
from tests.engine import tiny
from tests.engine.runs.held_out import CLASSES, train
from tests.workbench import fake
from tests.workbench.fake import holds, opened, until
from tests.workbench.subclasses import below
from tests.workbench.tui.evidence.test_screen import answered
from workbench.tui import bindings
from workbench.tui.data.screen import DataScreen
from workbench.tui.modes import MODES
from workbench.tui.sessions.backend import Preview
from workbench.tui.widgets.mode_screen import ModeScreen


def test_every_kind_of_screen_is_measured() -> None:
    bindings.bindings()  # imports every screen
    kinds = [*below(ModalScreen), *below(ModeScreen)]
    wanted = {kind.__name__ for kind in kinds if not kind.__subclasses__()}
    assert wanted <= {view.opens for views in VIEWS.values() for view in views}
    assert {view.mode for views in VIEWS.values() for view in views if not view.keys} == set("1234")
    assert len(MODES) == 4


SAMPLE = Sample(0, "positive", 1.0, np.array([3, 4], np.float32), "age 3 weight 4")
COLUMNS = replace(fake.samples(), samples=(SAMPLE,), kind="columns")


class Columns(fake.FakeBackend):
    """Data of columns, and a run on them."""

    def preview(self, experiment: Experiment) -> Generator[Preparing, None, Preview]:
        """The made-up data."""
        found = yield from super().preview(experiment)
        return replace(found, samples=COLUMNS)


def run_on_columns() -> Iterator[Any]:
    """A run that has ended."""
    yield Recorded("7")
    yield Started(fake.FACTS, 100, 9, 1, 0.1)
    yield COLUMNS
    yield fake.epoch(1)
    yield fake.predictions(1, 1)
    yield Ended(Status.FINISHED, 1, 1.0)


def no_ladder(_: Experiment) -> Any:
    """Sanity checks that cannot be made."""
    raise DataError("nothing can be checked")


BACKENDS = {"imdb": fake.FakeBackend(gated=True), "digits": Columns(gated=True, events_of=run_on_columns)}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """Two runs that have ended, and a predictor for them."""
    store, dataset = RunStore(), answered(monkeypatch)
    for size in (64, 128):
        training = CLASSES.training.model_copy(update={"batch_size": size})
        train(store, dataset, CLASSES.model_copy(update={"training": training}))
    yield store
    store.close()


async def opens(pilot: Pilot[Any], view: View) -> None:
    """Type a view's keys at once: its kind of screen is on top; close it, and the mode's own screen is."""
    await pilot.press(view.mode)
    await holds(lambda: MODES[int(view.mode) - 1].name == pilot.app.current_mode and pilot.app.focused)
    own = pilot.app.screen
    if isinstance(own, DataScreen):
        own.reading = SimpleNamespace(dataset=tiny.columns(20, "binary", 2), experiment=own.host.experiment)  # type: ignore[assignment]
    fake.burst(pilot.app, *view.keys.split())
    if view.then:
        await holds(lambda: getattr(pilot.app.screen, "found", None))
        fake.burst(pilot.app, *view.then.split())
    await holds(lambda: type(pilot.app.screen).__name__ == view.opens)
    fake.burst(pilot.app, *view.closes.split())
    await holds(lambda: pilot.app.screen is own)


@pytest.mark.parametrize("base", VIEWS)
async def test_the_keys_of_a_view_open_it(base: str, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.tui.typed_ahead.PATIENCE", 60.0)
    monkeypatch.setattr("engine.evaluation.sanity.ladder.climb", no_ladder)
    backend = BACKENDS[base]
    async with opened(fake.app(backend=backend, store=store), (80, 24)) as (pilot, bench):
        await pilot.press("r")
        await until(pilot, lambda: backend.sessions)
        gate = backend.sessions[-1].gate
        assert gate
        gate.release()
        await until(pilot, lambda: bench.snapshot.predictions)
        for view in VIEWS[base]:
            await opens(pilot, view)
        await pilot.press("1", "s")
