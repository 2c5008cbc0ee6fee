"""Runs as the screen shows them, trained in this process or stored: their events and their networks' predictions.

Everything here runs in worker threads; nothing here depends on widgets.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from engine.events import Ended, EpochEnded, Event, Preparing, Started, Status
from engine.experiment.model import Experiment
from engine.prediction.answers import HeldOut, Predictions, Samples
from workbench.tui.sessions.dataset_cache import DatasetCache, Ready
from workbench.tui.sessions.network_watch import NetworkWatch

if TYPE_CHECKING:
    from engine.events import Recorded
    from engine.network.network_pool import Pool
    from engine.runs import RunRecord, RunStore
    from engine.training.run import Run, Weights

Begin = Callable[["RunStore", Ready, "Pool"], "tuple[Run, Generator[Recorded | Event, None, None]]"]
"""Begins a run: makes the Run on the loaded data, and its recorded stream. Raises StoreError."""

ANSWERS_APART = 0.25
"""The fewest seconds between the predictions of two epochs. Nobody could read quicker ones, and predicting
after every one took a quarter of the time of training IMDB's baseline."""


class RunSession(NetworkWatch):
    """A run on the screen, with its network's predictions; ``past`` says whether it has ended already.

    Methods that control the training process do nothing here, because it may be another process.
    """

    past: bool

    def __init__(
        self, experiment: Experiment, run_id: str, store: Callable[[], RunStore], cache: DatasetCache
    ) -> None:
        super().__init__(experiment)
        self.run_id = run_id
        self._store = store
        self._cache = cache

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """Yield the run's events, with updated predictions after epochs; ends soon after ``stop`` is set."""
        raise NotImplementedError

    def epoch_answers(self) -> Iterator[Predictions | HeldOut]:
        """Yield the predictions after the last epoch, unless :meth:`events` has; it skips quick epochs."""
        return iter(())

    def hold(self, paused: bool) -> None:
        """Tell other processes that the run is paused or resumed."""

    def stop_asked(self) -> bool:
        """Return whether another process asked the paused run to stop."""
        return False

    def interrupt(self) -> None:
        """Mark the run as interrupted once it stops: the next start offers to resume it."""

    def detach(self) -> None:
        """Continue the run, stopped here, in a process of its own."""

    def final_answers(self) -> Iterator[Predictions | HeldOut]:
        """Yield the predictions of the best epoch's weights, with the run's stored threshold and temperature.

        Yields nothing before the run has ended, or if no epoch was trained. Raises StoreError.
        """
        from engine.runs.kept_decision import read_decision

        store = self._store()
        record = store.get(self.run_id)
        epoch = record.best_epoch or record.epochs_done
        if not epoch or self.predictor is None:
            return
        decision = read_decision(store, record)
        if decision != self.predictor.decision:  # a prediction that only another threshold changes has not flipped
            self.predictor.decision, self._labels = decision, ()
        yield self.predictions(epoch, best=True)
        if held_out := self.held_out_samples(epoch, flips=False, tested=record.test is not None):
            yield held_out


