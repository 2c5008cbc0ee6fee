"""A made-up engine for tests of the screen: sessions that are generators of made-up events."""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from textual import events
from textual.app import App
from textual.keys import KEY_NAME_REPLACEMENTS, Keys
from textual.pilot import Pilot
from textual.screen import Screen

from engine.checks import Facts
from engine.errors import DataError
from engine.evaluation.intervals import Interval
from engine.events import DataFacts, Ended, EpochEnded, Preparing, Progress, Recorded, Started, Status, Tested
from engine.experiment import toml_file
from engine.experiment.model import Experiment
from engine.prediction.answers import HeldOut, Prediction, Predictions, Samples, interpret
from engine.prediction.decision import PLAIN, Decision
from engine.prediction.predictor import Explanation, WordEffect
from engine.prediction.samples import Sample
from engine.training.cost_estimate import Estimate
from workbench.tui.app import Workbench
from workbench.tui.experiment.screen import ExperimentScreen
from workbench.tui.sessions.backend import Preview
from workbench.tui.widgets.header import TopBar

TEXT = "this film is a brilliant and moving story told with great care but the ending is awful"
WORDS = TEXT.split()
KEY_NAMES = {key.value for key in Keys}
FACTS = DataFacts("imdb", "packaged", 15_000, 5_000, 5_000, "abc")


def samples(count: int = 20) -> Samples:
    """Held-out samples of a made-up data set; labels alternate."""
    made = tuple(
        Sample(
            index * 3 + 1,
            ("negative", "positive")[index % 2],
            float(index % 2),
            np.arange(1, 12, dtype=np.int32),
            " ".join(["?", *WORDS[index % 5 :]]),
            f"This film, number {index}: [b]brilliant[/b]!" if index % 2 else None,
            index == 0,
        )
        for index in range(count)
    )
    return Samples(made, FACTS, "IMDB", "text", "binary", ("negative", "positive"), "test")


def epoch(number: int, best: int = 4, **more: float) -> EpochEnded:
    """A made-up epoch: the training loss falls, the validation loss is lowest at ``best``."""
    val = 0.3 + 0.004 * (number - best) ** 2
    logs = {"loss": 0.5 * 0.8**number + 0.02, "accuracy": 1 - 0.3 * 0.8**number}
    logs |= {"val_loss": val, "val_accuracy": 0.88 - 0.002 * abs(number - best), "penalty": 0.0}
    logs |= {"eval_loss": 0.45 * 0.8**number + 0.02, "eval_accuracy": 1 - 0.25 * 0.8**number}
    return EpochEnded(number, logs | more, 0.15, number <= best, 0.001)


def predictions(number: int, count: int = 20, best: bool = False) -> Predictions:
    """Made-up answers: surer with every epoch; the third flips in the second epoch."""
    found = []
    for index in range(count):
        sure = min(0.5 + 0.05 * number + 0.01 * index, 0.99)
        value = sure if index % 2 else 1 - sure
        if index == 2:
            value = 0.6 if number < 2 else 0.3
        if index == 5:
            value = 0.2
        found.append(Prediction((value,), ("negative", "positive")[value > 0.5], value))
    return Predictions(number, tuple(found), tuple(index == 2 and number == 2 for index in range(count)), best)


def held_out(number: int, count: int = 200) -> HeldOut:
    """Made-up answers on many samples, the same for the same epoch; one in ten is wrong."""
    make = np.random.default_rng(number)
    targets = np.arange(count) % 2
    right = np.where(np.arange(count) % 10 == 3, 0.2, 0.9) - make.uniform(0, 0.15, count)
    outputs = np.where(targets == 1, right, 1 - right).astype(np.float32)[:, None]
    before = outputs.copy()
    before[:4] = 1 - before[:4]
    return HeldOut(number, "validation", np.arange(count) + 1000, targets, outputs, before, count)


