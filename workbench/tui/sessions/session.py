"""The one thing between the screen and the engine: a run's events, and what its network says about real rows.

Everything here runs in worker threads; nothing here knows of widgets.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.events import Ended, EpochEnded, Event, Preparing, Started, Status
from engine.experiment.model import Data, Experiment
from engine.prediction.answers import HeldOut, Predictions, Samples
from workbench.tui.sessions.text_search import phrases, texts_with

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.events import Recorded
    from engine.features import Encoded, Features
    from engine.prediction.predictor import Explanation, Predictor
    from engine.prediction.samples import Sample
    from engine.runs import RunRecord, RunStore
    from engine.training.run import Run, Weights

Result = TypeVar("Result")

WATCHED = 20
"""How many held-out rows are predicted, decoded and shown after every epoch."""

HELD_OUT_SHARE = 0.1
"""How long predicting more of the held-out rows may take after an epoch, as a share of the epoch's own time."""

HELD_OUT_SECONDS = 0.2
"""The longest it may take."""

HELD_OUT_ROWS = 10_000
"""How many of them at most; as many with the best epoch's weights, once the run has ended."""

PROBE_ROWS = 512
"""How many of them at least, and in the first epoch, to measure what they cost."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A data set, how a network reads it, and its rows as a network reads them."""

    dataset: Dataset
    features: Features
    rows: Encoded


class DataShelf:
    """The data set read last, so that reading the screen, running and running again read it once.

    ``pool`` keeps compiled networks: an estimate and the run after it, and runs of the same form, share one.
    """

    def __init__(self) -> None:
        from engine.network.network_pool import Pool

        self.pool = Pool()
        self._stage: Preparing | None = None
        self._lock = threading.Lock()
        self._held: tuple[tuple[Data, int], Ready] | None = None

    def get(self, experiment: Experiment) -> Generator[Preparing, None, Ready]:
        """The experiment's data, its features fitted on the training rows. Raises DataError.

        Waits, passing on its progress, while another thread reads.
        """
        while not self._lock.acquire(timeout=0.1):
            yield self._stage or Preparing("reading data")
        try:
            wanted = (experiment.data, experiment.seed)
            if self._held is None or self._held[0] != wanted:
                self._held = None
                ready = yield from self._read(experiment)
                self._held = (wanted, ready)
            return self._held[1]
        finally:
            self._stage = None
            self._lock.release()

    def _read(self, experiment: Experiment) -> Generator[Preparing, None, Ready]:
        from engine import datasets, features

        data = experiment.data
        dataset = yield from self._told(datasets.load(data, experiment.seed))
        fitted = yield from self._told(features.fit(dataset, data, dataset.split.train))
        return Ready(dataset, fitted, (yield from self._told(fitted.encode_all(dataset))))

    def _told(self, steps: Generator[Preparing, None, Result]) -> Generator[Preparing, None, Result]:
        while True:
            try:
                self._stage = next(steps)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            yield self._stage


