"""Recording of a run: every epoch is saved to disk before its event is passed on."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, StoreError
from engine.events import (
    DataFacts,
    Ended,
    EpochEnded,
    Event,
    Preparing,
    Progress,
    Recorded,
    Started,
    Status,
    Tested,
)
from engine.runs.records import PEAK, Interrupted
from engine.runs.run_folder import State
from engine.system.memory_use import resident

if TYPE_CHECKING:
    from engine.runs.ledger import Ledger
    from engine.training.run import Checkpoint, Fitted

    Recordable = Event | Fitted | Checkpoint

PROGRESS_SECONDS = 0.2
"""Seconds between two updates of the progress that other processes read."""


REASON_CHARACTERS = 300
"""Maximum length of the reason of a run's end in its row; the run's log has the full text."""


def recorded(
    ledger: Ledger, run_id: str, stream: Generator[Recordable, None, None], handle: int
) -> Generator[Recorded | Event, None, None]:
    """Store the items of ``Run.recordable`` and yield the run's events, each after it was saved.

    ``handle`` is the run's lock; it is closed at the end.

    Closing the generator stops the run; throwing Interrupted into it leaves the run to be resumed. If saving
    fails, as on a full disk, the run ends as failed and keeps what was saved before.
    """
    recorder = _Recorder(ledger, run_id, handle)
    try:
        yield Recorded(run_id)
        yield from _until_stop_requested(recorder, stream)
    except Interrupted:
        return
    except GeneratorExit:
        recorder.close(Status.STOPPED, "stopped")
        raise
    except EngineError as error:
        yield recorder.close(Status.FAILED, str(error))
    except KeyboardInterrupt:
        recorder.close(Status.STOPPED, "interrupted from the keyboard")
        raise
    except BaseException as error:
        recorder.close(Status.FAILED, f"unexpected {type(error).__name__}: {error}")
        raise
    finally:
        stream.close()
        os.close(handle)


def progress_values(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the columns of a run's row that summarise its ended epochs."""
    ended, best = checkpoint.epochs, checkpoint.best_epoch
    return {
        "epochs": len(ended),
        "best_epoch": best,
        "best": dict(ended[best - 1].logs),
        "seconds_train": float(sum(one.seconds for one in ended)),
    }


def _until_stop_requested(
    recorder: _Recorder, stream: Generator[Recordable, None, None]
) -> Generator[Event, None, None]:
    with closing(_saved(recorder, stream)) as events:
        for event in events:
            yield event
            if not isinstance(event, Ended) and recorder.folder.stop_asked:
                stream.close()
                yield recorder.close(Status.STOPPED, "stopped on request")
                return


def _saved(recorder: _Recorder, stream: Generator[Recordable, None, None]) -> Generator[Event, None, None]:
    """Save the items of a run and yield its events, each after it was saved.

    An epoch is saved in a thread while the next one trains. Until that is done, the next epoch's progress is
    dropped and its end is held back, so no save is pending when an event is yielded.
    """
    from engine.training.run import Checkpoint, Fitted

    checkpoint: Checkpoint | None = None
    saving: Future[EpochEnded] | None = None
    with ThreadPoolExecutor(1) as writer:
        for item in stream:
            if saving is not None:
                if isinstance(item, Progress) and item.samples < item.total_samples and not saving.done():
                    continue
                yield saving.result()
                saving = None
            if isinstance(item, Fitted):
                recorder.keep_features(item)
            elif isinstance(item, Checkpoint):
                checkpoint = item
            elif isinstance(item, EpochEnded):
                assert checkpoint is not None
                saving = writer.submit(recorder.keep_epoch, item, checkpoint)
            else:
                recorder.note(item)
                yield item


