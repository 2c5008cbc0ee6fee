"""The run store: every experiment, curve and model, kept through anything."""

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
"""Characters of a run's name at most, as of an experiment's."""

PURGE_SECONDS = 24 * 3600
"""How long a deleted run can be brought back where nobody purges it by name."""


class RunStore:
    """Runs in a database, their models in folders beside it; any number of threads and processes may use it.

    The contract, which one test suite states:

    - A run is in the store once its data is there; a run's number is never given to another.
    - An epoch is in the store, with all that is needed to resume from it, before its event is passed on.
    - Whatever ends a process, the store opens afterwards, and its run counts as stopped and can be resumed.
    - What cannot be read raises StoreError, which names the file; everything else stays readable.

    ``url`` is a SQLAlchemy database URL; by default WORKBENCH_DB, or SQLite's ``runs.db`` in the home folder.
    ``waiting`` is called with a message, in another thread, where a database server takes long to answer.
    """

    def __init__(self, url: str | None = None, waiting: Callable[[str], object] | None = None) -> None:
        from engine.runs.ledger import Ledger

        self._ledger = Ledger(url, waiting)

    @property
    def url(self) -> str:
        """What opens this store again: the path of its file, or the server's URL, its password included."""
        return self._ledger.database.address

    def folder(self, run_id: str) -> RunFolder:
        """A run's files."""
        return self._ledger.folder(run_id)

    def close(self) -> None:
        """Close the database's connections."""
        self._ledger.database.close()

    # Recording

    def record(
        self, run: Run, *, parent: str | None = None, kind: str | None = None, group: str | None = None
    ) -> Events:
        """Train a run and keep it: its data is read, then comes Recorded, then its events, each once it is saved.

        Data that cannot be read raises DataError and leaves no run behind. Closing the generator stops the run.
        ``parent`` is the run it was made from, ``kind`` "train" or "retrain" (by default what the run does),
        ``group`` what the runs of one repetition share.
        """
        yield from run.read()
        run_id, handle = self.reserve(run, parent=parent, kind=kind, group=group)
        yield from recorded(self._ledger, run_id, run.recordable(), handle)

    def reserve(
        self, run: Run, *, parent: str | None = None, kind: str | None = None, group: str | None = None
    ) -> tuple[str, int]:
        """Put a run into the store, to be trained later; returns its number and its lock, an open descriptor.

        The options are those of :meth:`record`. While the lock is open, here or in a process that inherited it,
        the run is queued and nobody else can have it.
        """
        return self._ledger.add(run, self.own, parent, kind, group)

    def own(self, run_id: str) -> int:
        """Take a stored run's lock, an open descriptor; StoreError where another process has it."""
        folder = self.folder(run_id)
        handle = folder.own()
        if handle is None:
            raise StoreError(f"run {run_id} is going on in another process: stop it first, or attach to it")
        folder.clear()
        return handle

    def resume(self, run_id: str, run: Run | None = None, handle: int | None = None) -> Events:
        """Resume a run that stopped early, from its last ended epoch; the same stream as :meth:`record`.

        ``run`` is what :meth:`again` made of it, for a caller that needs the Run at hand; ``handle`` the run's
        lock, for one that has it. The curves and weights are those of an uninterrupted run. Raises StoreError
        where the run is going on or has finished.
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
        """The Run that resumes a stored one; ``given`` are options of Run that spare it work (``dataset``,
        ``prepared``, ``pool``)."""
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
        """A fresh Run on a stored one's training and validation samples for its best epoch's count (or
        ``epochs``), which is then tested, once; to be recorded with the stored one as parent.

        ``given`` are options of Run that spare it work (``dataset``, ``pool``).
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
        """Attach to a run, whichever process trains it: its events up to now, then those to come, until Ended.

        Leaving the loop leaves the run going. An event comes every quarter of a second at least.
        """
        return followed(run_id, self.folder(run_id), lambda after: self._ledger.get(run_id, after))

    def set_paused(self, run_id: str, paused: bool) -> None:
        """Let others see that a run waits, or goes on; whoever trains it says so. An ended run stays ended."""
        if not self.get(run_id).status.ended:
            self._ledger.change(run_id, {"status": Status.PAUSED if paused else Status.TRAINING})

    def request_stop(self, run_id: str) -> None:
        """Ask the process that trains a run to stop it after the current step; StoreError if none does."""
        if not self.get(run_id).going:
            raise StoreError(f"run {run_id} is not going on")
        self.folder(run_id).ask_stop()

    def stop_requested(self, run_id: str) -> bool:
        """Whether somebody asked a run to stop: for whoever holds it paused."""
        return self.folder(run_id).stop_asked

    # Reading

    def summaries(self, deleted: bool = False) -> list[RunSummary]:
        """All runs, the newest first; or all those deleted and not yet purged."""
        return self._ledger.summaries(deleted)

    def news(self, known: Iterable[RunSummary]) -> list[RunSummary]:
        """What has happened since ``known`` were read: new and changed runs, the deleted among them, and those
        that go on."""
        return self._ledger.news(max((run.revision for run in known), default=0))

    def unfinished(self) -> list[RunSummary]:
        """The runs that go on, and those whose process went away before they ended; the newest first."""
        return self._ledger.summaries(unfinished=True)

    def interrupted(self) -> list[RunSummary]:
        """Those of :meth:`unfinished` whose process went away."""
        return [summary for summary in self.unfinished() if summary.interrupted]

    def leave(self, *run_ids: str) -> None:
        """Take interrupted runs as stopped: :meth:`interrupted` tells of them no more, resuming them is as before.

        Raises StoreError for one that another process takes at this moment.
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
        """A run with its curves; StoreError where there is none of this number."""
        return self._ledger.get(run_id)

    def checkpoint(self, run_id: str) -> Checkpoint:
        """The state at the end of a run's last ended epoch, to resume from."""
        from engine.training.run import Checkpoint

        last = self._last_whole(run_id)
        best = last if last.best_epoch == last.ended.epoch else self.folder(run_id).load(last.best_epoch)
        earlier = self._ledger.epochs(run_id, last.ended.epoch - 1)
        epochs = (*earlier, last.ended)
        return Checkpoint(last.ended.epoch, last.weights, last.optimizer, epochs, best.weights, last.best_epoch)

    def weights(self, run_id: str, which: str = "best") -> Weights:
        """A run's weights in Keras's order, of its "best" epoch or its "last"."""
        return self._state(run_id, which).weights

    def features(self, run_id: str) -> Features:
        """How a run's network reads samples."""
        from engine import features

        self.get(run_id)
        return features.from_json(self.folder(run_id).read_features())

    def predictor(self, run_id: str, which: str = "best") -> Predictor:
        """A predictor with a run's weights, of its "best" epoch or its "last"; it decides at 0.5."""
        from engine.prediction.predictor import Predictor

        weights = self.weights(run_id, which)
        return Predictor(self.get(run_id).experiment, self.features(run_id), weights)

    def count_test_read(self, dataset: str, digest: str) -> None:
        """Count a read of a data set's test labels that no run made, such as an audit's."""
        self._ledger.add_read(dataset, digest)

    def test_evaluations(self, dataset: str, digest: str) -> int:
        """How often a data set's test samples have been evaluated, by any run, deleted ones included."""
        return self._ledger.test_evaluations(dataset, digest)

    def check(self) -> list[str]:
        """What is damaged in the store, a line each; every model is read."""
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
                    if epoch in folder.saved():  # else a run that goes on has replaced it by a later one
                        found.append(str(error))
        return found

    # Editing

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name."""
        if not name.strip():
            raise StoreError("a run's name cannot be empty")
        if len(name.strip()) > LONGEST_NAME:
            raise StoreError(f"a run's name has {LONGEST_NAME} characters at most")
        self._ledger.change(run_id, {"name": _sound_text(name.strip())})

    def tag(self, run_id: str, tags: Iterable[str]) -> None:
        """Give a run these tags and no others."""
        kept = dict.fromkeys(_sound_text(tag.strip()) for tag in tags if tag.strip())
        self._ledger.change(run_id, {"tags": list(kept)})

    def note(self, run_id: str, note: str) -> None:
        """Give a run a note, of any length."""
        self._ledger.change(run_id, {"note": _sound_text(note)})

    def delete(self, run_id: str) -> None:
        """Delete a run; :meth:`restore` brings it back until it is purged."""
        self._ledger.set_deleted(run_id, time.time())

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back."""
        self._ledger.set_deleted(run_id, None)

    def purge(self, *run_ids: str) -> tuple[str, ...]:
        """Permanently delete deleted runs with their models: these, or all deleted more than a day ago.

        Returns which were removed; others than deleted runs are left alone.
        """
        removed = self._ledger.purge(run_ids, time.time() - PURGE_SECONDS)
        for run_id in removed:
            self.folder(run_id).remove()
        return tuple(removed)

    # Inside

    def _last_whole(self, run_id: str) -> State:
        """The state of the last epoch whose file is whole and whose curve is there; StoreError where none is."""
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
            return self._state(run_id, which)  # a run that goes on has replaced it by a later one

    def _check_saved(self, run_id: str) -> list[int]:
        """The epochs whose models are there; StoreError where there is none."""
        folder = self.folder(run_id)
        saved = folder.saved()
        if not saved and self.get(run_id).epochs_done:
            raise StoreError(f"the models of run {run_id} are gone from {folder.path}")
        if not saved:
            raise StoreError(f"run {run_id} has no model: it ended before its first epoch did")
        return saved


def _resumed(checkpoint: Checkpoint | None) -> tuple[tuple[EpochEnded, ...], dict[str, Any]]:
    """The epochs that a resumed run starts with, and what its row says of them."""
    if checkpoint is None:
        return (), {"epochs": 0, "best_epoch": None, "best": None, "seconds_train": 0.0}
    return checkpoint.epochs, progress_values(checkpoint)


def _sound_text(text: str) -> str:
    """Text that every database can hold: what a terminal passed on undecoded is replaced."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