@dataclass
class FakeSession:
    """A run of made-up events; ``events_of`` gives them, in place of the usual ones.

    With ``gate`` set, the run waits after every epoch until the test releases it.
    """

    experiment: Experiment
    run: str = "7"
    events_of: Callable[[], Iterator[Any]] | None = None
    gate: threading.Semaphore | None = None
    retrain: bool = False
    held: list[bool] = field(default_factory=list)
    explained: list[int] = field(default_factory=list)
    detached: bool = False
    interrupted: bool = False
    decision: Decision = PLAIN
    _epoch: int = 0

    def events(self, stop: threading.Event) -> Generator[Any, None, None]:
        """The usual run, ended early where ``stop`` is set."""
        if self.events_of:
            yield from self.events_of()
            return
        yield Recorded(self.run)
        yield Preparing("reading data", 1, 2)
        epochs = self.experiment.training.epochs
        yield Started(FACTS, 160_305, epochs, 1, 0.4, {"loss": 0.693, "accuracy": 0.5})
        yield samples()
        for number in range(1, epochs + 1):
            yield Progress(number, 8_000, 15_000, 14_900.0, 3.0, epoch(number).logs)
            self._wait(stop)
            if stop.is_set():
                yield Ended(Status.STOPPED, min(number - 1, 4) or None, 1.0)
                return
            self._epoch = number
            yield epoch(number)
            yield predictions(number)
            yield held_out(number)
        if self.retrain:
            yield Tested(epochs, {"loss": 0.301, "accuracy": 0.877})
        yield Ended(Status.FINISHED, 4, 3.0)
        yield predictions(4, best=True)

    def final_answers(self) -> Iterator[Predictions | HeldOut]:
        """The answers of the last epoch, as ``decision`` decides them."""
        found, decision = predictions(self._epoch, best=True), self.decision
        decided = tuple(interpret(one.outputs, ("negative", "positive"), decision) for one in found.predictions)
        yield replace(found, predictions=decided, decision=decision)
        yield replace(held_out(self._epoch), decision=decision)

    def _wait(self, stop: threading.Event) -> None:
        while self.gate and not stop.is_set() and not self.gate.acquire(timeout=0.01):
            pass

    def explain(self, ids: Any) -> Explanation:
        """Made-up effects of the words."""
        if not self._epoch:
            raise DataError("there is no network yet")
        self.explained.append(self._epoch)
        effects = [WordEffect("brilliant", 0.12), WordEffect("awful", -0.1), WordEffect("great", 0.05)]
        effects += [WordEffect(word, 0.01) for word in ("moving", "care", "story")]
        return Explanation(predictions(self._epoch).predictions[0], ("?", *WORDS), tuple(effects), self.decision)

    def explain_text(self, text: str) -> Explanation:
        """Made-up effects of a text's words."""
        words = text.lower().split()
        effects = tuple(WordEffect(word, 0.2 if word == "brilliant" else -0.1) for word in dict.fromkeys(words))
        value = 0.9 if "brilliant" in words else 0.1
        prediction = interpret((value,), ("negative", "positive"), self.decision)
        return Explanation(prediction, ("?", *words), effects, self.decision)

    def ids(self, text: str) -> Any:
        """Word ids: 2 for a word of more than nine letters."""
        return np.array([1, *(2 if len(word) > 9 else 10 + len(word) for word in text.split())], np.int32)

    def sample(self, index: int) -> Sample:
        """A sample, whichever is asked for."""
        known = {sample.index: sample for sample in samples().samples}
        return known.get(index) or Sample(index, "positive", 1.0, np.arange(1, 9, dtype=np.int32), " ".join(WORDS))

    def samples_with(self, word: str, count: Any) -> Any:
        """Every seventh sample has any word, but none has "nowhere"."""
        return count[:0] if word == "nowhere" else count[::7]

    past = False

    def epoch_answers(self) -> Iterator[Predictions | HeldOut]:
        """All are among the events."""
        return iter(())

    def hold(self, paused: bool) -> None:
        """Note a pause."""
        self.held.append(paused)

    def stop_asked(self) -> bool:
        """Nobody else asks."""
        return False

    def interrupt(self) -> None:
        """Note that the run can be resumed."""
        self.interrupted = True

    def detach(self) -> None:
        """Note that the run was left running."""
        self.detached = True


