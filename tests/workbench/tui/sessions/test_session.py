"""Sessions over the real engine on made-up data, and a run in its thread."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import pytest

from engine import datasets
from engine import events as events_module
from engine.datasets.dataset import Dataset
from engine.errors import DataError, StoreError
from engine.events import Ended, EpochEnded, Preparing, Recorded, Started, Status
from engine.experiment.layers import Dense
from engine.experiment.model import Data, Experiment
from engine.prediction.answers import HeldOut, Predictions, Samples
from engine.prediction.decision import Decision, scale_outputs
from engine.runs import RunStore
from engine.runs.kept_decision import write_decision
from engine.training.run import Run
from tests.engine import tiny
from tests.workbench import fake
from workbench.tui.sessions import session as session_module
from workbench.tui.sessions.backend import Backend
from workbench.tui.sessions.live_run import LiveRun, Snapshot

EXPERIMENT = tiny.experiment(Dense(units=4, activation="relu"), Dense(units=1, activation="sigmoid"))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Data]:
    """Made-up data in place of real sets; which were read."""
    read: list[Data] = []

    def load(data: Data, seed: int) -> Generator[Preparing, None, Dataset]:
        read.append(data)
        yield Preparing("reading", 1, 2)
        if data.dataset == "missing":
            raise DataError("there is no such data")
        return tiny.columns() if data.dataset == "boston" else tiny.text()

    monkeypatch.setattr(datasets, "load", load)
    return read


@pytest.fixture
def store(home: object) -> Iterator[RunStore]:
    opened = RunStore()
    yield opened
    opened.close()


@pytest.fixture
def backend(store: RunStore, loads: list[Data]) -> Backend:
    return Backend(lambda: store)


def events_of(session: Any, stop: threading.Event | None = None) -> list[Any]:
    return list(session.events(stop or threading.Event()))


def of(events: list[Any], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize(("apart", "answered"), [(0.0, [1, 2, 3]), (1e9, [1, 3])])
def test_epochs_are_answered_for_but_those_soon_after_others(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, apart: float, answered: list[int]
) -> None:
    monkeypatch.setattr(session_module, "ANSWERS_APART", apart)
    events = events_of(backend.fresh(EXPERIMENT))
    assert [answer.epoch for answer in of(events, Predictions) if not answer.best] == answered
    assert [answer.epoch for answer in of(events, HeldOut)[:-1]] == answered


def test_a_run_is_recorded_predicted_explained_and_read_once(
    backend: Backend, store: RunStore, loads: list[Data]
) -> None:
    session = backend.fresh(EXPERIMENT)
    with pytest.raises(DataError, match="run the experiment first"):
        session.explain(np.array([1, 5], np.int32))
    events = events_of(session)

    run = of(events, Recorded)[0].run
    assert store.get(run).status is Status.FINISHED
    assert [event.epoch for event in of(events, EpochEnded)] == [1, 2, 3]
    assert "eval_loss" in of(events, EpochEnded)[0].logs
    samples, answers = of(events, Samples)[0], of(events, Predictions)
    assert samples.split == "test"
    assert answers[-1].best
    assert answers[-1].epoch == store.get(run).best_epoch
    assert not any(answers[0].flipped)

    told = store.predictor(run).predict(samples.samples)
    assert [one.value for one in answers[-1].predictions] == pytest.approx([one.value for one in told], abs=1e-6)
    explained = session.explain(samples.samples[0].ids)
    assert explained.prediction.value == pytest.approx(told[0].value, abs=1e-6)

    held = of(events, HeldOut)[-1]
    assert held.split == "validation"
    assert len(held.indices) == held.total == len(held.targets) == len(held.outputs)
    among = set(session.samples_with("word7", held.indices).tolist())
    data = tiny.text()
    wanted = session.ids("word7")[-1]
    assert among == {index for index in held.indices.tolist() if wanted in data.samples[index]}
    assert 0 < len(among) < held.total
    assert session.sample(int(held.indices[0])).index == held.indices[0]

    events_of(backend.fresh(EXPERIMENT.model_copy(update={"name": "again"})))
    assert len(loads) == 1


def test_a_stop_keeps_what_is_trained_and_the_run_can_be_gone_on_with(backend: Backend, store: RunStore) -> None:
    stop, seen = threading.Event(), []
    for event in backend.fresh(EXPERIMENT).events(stop):
        seen.append(event)
        if isinstance(event, EpochEnded):
            stop.set()
    run = of(seen, Recorded)[0].run
    assert of(seen, Ended)[-1].status is Status.STOPPED
    assert store.get(run).status is Status.STOPPED
    assert len(store.get(run).epochs) == 1
    assert of(seen, Predictions)[-1].best

    again = events_of(backend.resuming(EXPERIMENT, run))
    assert [event.epoch for event in of(again, EpochEnded)] == [1, 2, 3], "the whole curve is shown"
    assert [event.epoch for event in of(again, Predictions)] == [2, 3, store.get(run).best_epoch]
    assert store.get(run).status is Status.FINISHED
    whole = events_of(backend.fresh(EXPERIMENT))
    assert store.get(run).epochs[-1].logs["loss"] == pytest.approx(
        of(whole, EpochEnded)[-1].logs["loss"], abs=1e-6
    )


def test_a_run_whose_terminal_goes_away_is_asked_about(backend: Backend, store: RunStore) -> None:
    stop, session = threading.Event(), backend.fresh(EXPERIMENT)
    for event in session.events(stop):
        if isinstance(event, EpochEnded):
            session.interrupt()
            stop.set()
    assert [run.epochs_done for run in store.interrupted()] == [1]


def test_retraining_takes_the_best_epochs_count_and_tests_once(backend: Backend, store: RunStore) -> None:
    run = of(events_of(backend.fresh(EXPERIMENT)), Recorded)[0].run
    events = events_of(backend.retraining(EXPERIMENT, run))
    assert len(of(events, EpochEnded)) == store.get(run).best_epoch
    assert len(of(events, events_module.Tested)) == 1
    assert of(events, HeldOut)[0].split == "test"


def test_a_stored_run_is_shown_with_its_best_model(backend: Backend) -> None:
    first = events_of(backend.fresh(EXPERIMENT))
    run = of(first, Recorded)[0].run
    events = events_of(backend.stored(run))
    assert of(events, EpochEnded) == of(first, EpochEnded)
    assert of(events, Ended)[0].status is Status.FINISHED
    shown, before = of(events, Predictions)[-1], of(first, Predictions)[-1]
    assert shown.best
    assert [p.value for p in shown.predictions] == pytest.approx([p.value for p in before.predictions], abs=1e-6)
    with pytest.raises(StoreError):
        backend.stored("99")


def test_answers_follow_the_threshold_and_temperature_that_are_kept(backend: Backend, store: RunStore) -> None:
    training = backend.fresh(EXPERIMENT)
    first = events_of(training)
    record = store.get(of(first, Recorded)[0].run)
    middle = float(np.median(of(first, HeldOut)[-1].outputs))
    for session in (training, backend.stored(record.id)):
        write_decision(store, record, Decision())
        if session is not training:
            events_of(session)
        kept = Decision(0.5, "hand", 2.0)
        write_decision(store, record, kept)
        softer, held = session.final_answers()
        raw = np.array([one.outputs for one in of(first, Predictions)[-1].predictions], np.float32)
        assert [one.outputs for one in softer.predictions] == pytest.approx(scale_outputs(raw, 2.0), abs=1e-5)
        assert held.outputs == pytest.approx(scale_outputs(of(first, HeldOut)[-1].outputs, 2.0), abs=1e-5)
        ids = session.sample(int(held.indices[0])).ids
        explained = session.explain(ids)
        assert explained.prediction.value == pytest.approx(float(held.outputs[0, 0]), abs=1e-5)

        kept = Decision(middle, "f1")
        write_decision(store, record, kept)
        answers, held = session.final_answers()
        assert (answers.decision, held.decision, session.explain(ids).decision) == (kept, kept, kept)
        labels = [tiny.text().labels[one.value > middle] for one in answers.predictions]
        assert [one.label for one in answers.predictions] == labels
        assert not any(answers.flipped), "another threshold is no news of the network"
        assert held.predicted.tolist() == (held.outputs[:, 0] > middle).tolist()
        assert 0 < held.predicted.mean() < 1


def test_a_followed_run_ends_with_the_answers_of_the_best_epoch(backend: Backend) -> None:
    training = backend.fresh(EXPERIMENT).events(threading.Event())
    last = EXPERIMENT.training.epochs
    begun = list(itertools.takewhile(lambda event: getattr(event, "epoch", 0) != last, training))
    begun += list(itertools.takewhile(lambda event: not isinstance(event, HeldOut), training))
    following = backend.stored(of(begun, Recorded)[0].run).events(threading.Event())
    seen = next(event for event in following if isinstance(event, Predictions))
    assert (seen.best, seen.epoch) == (False, last)
    trained, followed = list(training), list(following)
    best, shown = of(trained, Predictions)[-1], of(followed, Predictions)[-1]
    assert (shown.best, shown.epoch) == (True, best.epoch)
    assert [p.value for p in shown.predictions] == pytest.approx([p.value for p in best.predictions], abs=1e-6)
    assert of(followed, HeldOut)[-1].outputs == pytest.approx(of(trained, HeldOut)[-1].outputs, abs=1e-6)


def test_data_that_cannot_be_read_is_said_and_leaves_no_run_behind(backend: Backend, store: RunStore) -> None:
    missing = EXPERIMENT.model_copy(update={"data": Data(dataset="missing")})
    with pytest.raises(DataError, match="no such data"):
        events_of(backend.fresh(missing))
    assert store.summaries() == []


def test_columns_are_watched_too_and_have_no_words(backend: Backend) -> None:
    experiment = tiny.experiment(
        Dense(units=1), data={"dataset": "boston"}, loss="mse", metrics=("mae",), learning_rate=0.01
    )
    session = backend.fresh(experiment)
    events = events_of(session)
    samples = of(events, Samples)[0]
    assert samples.kind == "columns"
    assert session.explain(samples.samples[0].ids).words
    with pytest.raises(DataError):
        session.explain_text("a film")


def test_the_preview_has_samples_and_facts_before_any_run(backend: Backend) -> None:
    steps = backend.preview(EXPERIMENT)
    stages = []
    while True:
        try:
            stages.append(next(steps).stage)
        except StopIteration as stop:
            preview = stop.value
            break
    assert "reading" in stages
    assert len(preview.samples.samples) == 18
    assert preview.facts.train == 54


def test_two_threads_read_one_data_set_once(backend: Backend, loads: list[Data]) -> None:
    def read() -> None:
        for _ in backend.preview(EXPERIMENT):
            pass

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1


def test_interrupted_runs_that_were_left_are_not_asked_about_again(backend: Backend, store: RunStore) -> None:
    for _ in range(2):
        _, lock = store.reserve(Run(EXPERIMENT))
        os.close(lock)
    assert [run.id for run in backend.unfinished()] == ["2", "1"]
    backend.leave_interrupted(["1"])
    assert [run.id for run in backend.unfinished()] == ["2"]


def test_warming_up_trains_and_leaves_when_told_to(backend: Backend, store: RunStore) -> None:
    backend.warm_up(threading.Event())
    assert not store.summaries()
    leaving = threading.Event()
    leaving.set()
    backend.warm_up(leaving)


def live_of(session: Any) -> tuple[LiveRun, list[Any]]:
    told: list[Any] = []
    return LiveRun(session, told.append), told


def test_a_live_run_keeps_one_picture_and_tells_of_the_end(small: Experiment) -> None:
    live, told = live_of(fake.FakeSession(small))
    live.run()
    assert live.done.is_set()
    assert told == [live]
    assert len(live.snapshot.epochs) == 3
    assert live.snapshot.run == "7"
    assert live.snapshot.best_epoch == 3
    assert live.snapshot.predictions is not None
    assert live.title == "run 7"


def test_the_answers_of_an_ended_run_follow_the_decision_that_was_kept_last(small: Experiment) -> None:
    first, go = threading.Event(), threading.Event()

    class Slow(fake.FakeSession):
        """The first answers come late."""

        def final_answers(self) -> Iterator[Predictions | HeldOut]:
            answers = list(super().final_answers())
            if not first.is_set():
                first.set()
                go.wait(60)
            yield from answers

    session = Slow(small)
    live, _ = live_of(session)
    live.run()
    threads = [threading.Thread(target=live.apply_decision) for _ in range(2)]
    for thread, threshold in zip(threads, (0.2, 0.9), strict=True):
        session.decision = Decision(threshold, "hand")
        thread.start()
        assert first.wait(60)
    threads[1].join(0.2)
    go.set()
    for thread in threads:
        thread.join()
    assert live.snapshot.predictions is not None
    assert live.snapshot.predictions.decision.threshold == 0.9


def test_a_paused_run_shows_the_predictions_of_its_last_epoch(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "ANSWERS_APART", 1e9)
    session = backend.fresh(EXPERIMENT)
    live, _ = live_of(session)
    events, shown = session.events, []

    def paused_after_two(stop: threading.Event) -> Iterator[Any]:
        for event in events(stop):
            if isinstance(event, EpochEnded) and event.epoch == 2:
                live.pause()
            yield event

    def hold(paused: bool) -> None:
        shown.append((live.snapshot.predictions, live.snapshot.held_out))
        live.stop()

    monkeypatch.setattr(session, "events", paused_after_two)
    monkeypatch.setattr(session, "hold", hold)
    live.run()
    assert [found.epoch for found in shown[0]] == [2, 2]


def test_a_live_run_stops_while_it_is_paused(small: Experiment) -> None:
    session = fake.FakeSession(small)
    live, _ = live_of(session)
    live.pause()
    thread = threading.Thread(target=live.run)
    thread.start()
    while not session.held:
        thread.join(0.01)
    assert live.status is Status.PAUSED
    live.stop()
    thread.join()
    assert live.status is Status.STOPPED
    assert session.held == [True]


def test_a_run_that_stops_is_not_paused(small: Experiment) -> None:
    session = fake.FakeSession(small, gate=threading.Semaphore(0))
    live, _ = live_of(session)
    thread = threading.Thread(target=live.run)
    thread.start()
    live.stop()
    live.pause()
    thread.join(10)
    assert live.done.is_set()
    assert live.status is Status.STOPPED


def test_a_live_run_that_was_left_is_detached_once_it_is_saved(small: Experiment) -> None:
    session = fake.FakeSession(small, gate=threading.Semaphore(0))
    live, _ = live_of(session)
    thread = threading.Thread(target=live.run)
    thread.start()
    live.leave()
    thread.join()
    assert session.detached


def test_a_run_of_the_past_is_read_not_trained(small: Experiment) -> None:
    session = fake.FakeSession(small, gate=threading.Semaphore(0))
    session.past = True
    live, _ = live_of(session)
    thread = threading.Thread(target=live.run)
    thread.start()
    while not live.snapshot.started:
        thread.join(0.01)
    assert live.status is Status.PREPARING
    session.gate.release(99)
    thread.join()
    assert live.status is Status.FINISHED


def test_a_run_that_is_followed_is_as_far_as_its_last_epoch() -> None:
    shown = Snapshot(EXPERIMENT).after(Started(fake.FACTS, 1, 10, 1, 0.1)).after(fake.epoch(4))
    assert shown.progress is not None
    assert (shown.progress.epoch, shown.progress.samples) == (4, fake.FACTS.train)
    assert shown.progress.seconds_left == pytest.approx(6 * fake.epoch(4).seconds)
    assert shown.progress.logs == fake.epoch(4).logs


def test_a_picture_ignores_what_it_does_not_know() -> None:
    picture = Snapshot(EXPERIMENT)
    assert picture.after(object()) is picture
    assert picture.after(Started(fake.FACTS, 1, 2, 1, 0.1)).status is Status.TRAINING


@pytest.fixture
def small() -> Experiment:
    return EXPERIMENT
