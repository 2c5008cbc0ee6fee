"""The run store: experiments, curves and models, kept on disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from engine.errors import StoreError
from engine.events import EpochEnded, Status
from engine.runs.following import Events, followed
from engine.runs.recording import progress_values, recorded
from engine.runs.records import INTERRUPTED, RunRecord, RunSummary
from engine.runs.run_folder import RunFolder, State

if TYPE_CHECKING:
    from engine.features import Features
    from engine.prediction.predictor import Predictor
    from engine.runs.run_folder import Weights
    from engine.training.run import Checkpoint, Run

LONGEST_NAME = 200
"""Maximum length of the name of a run, as of an experiment."""

PURGE_SECONDS = 24 * 3600
"""Seconds for which a deleted run can be restored unless it is purged by name."""


class RunStore:
    """Runs in a database with their models in folders beside it; safe for any number of threads and processes.

    The guarantees, tested by one contract for all databases:

    - A run is in the store once its data is loaded; a run's number is never assigned to another.
    - An epoch is in the store, with everything needed to resume from it, before its event is passed on.
    - However a process ends, the store can be opened afterwards, and its run counts as stopped and can be resumed.
    - Anything unreadable raises StoreError with the file's name; everything else stays readable.

    ``url`` is a SQLAlchemy database URL; by default WORKBENCH_DB, or SQLite's ``runs.db`` in the home folder. If a
    database server takes long to answer, ``waiting`` is called with a message from another thread.
    """

    def __init__(self, url: str | None = None, waiting: Callable[[str], object] | None = None) -> None:
        from engine.runs.ledger import Ledger

        self._ledger = Ledger(url, waiting)

    @property
    def url(self) -> str:
        """The path or URL that opens this store again; a URL includes the password."""
        return self._ledger.database.address

    def folder(self, run_id: str) -> RunFolder:
        """Return a run's folder."""
        return self._ledger.folder(run_id)

    def close(self) -> None:
        """Close the database's connections."""
        self._ledger.database.close()

    # Recording

    def record(
        self, run: Run, *, parent: str | None = None, kind: str | None = None, group: str | None = None
    ) -> Events:
        """Train a run and store it: load its data, yield Recorded, then the run's events, each after it was saved.

        Raises DataError for data that cannot be read; no run is stored then. Closing the generator stops the run.
        ``parent`` is the run that it was derived from, ``kind`` "train" or "retrain" (by default what the run
        does), ``group`` the id shared by repetitions of one run.
        """
        yield from run.read()
        run_id, handle = self.reserve(run, parent=parent, kind=kind, group=group)
        yield from recorded(self._ledger, run_id, run.recordable(), handle)

    def reserve(
        self, run: Run, *, parent: str | None = None, kind: str | None = None, group: str | None = None
    ) -> tuple[str, int]:
        """Add a run to be trained later; return its number and its lock, an open descriptor.

        The options are those of :meth:`record`. While the lock is open, here or in a process that inherited it,
        the run is queued and no other process can own it.
        """
        return self._ledger.add(run, self.own, parent, kind, group)

    def own(self, run_id: str) -> int:
        """Take a run's lock and return its descriptor; raises StoreError if another process owns the run."""
        folder = self.folder(run_id)
        handle = folder.own()
        if handle is None:
            raise StoreError(f"run {run_id} is running in another process: stop it first, or attach to it")
        folder.clear()
        return handle

    def resume(self, run_id: str, run: Run | None = None, handle: int | None = None) -> Events:
        """Resume a run that stopped early from its last ended epoch; yields the same stream as :meth:`record`.

        Curves and weights are those of an uninterrupted run. Pass ``run``, the result of :meth:`again`, if the Run
        itself is needed, and ``handle`` if the run's lock was already taken. Raises StoreError if the run is
        running or has finished.
        """
        self.get(run_id)
        handle = self.own(run_id) if handle is None else handle
        try:
            run = run or self.again(run_id)
            self._ledger.reopen(run_id, *_resumed(run.resume))
        except BaseException:
            os.close(handle)
            raise
        yield from recorded(self._ledger, run_id, run.recordable(), handle)

    def again(self, run_id: str, **given: Any) -> Run:
        """Build the Run that resumes a stored run.

        ``given`` are options of Run that save work (``dataset``, ``prepared``, ``pool``). Raises StoreError if the
        run has finished.
        """
        from engine.training.run import Run

        record = self.get(run_id)
        if record.status is Status.FINISHED:
            raise StoreError(f"run {run_id} has finished: there is nothing to resume")
        saved = self.folder(run_id).saved()
        return Run(
            record.experiment,
            retrain=record.kind == "retrain",
            resume=self.checkpoint(run_id) if saved else None,
            test=record.options.get("test", False),
            evaluate_training=record.options.get("evaluate_training", False),
            **given,
        )

    def retraining(self, run_id: str, epochs: int | None = None, **given: Any) -> Run:
        """Build a Run that retrains a stored run on its training and validation samples and then tests it once.

        It trains for as many epochs as the stored run's best epoch, or for ``epochs``. Record it with the stored
        run as ``parent``. ``given`` are options of Run that save work (``dataset``, ``pool``).
        """
        from engine.experiment.setting_paths import with_settings
        from engine.training.run import Run

        record = self.get(run_id)
        count = epochs or record.best_epoch
        if count is None:
            raise StoreError(f"run {run_id} has no ended epoch yet: say for how many epochs to retrain")
        changes = {"training.epochs": count, "training.early_stopping": None}
        return Run(with_settings(record.experiment, changes), retrain=True, test=True, **given)

    def follow(self, run_id: str) -> Events:
        """Yield the past and future events of a run trained by any process, until Ended.

        Leaving the loop does not stop the run. There is an event at least every quarter of a second.
        """
        return followed(run_id, self.folder(run_id), lambda after: self._ledger.get(run_id, after))

    def set_paused(self, run_id: str, paused: bool) -> None:
        """Publish whether a run is paused; called by the process that trains it. Ended runs are not changed."""
        if not self.get(run_id).status.ended:
            self._ledger.change(run_id, {"status": Status.PAUSED if paused else Status.TRAINING})

    def request_stop(self, run_id: str) -> None:
        """Ask the process that trains a run to stop after the current step; raises StoreError if there is none."""
        if not self.get(run_id).owned:
            raise StoreError(f"run {run_id} is not running")
        self.folder(run_id).ask_stop()

    def stop_requested(self, run_id: str) -> bool:
        """Whether a process asked a run to stop; to be checked while the run is paused."""
        return self.folder(run_id).stop_asked

    # Reading

    def summaries(self, deleted: bool = False) -> list[RunSummary]:
        """Return all runs, newest first; with ``deleted`` those that are deleted but not yet purged."""
        return self._ledger.summaries(deleted)

    def news(self, known: Iterable[RunSummary]) -> list[RunSummary]:
        """Return the runs added, changed or deleted since ``known`` were read, and all that are running."""
        return self._ledger.news(max((run.revision for run in known), default=0))

    def unfinished(self) -> list[RunSummary]:
        """Return the runs that are running or were interrupted, newest first."""
        return self._ledger.summaries(unfinished=True)

    def interrupted(self) -> list[RunSummary]:
        """Return the runs whose process disappeared before they ended, newest first."""
        return [summary for summary in self.unfinished() if summary.interrupted]

    def leave(self, *run_ids: str) -> None:
        """Mark interrupted runs as stopped, so that :meth:`interrupted` omits them; they can still be resumed.

        Raises StoreError if another process is taking one of them.
        """
        for run_id in run_ids:
            if not self.get(run_id).interrupted:
                continue
            handle = self.own(run_id)
            try:
                if not self.get(run_id).status.ended:
                    self._ledger.change(run_id, {"status": Status.STOPPED, "reason": INTERRUPTED})
            finally:
                os.close(handle)

    def get(self, run_id: str) -> RunRecord:
        """Return a run with its curves; raises StoreError if it does not exist."""
        return self._ledger.get(run_id)

    def checkpoint(self, run_id: str) -> Checkpoint:
        """Return the state at the end of a run's last ended epoch, for resuming."""
        from engine.training.run import Checkpoint

        last = self._last_whole(run_id)
        best = last if last.best_epoch == last.ended.epoch else self.folder(run_id).load(last.best_epoch)
        earlier = self._ledger.epochs(run_id, last.ended.epoch - 1)
        epochs = (*earlier, last.ended)
        return Checkpoint(last.ended.epoch, last.weights, last.optimizer, epochs, best.weights, last.best_epoch)

    def weights(self, run_id: str, which: str = "best") -> Weights:
        """Return a run's weights in Keras's order, from its "best" or "last" epoch."""
        return self._state(run_id, which).weights

    def features(self, run_id: str) -> Features:
        """Return the features fitted for a run."""
        from engine import features

        self.get(run_id)
        return features.from_json(self.folder(run_id).read_features())

    def predictor(self, run_id: str, which: str = "best") -> Predictor:
        """Return a predictor with a run's weights from its "best" or "last" epoch; its threshold is 0.5."""
        from engine.prediction.predictor import Predictor

        weights = self.weights(run_id, which)
        return Predictor(self.get(run_id).experiment, self.features(run_id), weights)

    def count_test_read(self, dataset: str, digest: str) -> None:
        """Count a read of a data set's test labels that does not belong to a run, such as an audit's."""
        self._ledger.add_read(dataset, digest)

    def test_evaluations(self, dataset: str, digest: str) -> int:
        """Return how often a data set's test samples were evaluated by any run, deleted runs included."""
        return self._ledger.test_evaluations(dataset, digest)

    def check(self) -> list[str]:
        """Read all rows and models; return one line for each damage."""
        database = self._ledger.database
        found = [f"{database.name}: {problem}"] if (problem := database.check()) else []
        found += self._ledger.damaged_evaluations()
        for summary in self.summaries():
            if summary.damaged:
                found.append(f"run {summary.id} in {database.name} is damaged: {summary.damaged}")
            if not summary.number:
                continue
            folder = self.folder(summary.id)
            for epoch in folder.saved():
                try:
                    folder.load(epoch)
                except StoreError as error:
                    if epoch in folder.saved():  # otherwise a running run has replaced it by a later one
                        found.append(str(error))
        return found

    # Editing

    def rename(self, run_id: str, name: str) -> None:
        """Rename a run."""
        if not name.strip():
            raise StoreError("a run's name cannot be empty")
        if len(name.strip()) > LONGEST_NAME:
            raise StoreError(f"a run's name has {LONGEST_NAME} characters at most")
        self._ledger.change(run_id, {"name": _sound_text(name.strip())})

    def tag(self, run_id: str, tags: Iterable[str]) -> None:
        """Replace a run's tags."""
        kept = dict.fromkeys(_sound_text(tag.strip()) for tag in tags if tag.strip())
        self._ledger.change(run_id, {"tags": list(kept)})

    def note(self, run_id: str, note: str) -> None:
        """Replace a run's note; it may have any length."""
        self._ledger.change(run_id, {"note": _sound_text(note)})

    def delete(self, run_id: str) -> None:
        """Delete a run; :meth:`restore` undoes this until the run is purged."""
        self._ledger.set_deleted(run_id, time.time())

    def restore(self, run_id: str) -> None:
        """Restore a deleted run."""
        self._ledger.set_deleted(run_id, None)

    def purge(self, *run_ids: str) -> tuple[str, ...]:
        """Permanently remove deleted runs with their models: these, or all that were deleted more than a day ago.

        Returns the removed runs; runs that are not deleted are left alone.
        """
        removed = self._ledger.purge(run_ids, time.time() - PURGE_SECONDS)
        for run_id in removed:
            self.folder(run_id).remove()
        return tuple(removed)

    # Inside

    def _last_whole(self, run_id: str) -> State:
        """Return the state of the last epoch with a valid file and a curve; raises StoreError if there is none."""
        folder, known = self.folder(run_id), self.get(run_id).epochs_done + 1
        self._check_saved(run_id)
        problem: StoreError | None = None
        for epoch in reversed(folder.saved()):
            if epoch > known:
                continue
            try:
                return folder.load(epoch)
            except StoreError as error:
                problem = problem or error
        raise problem or StoreError(f"run {run_id} cannot be resumed: its epochs from {known} on were lost")

    def _state(self, run_id: str, which: str) -> State:
        folder = self.folder(run_id)
        saved = self._check_saved(run_id)
        epoch = saved[-1] if which == "last" else self.get(run_id).best_epoch or saved[0]
        try:
            return folder.load(epoch)
        except StoreError:
            if folder.saved() == saved:
                raise
            return self._state(run_id, which)  # a running run has replaced it by a later one

    def _check_saved(self, run_id: str) -> list[int]:
        """Return the epochs with saved models; raises StoreError if there is none."""
        folder = self.folder(run_id)
        saved = folder.saved()
        if not saved and self.get(run_id).epochs_done:
            raise StoreError(f"the models of run {run_id} are gone from {folder.path}")
        if not saved:
            raise StoreError(f"run {run_id} has no model: it ended before its first epoch did")
        return saved


def _resumed(checkpoint: Checkpoint | None) -> tuple[tuple[EpochEnded, ...], dict[str, Any]]:
    """Return the epochs that a resumed run starts with and the columns of its row that summarise them."""
    if checkpoint is None:
        return (), {"epochs": 0, "best_epoch": None, "best": None, "seconds_train": 0.0}
    return checkpoint.epochs, progress_values(checkpoint)


def _sound_text(text: str) -> str:
    """Replace characters that not every database can store, such as undecodable input from a terminal."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