@dataclass
class FakeBackend:
    """Gives made-up sessions, and keeps those it gave; ``gated`` ones wait after every epoch."""

    gated: bool = False
    events_of: Callable[[], Iterator[Any]] | None = None
    problem: str = ""
    left: list[Any] = field(default_factory=list)
    sessions: list[FakeSession] = field(default_factory=list)
    session: type[FakeSession] = FakeSession
    stops: list[str] = field(default_factory=list)

    def _give(self, experiment: Experiment, **more: Any) -> FakeSession:
        gate = threading.Semaphore(0) if self.gated else None
        session = self.session(experiment, str(7 + len(self.sessions)), self.events_of, gate, **more)
        self.sessions.append(session)
        return session

    def fresh(self, experiment: Experiment) -> FakeSession:
        """A new run."""
        return self._give(experiment)

    def retraining(self, experiment: Experiment, run_id: str) -> FakeSession:
        """A retraining for four epochs."""
        training = experiment.training.model_copy(update={"epochs": 4})
        return self._give(experiment.model_copy(update={"training": training}), retrain=True)

    def final(self, experiment: Experiment) -> FakeSession:
        """A retraining for the experiment's own epochs."""
        return self._give(experiment, retrain=True)

    def resuming(self, experiment: Experiment, run_id: str) -> FakeSession:
        """A run gone on with."""
        return self._give(experiment)

    def stored(self, run_id: str) -> FakeSession:
        """A stored run."""
        return self._give(toml_file.load("imdb-small"))

    def unfinished(self) -> list[Any]:
        """Runs that go on elsewhere, or were interrupted."""
        return self.left

    def leave_interrupted(self, run_ids: list[str]) -> None:
        """Note what is not asked about again."""
        self.left = [run for run in self.left if run.id not in run_ids]

    def request_stop(self, run_id: str) -> None:
        """Note whom to stop."""
        self.stops.append(run_id)

    def preview(self, experiment: Experiment) -> Generator[Preparing, None, Preview]:
        """The made-up data."""
        yield Preparing("reading data", 1, 2)
        if self.problem:
            raise DataError(self.problem)
        facts = Facts("text", "binary", 2, 0, 15_000, 5_000, tuple(range(50, 450)), 0.05)
        return Preview(experiment, samples(), facts, experiment)

    def estimate(self, experiment: Experiment) -> Generator[Preparing, None, Estimate]:
        """A second for every five epochs."""
        yield Preparing("trying a few batches")
        return Estimate(experiment.training.epochs / 5, 700_000_000)

    def linear(self, experiment: Experiment) -> Generator[Preparing, None, dict[str, float]]:
        """A linear model's values, made up."""
        yield Preparing("fitting the linear baseline")
        return {"val_loss": 0.42, "val_accuracy": 0.87}

    def intervals(self, run_id: str) -> Generator[Preparing, None, dict[str, Interval]]:
        """The intervals of a run's values, made up."""
        yield Preparing("predicting held-out samples")
        return {"val_accuracy": Interval(0.874, 0.886), "test_accuracy": Interval(0.873, 0.881)}

    def warm_up(self, leaving: threading.Event) -> None:
        """Nothing to warm up."""


def app(name: str = "imdb", backend: FakeBackend | None = None, **options: Any) -> Workbench:
    """The app over a made-up engine, on a preset."""
    return Workbench(toml_file.load(name), backend=backend or FakeBackend(), **options)  # type: ignore[arg-type]


@asynccontextmanager
async def opened(
    app: Workbench, size: tuple[int, int] = (140, 40), notifications: bool = False
) -> AsyncIterator[tuple[Pilot[int], ExperimentScreen]]:
    """The app with its data read, ready for keys, and its experiment screen."""
    async with app.run_test(size=size, notifications=notifications) as pilot:
        await pilot.pause()
        await until(pilot, lambda: app.bench.background.warm)
        yield pilot, app.bench


async def until(pilot: Pilot[Any], true: Callable[[], object]) -> None:
    """Let the app work until something holds, and then until it has no more to do."""
    await holds(true)
    await pilot.pause()


async def holds(true: Callable[[], object]) -> None:
    """Let the app work until something holds."""
    for _ in range(3000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never came true")


def burst(app: App[Any], *keys: str) -> None:
    """Type keys at once, as a terminal delivers them; what is no key's name is typed letter by letter."""
    for key in keys:
        for typed in [key] if key in KEY_NAMES else list(key):
            app.post_message(events.Key(_key_name(typed), typed if len(typed) == 1 else None))


def _key_name(typed: str) -> str:
    if len(typed) != 1 or typed.isalnum():
        return typed
    name = unicodedata.name(typed).lower().replace(" ", "_").replace("-", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


async def ran(pilot: Pilot[Any], bench: ExperimentScreen) -> None:
    """Run to the end, and see it on the screen."""
    await pilot.press("r")
    await until(pilot, lambda: bench.runner.live and bench.runner.live.done.is_set())
    await until(pilot, lambda: "finished" in bench.query_one(TopBar).state)


def text_of(bench: Screen[Any], selector: str) -> str:
    """What a widget shows, as text."""
    widget = bench.query_one(selector)
    return "\n".join(strip.text for strip in widget.render_lines(widget.size.region))


def screen_text(screen: Screen[Any]) -> str:
    """All that is on a screen, as text."""
    return "\n".join("".join(segment.text for segment in line) for line in screen._compositor.render_strips())
