"""A run's own folder: the checkpoints of its last and best epoch, its features, who owns it and how far it is."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import struct
import time
import zipfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import StoreError
from engine.events import EpochEnded, Preparing, Progress
from engine.system.atomic_write import whole, write_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = tuple[NDArray[Any], ...]

_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError, SyntaxError,
    NotImplementedError, MemoryError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a damaged archive raises, whichever byte of it is wrong."""

LOCK_SECONDS = 1.0
"""How long to try for a run's lock: whoever only looks whether it is held, holds it for an instant."""


@dataclass(frozen=True, slots=True)
class State:
    """A network at the end of an epoch: the epoch, the best so far, weights and optimiser variables."""

    ended: EpochEnded
    best_epoch: int
    weights: Weights
    optimizer: Weights


class RunFolder:
    """The files of one run: ``epoch-N.npz`` for its last and its best epoch, ``features.json``, ``owner.lock``,
    ``progress.json``, ``log`` for what its row has no place for and, when others ask it to stop, ``stop``.

    An epoch's file is written whole and holds all that is needed to go on from it. NumPy's archives carry a
    CRC-32 of every array, so one that is cut short or has a byte changed is noticed: StoreError names the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, state: State) -> None:
        """Write the state at the end of an epoch.

        Raises EngineError, with the path, where the disk is full or cannot be written.
        """
        import numpy as np

        counts = {"weights": len(state.weights), "optimizer": len(state.optimizer)}
        meta = {"best_epoch": state.best_epoch, "ended": asdict(state.ended), **counts}
        arrays: dict[str, Any] = {"meta": np.frombuffer(json.dumps(meta).encode(), np.uint8)}
        arrays |= {f"weight-{place}": array for place, array in enumerate(state.weights)}
        arrays |= {f"optimizer-{place}": array for place, array in enumerate(state.optimizer)}
        with whole(self._epoch(state.ended.epoch)) as file:
            np.savez(file, allow_pickle=False, **arrays)

    def keep(self, *epochs: int) -> None:
        """Drop the states of all epochs but these."""
        for epoch in self.saved():
            if epoch not in epochs:
                self._epoch(epoch).unlink(missing_ok=True)

    def saved(self) -> list[int]:
        """The epochs whose states are there, in order."""
        names = [path.stem.removeprefix("epoch-") for path in self.path.glob("epoch-*.npz")]
        return sorted(int(name) for name in names if name.isdigit())

    def load(self, epoch: int) -> State:
        """The state at the end of an epoch."""
        import numpy as np

        path = self._epoch(epoch)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                meta = json.loads(archive["meta"].tobytes())
                ended = EpochEnded(**meta["ended"])
                weights = tuple(archive[f"weight-{place}"] for place in range(meta["weights"]))
                optimizer = tuple(archive[f"optimizer-{place}"] for place in range(meta["optimizer"]))
                return State(ended, meta["best_epoch"], weights, optimizer)
        except FileNotFoundError:
            raise StoreError(f"{path} is missing: the model of epoch {epoch} was never saved or removed") from None
        except _DAMAGE as error:
            raise StoreError(f"{path} is damaged and cannot be read ({_first_line(error)})") from error

    def write_features(self, text: str) -> None:
        """Keep what the run's features are, as their own JSON."""
        write_bytes(self.path / "features.json", text.encode())

    def read_features(self) -> str:
        """The features' JSON."""
        path = self.path / "features.json"
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            raise StoreError(f"{path} is missing: the run ended before its data was ready") from None
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} is damaged and cannot be read ({_first_line(error)})") from error

    def write_progress(self, event: Preparing | Progress) -> None:
        """Let others see how far the run is; a write that fails is no loss."""
        record = {"kind": type(event).__name__, **asdict(event)}
        temporary = self.path / f".progress.{os.getpid()}"
        try:
            temporary.write_text(json.dumps(record), "utf-8")
            temporary.replace(self.path / "progress.json")
        except OSError:
            temporary.unlink(missing_ok=True)

    def read_progress(self) -> Preparing | Progress | None:
        """How far the run was a moment ago; None where that is not known."""
        try:
            record = json.loads((self.path / "progress.json").read_text("utf-8"))
            kind: Any = {"Preparing": Preparing, "Progress": Progress}[record.pop("kind")]
            event: Preparing | Progress = kind(**record)
            return event
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def log(self, text: str) -> None:
        """Add a text to ``log``; where that fails, as on a full disk, it is lost."""
        with suppress(OSError), (self.path / "log").open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{text}\n")

    @property
    def stop_asked(self) -> bool:
        """Whether somebody asked the run to stop."""
        return (self.path / "stop").exists()

    def ask_stop(self) -> None:
        """Ask whichever process trains the run to stop it."""
        write_bytes(self.path / "stop", b"")

    def clear(self) -> None:
        """Forget requests and progress of an earlier process, and what it was writing when it was killed."""
        for path in (self.path / "stop", self.path / "progress.json", *self.path.glob(".*")):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def own(self) -> int | None:
        """Take the run for this process: an open descriptor to be closed when done, or None if it is taken.

        The lock is the kernel's (``flock``): it goes with the process, however that ends.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}") from error
        until = time.monotonic() + LOCK_SECONDS
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() > until:
                os.close(handle)
                return None
            time.sleep(0.01)
        return handle

    @property
    def owned(self) -> bool:
        """Whether a process, this one or another, has the run."""
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


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[0]