class Watch:
    """A network asked about held-out rows: what training sessions and stored runs have in common."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.dataset: Dataset | None = None
        self.features: Features | None = None
        self.predictor: Predictor | None = None
        self._samples: tuple[Sample, ...] = ()
        self._labels: tuple[str, ...] = ()
        self._outputs: NDArray[np.float32] | None = None
        self._row_seconds: float | None = None

    def explain(self, ids: NDArray[Any]) -> Explanation:
        """What the network says about a row now, and each word's part in it."""
        return self._asked.explain(ids)

    def explain_text(self, text: str) -> Explanation:
        """The same for a text of one's own."""
        return self._asked.explain_text(text)

    def ids(self, text: str) -> NDArray[np.int32]:
        """The word ids that a text becomes."""
        return self._known.ids(text)

    def sample(self, row: int) -> Sample:
        """A row of the data set, ready to be shown."""
        from engine.prediction.samples import sample

        assert self.dataset is not None
        return sample(self.dataset, self._known, row)

    def rows_with(self, word: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of ``rows`` whose text has every word of ``word``; words in quotes follow one another."""
        from engine.datasets.ragged import Ragged

        assert self.dataset is not None
        if not isinstance(self.dataset.rows, Ragged):
            return rows[:0]
        found = rows
        for phrase in phrases(word):
            wanted = self._known.ids(phrase)[1:]
            if not len(wanted) or (wanted <= 2).any():
                return rows[:0]
            found = found[texts_with(self.dataset.rows.take(found), wanted)]
        return found

    def samples(self) -> Samples:
        """The rows to watch, from the data and features that are there by now."""
        from engine.prediction.samples import samples

        assert self.dataset is not None
        data = self.dataset
        self._samples = samples(data, self._known, WATCHED)
        split = "test" if len(data.split.test) else "validation"
        return Samples(
            self._samples, data.facts, data.title, data.kind, data.task, data.labels, split, data.target
        )

    def predictions(self, epoch: int, best: bool = False) -> Predictions:
        """What the network says about them now."""
        found = self._asked.predict(self._samples)
        labels = tuple(prediction.label for prediction in found)
        before = self._labels or labels
        self._labels = labels
        flipped = tuple(now != then for now, then in zip(labels, before, strict=True))
        return Predictions(epoch, found, flipped, best)

    def held_out(self, epoch: int, seconds: float) -> HeldOut | None:
        """What the network says about as many held-out rows as fit into the time of an epoch that took
        ``seconds``; None without such rows."""
        assert self.dataset is not None
        if self._row_seconds is None:
            count = PROBE_ROWS
        else:
            budget = min(HELD_OUT_SHARE * seconds, HELD_OUT_SECONDS)
            count = int(budget / self._row_seconds) // PROBE_ROWS * PROBE_ROWS
        began = time.monotonic()
        found = self.held_out_rows(epoch, min(max(count, PROBE_ROWS), HELD_OUT_ROWS))
        if found and epoch > 1:  # the first time includes tracing
            self._row_seconds = (time.monotonic() - began) / len(found.rows)
        return found

    def held_out_rows(
        self, epoch: int, count: int = HELD_OUT_ROWS, flips: bool = True, tested: bool = False
    ) -> HeldOut | None:
        """What the network says about the first ``count`` validation rows; None where there are none.

        Test rows are looked at once: they stand in for validation rows only when they have been ``tested``.
        ``flips`` false: these weights are not those after the last ones, and nothing has flipped since.
        """
        from engine.datasets.dataset import take

        assert self.dataset is not None
        split = self.dataset.split
        name, rows = "validation", split.validation
        if tested and not len(rows):
            name, rows = "test", split.test
        if not len(rows):
            return None
        chosen = rows[:count]
        outputs = self._asked.outputs(take(self.dataset.rows, chosen))
        before, self._outputs = self._outputs if flips else None, outputs
        if before is not None:  # rows that were not looked at have not flipped
            before = np.concatenate([before[:count], outputs[len(before) :]])
        targets = np.asarray(self.dataset.targets)[chosen]
        return HeldOut(epoch, name, chosen, targets, outputs, before, len(rows))

    @property
    def _asked(self) -> Predictor:
        if self.predictor is None:
            raise DataError("there is no network to ask yet: run the experiment first")
        return self.predictor

    @property
    def _known(self) -> Features:
        if self.features is None:
            raise DataError("the data is not ready yet")
        return self.features


Begin = Callable[["RunStore"], "tuple[Run, Generator[Recorded | Event, None, None]]"]
"""How a run begins: makes the Run and its recorded stream. Raises StoreError."""


class TrainingSession(Watch):
    """A run in this process, recorded in the store from its first moment."""

    past = False

    def __init__(
        self, experiment: Experiment, begin: Begin, store: Callable[[], RunStore], shelf: DataShelf
    ) -> None:
        super().__init__(experiment)
        self._begin = begin
        self._store = store
        self._shelf = shelf
        self._run_id = ""
        self._interrupted = False

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """Read the data, then train, predicting after every epoch."""
        from engine.events import Recorded

        began, event = time.monotonic(), None
        yield Preparing("opening the run store")
        run, events = self._begin(self._store())
        with closing(events), self._leaving(events):
            self.experiment = run.experiment
            for event in events:
                yield event
                if stop.is_set():
                    break
                if isinstance(event, Recorded):
                    self._run_id = event.run
                    yield from self._make_ready(run)
                yield from self._after(event, run)
        if not isinstance(event, Ended):
            yield Ended(Status.STOPPED, run.best_epoch, time.monotonic() - began)
        if run.best_epoch:
            self._ask_with(run, run.checkpoint().best)
            yield self.predictions(run.best_epoch, best=True)
            if not stop.is_set() and (
                held_out := self.held_out_rows(run.best_epoch, flips=False, tested=run.test)
            ):
                yield held_out
        run.release()

    @contextmanager
    def _leaving(self, events: Generator[Any, None, None]) -> Iterator[None]:
        """Leave the stream, at whatever event, as interrupted where it is."""
        from engine.runs.records import Interrupted

        try:
            yield
        finally:
            if self._interrupted:
                with suppress(Interrupted, StopIteration):
                    events.throw(Interrupted())

    def hold(self, paused: bool) -> None:
        """Let other processes see that the run waits, or goes on."""
        if self._run_id:
            self._store().set_paused(self._run_id, paused)

    def stop_asked(self) -> bool:
        """Whether another process asked the run to stop while it waits."""
        return bool(self._run_id) and self._store().stop_requested(self._run_id)

    def interrupt(self) -> None:
        """Leave the run to be resumed once it is stopped."""
        self._interrupted = True

    def detach(self) -> None:
        """Let the run, stopped here, go on in a process of its own."""
        from engine.runs.detached import resume_detached

        resume_detached(self._run_id, store=self._store())

    def _make_ready(self, run: Run) -> Iterator[Preparing]:
        """Give the run what is there already; what cannot be read it will meet itself, and record."""
        run.pool = self._shelf.pool
        with suppress(DataError):
            ready = yield from self._shelf.get(run.experiment)
            run.dataset = ready.dataset
            if not run.retrain:
                run.prepared = (ready.features, ready.rows)

    def _after(self, event: object, run: Run) -> Iterator[EpochEnded | Samples | Predictions | HeldOut]:
        if isinstance(event, Started):
            self.dataset, self.features = run.dataset, run.features
            yield from run.resume.epochs if run.resume else ()
            yield self.samples()
        elif isinstance(event, EpochEnded):
            self._ask_with(run, run.network.weights())
            yield self.predictions(event.epoch)
            if held_out := self.held_out(event.epoch, event.seconds):
                yield held_out

    def _ask_with(self, run: Run, weights: Weights) -> None:
        """Answer with these weights from now on."""
        from engine.prediction.predictor import Predictor

        if self.predictor is None:
            self.predictor = Predictor(run.experiment, run.features, weights)
        else:
            self.predictor.update(weights)


class StoredSession(Watch):
    """A run of the store, ended or going on in another process: looked at, not trained."""

    def __init__(self, record: RunRecord, store: Callable[[], RunStore], shelf: DataShelf) -> None:
        super().__init__(record.experiment)
        self.run_id = record.id
        self.past = record.status.ended
        self._store = store
        self._shelf = shelf

    def events(self, stop: threading.Event) -> Iterator[Any]:
        """What is stored of the run, then what happens to it; leaving lets it go on."""
        store = self._store()
        self.dataset = (yield from self._shelf.get(self.experiment)).dataset
        for event in store.follow(self.run_id):
            yield event
            if stop.is_set():
                return
            if isinstance(event, Started):
                self.features = store.features(self.run_id).on(self.dataset)
                yield self.samples()
            elif isinstance(event, EpochEnded):
                yield from self._look(store, event)

    def hold(self, paused: bool) -> None:
        """Nothing: the run is another process's."""

    def stop_asked(self) -> bool:
        """Never: the run is another process's."""
        return False

    def interrupt(self) -> None:
        """Nothing: the run is another process's."""

    def detach(self) -> None:
        """Nothing: the run is another process's already."""

    def _look(self, store: RunStore, ended: EpochEnded) -> Iterator[Predictions | HeldOut]:
        """The predictions of the epoch that was saved last, where that is this one."""
        record = store.get(self.run_id)
        if not record.epochs or record.epochs[-1].epoch != ended.epoch:
            return
        best = record.status.ended
        if self.predictor is None:
            self.predictor = store.predictor(self.run_id, "best" if best else "last")
            self.predictor.features = self._known
        else:
            self.predictor.update(store.weights(self.run_id, "best" if best else "last"))
        shown = (record.best_epoch or ended.epoch) if best else ended.epoch
        yield self.predictions(shown, best)
        tested = record.test is not None
        found = self.held_out_rows(shown, tested=tested) if best else self.held_out(shown, ended.seconds)
        if found:
            yield found