class TrainingSession(RunSession):
    """A run in this process, recorded in the store from the start."""

    past = False

    def __init__(
        self, experiment: Experiment, begin: Begin, store: Callable[[], RunStore], cache: DatasetCache
    ) -> None:
        super().__init__(experiment, "", store, cache)
        self._begin = begin
        self._interrupted = False
        self._next_answers = 0.0
        self._unanswered: tuple[EpochEnded, Weights] | None = None

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """Read the data, then train, predicting after the epochs. Raises DataError before there is a run."""
        from engine.events import Recorded

        began, event = time.monotonic(), None
        yield Preparing("opening the run store")
        store = self._store()
        ready = yield from self._cache.get(self.experiment)
        run, events = self._begin(store, ready, self._cache.pool)
        with closing(events), self._leaving(events):
            self.experiment = run.experiment
            for event in events:
                if isinstance(event, EpochEnded):
                    self._unanswered = event, run.weights
                yield event
                if stop.is_set():
                    break
                if isinstance(event, Recorded):
                    self.run_id = event.run
                yield from self._after(event, run)
        if not isinstance(event, Ended):
            yield Ended(Status.STOPPED, run.best_epoch, time.monotonic() - began)
        if run.best_epoch:
            self._ask_with(run.checkpoint().best)
            for answers in self.final_answers():
                yield answers
                if stop.is_set():
                    break
        run.release()

    @contextmanager
    def _leaving(self, events: Generator[Any, None, None]) -> Iterator[None]:
        """If the run is interrupted, end its stream as interrupted, at whatever event it is."""
        from engine.runs.records import Interrupted

        try:
            yield
        finally:
            if self._interrupted:
                with suppress(Interrupted, StopIteration):
                    events.throw(Interrupted())

    def hold(self, paused: bool) -> None:
        if self.run_id:
            self._store().set_paused(self.run_id, paused)

    def stop_asked(self) -> bool:
        return bool(self.run_id) and self._store().stop_requested(self.run_id)

    def interrupt(self) -> None:
        """Leave the run to be resumed once it stops."""
        self._interrupted = True

    def detach(self) -> None:
        from engine.runs.detached import resume_detached
        from workbench.notifications.detached import PROGRAM

        resume_detached(self.run_id, store=self._store(), program=PROGRAM)

    def _after(self, event: object, run: Run) -> Iterator[EpochEnded | Samples | Predictions | HeldOut]:
        if isinstance(event, Started):
            self.dataset, self.features = run.dataset, run.features
            yield from run.resume.epochs if run.resume else ()
            yield self.samples()
        elif isinstance(event, EpochEnded) and self._answers_due(event.epoch):
            yield from self.epoch_answers()

    def _answers_due(self, epoch: int) -> bool:
        """Return whether new predictions are due after an epoch; after the last one they always are."""
        return time.monotonic() >= self._next_answers or epoch == self.experiment.training.epochs

    def epoch_answers(self) -> Iterator[Predictions | HeldOut]:
        unanswered, self._unanswered = self._unanswered, None
        if unanswered is None:
            return
        ended, weights = unanswered
        self._next_answers = time.monotonic() + ANSWERS_APART
        self._ask_with(weights)
        yield self.predictions(ended.epoch)
        if held_out := self.held_out(ended.epoch, ended.seconds):
            yield held_out

    def _ask_with(self, weights: Weights) -> None:
        """Predict with these weights from now on."""
        from engine.prediction.predictor import Predictor

        if self.predictor is None:
            self.predictor = Predictor(self.experiment, self._known, weights)
        else:
            self.predictor.update(weights)


class StoredSession(RunSession):
    """A run in the store, ended or training in another process, which is shown but not trained here."""

    def __init__(self, record: RunRecord, store: Callable[[], RunStore], cache: DatasetCache) -> None:
        super().__init__(record.experiment, record.id, store, cache)
        self.past = record.status.ended

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """Yield the stored events of the run, then new ones; closing the generator does not stop the run.

        Ends with the predictions of the best epoch's weights.
        """
        store = self._store()
        self.dataset = (yield from self._cache.get(self.experiment)).dataset
        for event in store.follow(self.run_id):
            yield event
            if stop.is_set():
                return
            if isinstance(event, Started):
                self.features = store.features(self.run_id).on(self.dataset)
                yield self.samples()
            elif isinstance(event, EpochEnded):
                yield from self._after_epoch(store, event)
            elif isinstance(event, Ended) and self.features is not None and store.get(self.run_id).epochs_done:
                self._ask_with(store, "best")
                yield from self.final_answers()

    def _after_epoch(self, store: RunStore, ended: EpochEnded) -> Iterator[Predictions | HeldOut]:
        """Yield the predictions after an epoch, if its weights are stored: while the run trains, only the latest
        are.
        """
        record = store.get(self.run_id)
        if record.status.ended or not record.epochs or record.epochs[-1].epoch != ended.epoch:
            return
        self._ask_with(store, "last")
        yield self.predictions(ended.epoch)
        if held_out := self.held_out(ended.epoch, ended.seconds):
            yield held_out

    def _ask_with(self, store: RunStore, which: str) -> None:
        """Predict with these stored weights from now on."""
        if self.predictor is None:
            self.predictor = store.predictor(self.run_id, which)
            self.predictor.features = self._known
        else:
            self.predictor.update(store.weights(self.run_id, which))
