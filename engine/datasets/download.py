"""The only thing here that uses the network: Keras's published files, fetched on request into Keras's cache."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

from engine.datasets import locations
from engine.datasets.catalogue import CATALOGUE, Entry
from engine.errors import DataError
from engine.events import Preparing
from engine.system.tensorflow_start import start_tensorflow

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_POLL_SECONDS = 0.1
_PREFIX = ".workbench-"
_ABANDONED_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Published:
    """A file that Keras publishes: its hash (SHA-256 or MD5, as Keras states it) and its size in bytes."""

    name: str
    digest: str
    size: int


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
"""What ``get`` fetches, by the data set's name."""


def get(name: str) -> Generator[Preparing, None, Path]:
    """See :func:`engine.datasets.get`; a word index is fetched with the ids that it names."""
    entry = CATALOGUE.get(name)
    if entry is None:
        raise DataError(f"no data set is called {name!r}: there are {', '.join(CATALOGUE)}")
    if name not in FILES:
        raise DataError(f"{entry.title} comes with the package scikit-learn: there is nothing to download")
    for published in FILES[name]:
        yield from _fetch(entry, published)
    return locations.keras_cache() / FILES[name][0].name


def _fetch(entry: Entry, published: Published) -> Generator[Preparing, None, None]:
    """Download one file beside its place and move it there when it is whole and its hash is right."""
    place = locations.keras_cache() / published.name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _sweep(place.parent)
        folder = Path(tempfile.mkdtemp(dir=place.parent, prefix=_PREFIX))
        if place.is_file():  # get_file leaves a file with the right hash as it is
            shutil.copy(place, folder / published.name)
    except OSError as error:
        raise DataError(f"cannot write to {place.parent}: {error.strerror or error}") from error
    download = _Download(published, folder, place)
    download.start()
    while download.thread.is_alive():
        yield Preparing(f"downloading {published.name}", download.bytes, published.size)
        download.thread.join(_POLL_SECONDS)
    if download.error is not None:
        reason = str(download.error).split("\n")[0]
        raise DataError(f"{entry.title} could not be downloaded from {ORIGIN}{published.name}: {reason}")


def _sweep(folder: Path) -> None:
    """Remove what downloads left behind whose process was killed."""
    for left in folder.glob(f"{_PREFIX}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


@dataclass
class _Download:
    """A download in a thread of its own; it cleans up behind itself even when nobody waits for it any more."""

    published: Published
    folder: Path
    place: Path
    error: Exception | None = None
    thread: threading.Thread = field(init=False)

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run, name=f"download {self.published.name}", daemon=True)
        self.thread.start()

    @property
    def bytes(self) -> int:
        """How much of it is here."""
        try:
            return min((self.folder / self.published.name).stat().st_size, self.published.size)
        except OSError:
            return 0

    def _run(self) -> None:
        try:
            os.replace(_quietly(self.published, self.folder), self.place)
        except Exception as error:  # Keras raises bare Exceptions; they are told where they are waited for
            self.error = error
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _quietly(published: Published, folder: Path) -> str:
    """``keras.utils.get_file``, without the progress bar that it prints on standard output."""
    start_tensorflow()
    import keras

    talkative = keras.config.is_interactive_logging_enabled()
    keras.config.disable_interactive_logging()
    try:
        return str(
            keras.utils.get_file(
                published.name,
                ORIGIN + published.name,
                file_hash=published.digest,
                cache_dir=str(folder),
                cache_subdir="",
            )
        )
    finally:
        if talkative:
            keras.config.enable_interactive_logging()