class _Recorder:
    """Writes a run's events to its row and folder."""

    def __init__(self, ledger: Ledger, run_id: str, handle: int) -> None:
        self.folder = ledger.folder(run_id)
        self._ledger = ledger
        self._run_id = run_id
        self._facts: DataFacts | None = None
        self._best_epoch: int | None = None
        self._handle = handle
        self._began = time.monotonic()
        self._told = 0.0
        self._status = Status.QUEUED
        self._ended: Ended | None = None
        self._peak = 0.0

    def keep_features(self, fitted: Fitted) -> None:
        """Save the run's fitted features."""
        self.folder.check_held(self._handle)
        self.folder.write_features(fitted.features.to_json())

    def keep_epoch(self, ended: EpochEnded, checkpoint: Checkpoint) -> EpochEnded:
        """Save an ended epoch: first the state at its end, which is valid once the epoch is in the database."""
        assert checkpoint.epoch == ended.epoch
        best = checkpoint.best_epoch
        self.folder.check_held(self._handle)
        self.folder.save(State(ended, best, checkpoint.weights, checkpoint.optimizer))
        self.folder.check_held(self._handle)
        self._status, self._best_epoch = Status.TRAINING, best
        self._ledger.add_epoch(self._run_id, ended, progress_values(checkpoint) | {"status": self._status})
        self.folder.keep(ended.epoch, best)
        return ended

    def note(self, event: Event) -> None:
        """Save the content of an event; raises EngineError with the file's name if that fails."""
        self._peak = max(self._peak, resident() or 0.0)
        if not isinstance(event, Preparing | Progress):
            self.folder.check_held(self._handle)
        match event:
            case Preparing() | Progress():
                self._progress(event)
            case Started():
                self._started(event)
            case Tested():
                assert self._facts is not None
                self._ledger.add_test_evaluation(self._run_id, self._facts, event.scores)
            case Ended():
                self._end(event)

    def close(self, status: Status, reason: str) -> Ended:
        """End a run that did not end by itself, as far as the disk allows; return its Ended event."""
        if self._ended is None:
            ended = Ended(status, self._best_epoch, time.monotonic() - self._began, reason)
            with suppress(EngineError):  # the run then counts as interrupted, which is also correct
                self._end(ended)
            self._ended = ended
        return self._ended

    def _progress(self, event: Preparing | Progress) -> None:
        self._enter(Status.PREPARING if isinstance(event, Preparing) else Status.TRAINING)
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self.folder.write_progress(event)

    def _enter(self, status: Status) -> None:
        if self._status is not status:
            self._status = status
            self._ledger.change(self._run_id, {"status": status})

    def _started(self, event: Started) -> None:
        record, facts = self._ledger.get(self._run_id), asdict(event.data)
        if record.data is not None:
            self._check_same(asdict(record.data), facts)
        self._facts, self._best_epoch = event.data, record.best_epoch
        self._status = Status.TRAINING
        values = {"data": facts, "parameters": event.parameters, "baselines": dict(event.baselines)}
        seconds = record.seconds_prepare + event.seconds
        self._ledger.change(self._run_id, values | {"status": self._status, "seconds_prepare": seconds})

    def _check_same(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        changed = [name for name in now if name != "source" and before[name] != now[name]]
        if changed:
            was = ", ".join(f"{name} was {before[name]}, is {now[name]}" for name in changed)
            raise StoreError(f"run {self._run_id} cannot continue: its data has changed since ({was})")

    def _brief(self, reason: str | None) -> str | None:
        """Shorten a reason to one line; the full text is added to the run's log."""
        brief = reason and reason.strip().partition("\n")[0].rstrip()[:REASON_CHARACTERS]
        if reason and brief != reason:
            self.folder.log(reason)
        return brief

    def _end(self, event: Ended) -> None:
        values = {"status": event.status, "reason": self._brief(event.reason), "machine": self._machine()}
        self._ledger.change(self._run_id, values)
        self._ended = event
        with suppress(EngineError):  # disk full: the optimiser's variables stay in the files
            self._tidy(event.status)

    def _machine(self) -> dict[str, str]:
        """Return the run's machine, with the peak memory of its process."""
        known = dict(self._ledger.get(self._run_id).machine)
        peak = max(self._peak, float(known.get(PEAK, 0)))
        return known | ({PEAK: f"{peak:.0f}"} if peak else {})

    def _tidy(self, status: Status) -> None:
        self.folder.clear()
        if status is Status.FINISHED:
            self.folder.drop_optimizer()
        with suppress(EngineError):  # a checkpoint is not needed for safety
            self._ledger.database.settle()
