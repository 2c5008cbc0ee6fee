"""The folder of a run: checkpoints of its last and best epoch, its features, its lock and its progress."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import StoreError
from engine.events import EpochEnded, Preparing, Progress
from engine.system import checked_json
from engine.system.atomic_write import reason, whole, write_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = tuple[NDArray[Any], ...]

LOCK_SECONDS = 1.0
"""Seconds to try for a run's lock; a process that only tests for the lock holds it for an instant."""


@dataclass(frozen=True, slots=True)
class State:
    """A network at the end of an epoch: the epoch, the best so far, weights and optimiser variables."""

    ended: EpochEnded
    best_epoch: int
    weights: Weights
    optimizer: Weights


class RunFolder:
    """The files of one run.

    They are ``epoch-N.npz`` for its last and its best epoch, ``features.json``, ``owner.lock``, ``progress.json``,
    ``log`` for what does not fit into its row, and ``stop`` while another process asks it to stop.

    An epoch's file is written atomically and holds everything needed to resume from it. NumPy's archives contain a
    CRC-32 of every array and ``features.json`` a checksum, so truncated and altered files are detected. All errors
    with files are raised as StoreError with the file's name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, state: State) -> None:
        """Write the state at the end of an epoch.

        Raises EngineError with the path if the disk is full or not writable, or if a weight is not finite.
        """
        import numpy as np

        path = self._epoch(state.ended.epoch)
        _check_numbers(path, state)
        counts = {"weights": len(state.weights), "optimizer": len(state.optimizer)}
        meta = {"best_epoch": state.best_epoch, "ended": asdict(state.ended), **counts}
        arrays: dict[str, Any] = {"meta": np.frombuffer(json.dumps(meta).encode(), np.uint8)}
        arrays |= {f"weight-{index}": array for index, array in enumerate(state.weights)}
        arrays |= {f"optimizer-{index}": array for index, array in enumerate(state.optimizer)}
        with whole(path) as file:
            np.savez(file, allow_pickle=False, **arrays)

    def keep(self, *epochs: int) -> None:
        """Remove the states of all epochs but these."""
        for epoch in self.saved():
            if epoch not in epochs:
                self._epoch(epoch).unlink(missing_ok=True)

    def saved(self) -> list[int]:
        """Return the epochs with a saved state, in order."""
        names = [path.stem.removeprefix("epoch-") for path in self.path.glob("epoch-*.npz")]
        return sorted(int(name) for name in names if name.isdigit())

    def load(self, epoch: int) -> State:
        """Return the state at the end of an epoch."""
        path = self._epoch(epoch)
        with _read_errors(path, "the model of this epoch was never saved, or removed"):
            state = _read_state(path)
            if state.ended.epoch != epoch:
                raise ValueError(f"it holds epoch {state.ended.epoch}")
        _check_numbers(path, state)
        return state

    def drop_optimizer(self) -> None:
        """Remove the optimiser's variables from every saved state, since a finished run is not resumed."""
        for epoch in self.saved():
            state = self.load(epoch)
            if state.optimizer:
                self.save(replace(state, optimizer=()))

    def write_features(self, text: str) -> None:
        """Save the run's features, serialised as JSON."""
        write_bytes(self.path / "features.json", checked_json.dumps(json.loads(text)))

    def read_features(self) -> str:
        """Return the features' JSON."""
        path = self.path / "features.json"
        with _read_errors(path, "the run ended before its data was ready"):
            return json.dumps(checked_json.loads(path.read_bytes()))

    def write_progress(self, event: Preparing | Progress) -> None:
        """Publish the progress of the run for other processes; a failed write is ignored."""
        record = asdict(event)
        temporary = self.path / f".progress.{os.getpid()}"
        try:
            temporary.write_text(json.dumps(record), "utf-8")
            temporary.replace(self.path / "progress.json")
        except OSError:
            temporary.unlink(missing_ok=True)

    def read_progress(self) -> Preparing | Progress | None:
        """Return the latest published progress of the run; None if it is unknown."""
        from engine.runs.file_content import PROGRESS

        try:
            return PROGRESS.validate_json((self.path / "progress.json").read_bytes())
        except (OSError, ValueError):
            return None

    def log(self, text: str) -> None:
        """Append a text to ``log``; a failed write, as on a full disk, is ignored."""
        with suppress(OSError), (self.path / "log").open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{text}\n")

    @property
    def stop_asked(self) -> bool:
        """Whether a process has asked the run to stop."""
        return (self.path / "stop").exists()

    def ask_stop(self) -> None:
        """Ask the process that trains the run to stop it."""
        write_bytes(self.path / "stop", b"")

    def clear(self) -> None:
        """Remove an earlier process's stop request, progress and unfinished temporary files."""
        for path in (self.path / "stop", self.path / "progress.json", *self.path.glob(".*")):
            with _system_errors(path):
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder."""
        with _system_errors(self.path), suppress(FileNotFoundError):
            shutil.rmtree(self.path)

    def check_held(self, handle: int) -> None:
        """Raise StoreError if the folder was deleted or replaced since its lock was taken."""
        try:
            found, held = os.stat(self.path / "owner.lock"), os.fstat(handle)
        except OSError:
            raise StoreError(f"{self.path}, the folder of this run, was deleted while it trained") from None
        if (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino):
            raise StoreError(f"{self.path}, the folder of this run, was replaced while it trained")

    def own(self) -> int | None:
        """Take the run's lock; return an open descriptor, to be closed when done, or None if it is taken.

        The kernel's lock (``flock``) is released when the process ends, in whatever way.
        """
        with _system_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + LOCK_SECONDS
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() > until:
                os.close(handle)
                return None
            time.sleep(0.01)
        return handle

    @property
    def owned(self) -> bool:
        """Whether any process, this one included, owns the run."""
        try:
            handle = os.open(self.path / "owner.lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _locked(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def _epoch(self, epoch: int) -> Path:
        return self.path / f"epoch-{epoch}.npz"


def _locked(handle: int, mode: int) -> bool:
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_state(path: Path) -> State:
    import numpy as np

    from engine.runs.file_content import EpochMeta

    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        meta = EpochMeta.model_validate_json(archive["meta"].tobytes())
        weights = tuple(archive[f"weight-{index}"] for index in range(meta.weights))
        optimizer = tuple(archive[f"optimizer-{index}"] for index in range(meta.optimizer))
        return State(meta.ended, meta.best_epoch, weights, optimizer)


def _check_numbers(path: Path, state: State) -> None:
    """Raise StoreError if a weight or an optimiser variable is not finite."""
    import numpy as np

    for array in (*state.weights, *state.optimizer):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise StoreError(f"{path}: the network's weights at this epoch are not all finite numbers")


@contextmanager
def _read_errors(path: Path, absent: str) -> Iterator[None]:
    """Raise every error in reading a file of a run as StoreError with the file's name."""
    try:
        yield
    except FileNotFoundError:
        raise StoreError(f"{path} is missing: {absent}") from None
    except Exception as error:
        found = (str(error).strip() or type(error).__name__).split("\n")[0]
        raise StoreError(f"{path} is damaged and cannot be read ({found})") from error


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    """Raise the system's errors as StoreError with the file's name."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot use {error.filename or path}: {reason(error)}") from error
