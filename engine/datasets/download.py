"""Downloads Keras's published files into Keras's cache; the only module that uses the network."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.datasets import locations
from engine.datasets.catalogue import CATALOGUE, Entry
from engine.errors import DataError
from engine.events import Preparation, Preparing
from engine.system import atomic_write
from engine.system.suggest import hint, shown

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
LONGEST_SECONDS = 3600
"""Maximum duration of a download in seconds."""

SILENCE_SECONDS = 30
"""Maximum time in seconds without data from the server."""

_CHUNK = 1 << 14
_POLL_SECONDS = 0.1
_PREFIX = ".workbench-"
_ABANDONED_SECONDS = 2 * LONGEST_SECONDS


@dataclass(frozen=True, slots=True)
class Published:
    """A file published by Keras: its hash (SHA-256 or MD5, as given by Keras) and its size in bytes."""

    name: str
    digest: str
    size: int

    @property
    def known_hash(self) -> str:
        """The hash in pooch's form, with the algorithm first."""
        return f"{'md5' if len(self.digest) == 32 else 'sha256'}:{self.digest}"


FILES: dict[str, tuple[Published, ...]] = {
    "imdb": (
        Published("imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f", 17_464_789),
        Published("imdb_word_index.json", "bfafd718b763782e994055a2d397834f", 1_641_221),
    ),
    "reuters": (
        Published("reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916", 2_110_848),
        Published("reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921", 550_378),
    ),
    "boston": (
        Published(
            "boston_housing.npz", "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5", 57_026
        ),
    ),
    "california": (
        Published(
            "california_housing.npz", "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f", 743_530
        ),
    ),
}
"""The files downloaded by ``get``, by data set."""


def get(name: str) -> Preparation[Path]:
    """Download the files of a data set; see :func:`engine.datasets.get`. Word ids come with their index."""
    entry = CATALOGUE.get(name)
    if entry is None:
        raise DataError(f"no data set is called {shown(name)}: {hint(name, CATALOGUE)}")
    if name not in FILES:
        raise DataError(f"{entry.title} comes with the package scikit-learn: there is nothing to download")
    for published in FILES[name]:
        yield from _fetch(entry, published)
    return locations.keras_cache() / FILES[name][0].name


def _fetch(entry: Entry, published: Published) -> Preparation[None]:
    """Download a file into a temporary folder and move it to its target once it is complete and verified."""
    target = locations.keras_cache() / published.name
    if _is_here(target, published):
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=_PREFIX))
    except OSError as error:
        raise DataError(f"cannot write to {target.parent}: {error.strerror or error}") from error
    download = _Download(published, folder, target)
    download.start()
    try:
        while download.is_alive():
            done = min(download.progress.done, published.size)
            yield Preparing(f"downloading {published.name}", done, published.size)
            download.join(_POLL_SECONDS)
    finally:
        download.progress.stopped = True
    if download.error is not None:
        reason = str(download.error).split("\n")[0] or type(download.error).__name__
        raise DataError(f"{entry.title} could not be downloaded from {ORIGIN}{published.name}: {reason}")


def _is_here(target: Path, published: Published) -> bool:
    """Whether the file exists with the right hash."""
    import pooch

    try:
        algorithm, digest = published.known_hash.split(":")
        return target.is_file() and pooch.file_hash(str(target), alg=algorithm) == digest
    except OSError:
        return False


def _sweep(folder: Path) -> None:
    """Remove temporary folders of downloads whose process was killed."""
    for left in folder.glob(f"{_PREFIX}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


class _Progress:
    """Progress reporter for pooch; ends a download that was stopped or is too large or too slow."""

    def __init__(self, published: Published) -> None:
        self.total, self.done, self.stopped = 0, 0, False
        self._published, self._until = published, time.monotonic() + LONGEST_SECONDS

    def update(self, size: int) -> None:
        """Count received bytes."""
        self.done += size
        if self.stopped:
            raise InterruptedError("stopped")
        if self.done >= self._published.size + _CHUNK:  # pooch counts the last chunk in full
            raise ValueError(f"it is larger than the published {self._published.size:,} bytes")
        if time.monotonic() > self._until:
            raise TimeoutError(f"it takes more than {LONGEST_SECONDS // 60} minutes")

    def reset(self) -> None:
        """Reset the count: pooch reports the whole size once more at the end."""
        self.done = 0

    def close(self) -> None:
        """Do nothing; pooch calls it at the end of a download."""


class _Download(threading.Thread):
    """A download thread; removes its folder even if nothing waits for it any more."""

    def __init__(self, published: Published, folder: Path, target: Path) -> None:
        super().__init__(name=f"download {published.name}", daemon=True)
        self.published, self.folder, self.target = published, folder, target
        self.progress = _Progress(published)
        self.error: Exception | None = None
        self.responses: list[Any] = []

    def run(self) -> None:
        """Retrieve the file and move it to its target."""
        try:
            atomic_write.replace(Path(self._retrieved()), self.target)
        except Exception as error:  # from any library involved; raised again where the download is awaited
            self.error = error
        finally:
            for response in self.responses:  # pooch leaves them open after a failed download
                response.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _retrieved(self) -> str:
        import pooch

        pooch.get_logger().setLevel("ERROR")
        hooks = {"response": lambda response, **_: self.responses.append(response)}
        downloader = pooch.HTTPDownloader(self.progress, _CHUNK, timeout=SILENCE_SECONDS, hooks=hooks)
        name, known_hash = self.published.name, self.published.known_hash
        return str(pooch.retrieve(ORIGIN + name, known_hash, name, self.folder, downloader=downloader))
