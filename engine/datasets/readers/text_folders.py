"""Reads texts from a folder per class, on disk or in the archive of the Large Movie Review Dataset.

Archives and folders are not trusted: members are read, never extracted, links are not followed, and anything
larger than any known set of texts is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.datasets import file_digest
from engine.datasets.readers import encodings
from engine.datasets.readers.opening import Limited
from engine.datasets.text_index import Corpus
from engine.errors import DataError
from engine.events import Preparation, Preparing

_MAX_TEXT = 10_000_000
_MAX_BYTES = 2_000_000_000
_MAX_UNPACKED = 1_000_000_000
"""Maximum unpacked size of an archive in bytes; the published one has 500 million."""

_MAX_REVIEWS = 300_000_000
"""Maximum size of all reviews in an archive in bytes; the published ones have 66 million."""

_NO_TEXTS = re.compile(r"(readme|licen[cs]e|contents|index)([._-].*)?", re.I)
_MAX_TEXTS = 2_000_000
_STEP = 500
_REVIEW = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/([^/]+\.txt)")


class Text(NamedTuple):
    """A text with its path, by which texts are sorted independently of their order in the source."""

    test: bool
    label: str
    name: str
    text: str = ""


class File(NamedTuple):
    """A text file with its class and part, as in :class:`Text`, and a stamp that changes with the file."""

    test: bool
    label: str
    name: str
    path: str
    size: int
    stamp: tuple[int, ...]
    changed: int


def corpus(texts: Iterable[Text], path: Path, labels: Sequence[str] | None = None) -> Corpus:
    """Return texts, sorted, with class numbers in the order of ``labels`` (None: sorted by name).

    Raises DataError unless there are training texts of two classes.
    """
    ordered = sorted(texts)
    found = sorted({text.label for text in ordered if not text.test})
    if len(found) < 2:
        raise DataError(f"{path} has no training texts of two classes: it is not whole, or not a set of texts")
    names = list(labels or found)
    number = {label: names.index(label) for label in names}
    strange = {text.label for text in ordered} - set(number)
    if strange:
        raise DataError(f"{path}: the class {min(strange)!r} has texts to test but none to train")
    train = sum(not text.test for text in ordered)
    targets = np.array([number[text.label] for text in ordered], np.int64)
    return Corpus([text.text for text in ordered], targets, train, tuple(names))


def archived(path: Path) -> Preparation[list[Text]]:
    """Return the labelled reviews in ``aclImdb_v1.tar.gz``; raises DataError if it is damaged or incomplete."""
    texts: list[Text] = []
    size, total = path.stat().st_size, 0
    try:
        with path.open("rb") as raw, gzip.open(raw) as unpacked:
            refusal = ValueError("it unpacks to more than any data set has")
            stream = io.BufferedReader(Limited(unpacked, _MAX_UNPACKED, refusal), 1 << 20)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for number, member in enumerate(archive):
                    if text := _review(archive, member):
                        texts.append(text)
                        total += len(text.text)
                        if total > _MAX_REVIEWS:
                            raise ValueError("it holds more text than all reviews have")
                    if number % _STEP == 0:
                        yield Preparing(f"reading {path.name}", raw.tell(), size)
                    archive.members.clear()  # type: ignore[attr-defined]  # tarfile would keep every header
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error, MemoryError) as error:
        raise DataError(f"{path} is damaged or incomplete ({error}): get it again") from error
    return texts


def _review(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Text | None:
    known = _REVIEW.fullmatch(member.name)
    if known is None or not member.isreg():
        return None
    if member.size > _MAX_TEXT:
        raise ValueError(f"{member.name!r} is larger than any review")
    file = archive.extractfile(member)
    content = file.read() if file else b""
    if len(content) < member.size:
        raise EOFError("it ends in the middle of a review")
    return Text(known[1] == "test", known[2], known[3], content.decode(errors="replace"))


def listed(folder: Path) -> list[File]:
    """Return the text files in a folder with a folder per class, or with such folders in ``train`` and ``test``.

    ``unsup``, with reviews without labels, and hidden folders are left out. Raises DataError if the folder cannot
    be read.
    """
    files: list[File] = []
    try:
        for entry, test in _folders(folder):
            if not entry.is_symlink() and _is_class(entry.name):
                files += _text_files(entry, test)
            if len(files) > _MAX_TEXTS:
                raise DataError(f"{folder} has more than {_MAX_TEXTS:,} text files")
    except OSError as error:
        raise DataError(f"cannot read {error.filename or folder}: {error.strerror or error}") from error
    return files


def _folders(folder: Path) -> Iterator[tuple[os.DirEntry[str], bool]]:
    """Yield the folders that may contain classes, by name, and whether their samples are for testing."""
    parts = [folder / part for part in ("train", "test")] if (folder / "train").is_dir() else [folder]
    for number, path in enumerate(parts):
        entries = sorted(os.scandir(path), key=lambda entry: entry.name) if path.is_dir() else []
        yield from ((entry, number == 1) for entry in entries if entry.is_dir())


def _is_class(name: str) -> bool:
    return name != "unsup" and not name.startswith((".", "__"))


def _is_text(name: str) -> bool:
    """Whether a file is a sample rather than hidden or documentation."""
    return name.lower().endswith(".txt") and not name.startswith(".") and not _NO_TEXTS.fullmatch(name)


def left_out(folder: Path) -> list[str]:
    """Return the folders next to those of the classes that contain no samples, except hidden ones."""
    named = (entry for entry, _ in _folders(folder) if not entry.name.startswith("."))
    return sorted(entry.name for entry in named if not _text_files(entry, test=False))


def others(folder: Path) -> list[str]:
    """Return the files and folders in the class folders that are not samples, except hidden ones.

    With ``train``, this includes the folders next to it and ``test``.
    """
    classes = (one for one, _ in _folders(folder) if _is_class(one.name) and _text_files(one, test=False))
    found = [one for each in classes for one in _unread(each)]
    if (folder / "train").is_dir():
        found += [one for one in os.scandir(folder) if one.is_dir() and one.name not in ("train", "test")]
    return sorted(os.path.relpath(one.path, folder) for one in found if not one.name.startswith((".", "__")))


def _unread(folder: os.DirEntry[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder.path) as entries:
        return [
            one for one in entries if one.is_dir() or not (_is_text(one.name) or _NO_TEXTS.fullmatch(one.name))
        ]


def _text_files(folder: os.DirEntry[str], test: bool) -> list[File]:
    found = []
    with os.scandir(folder.path) as entries:
        for entry in entries:
            if _is_text(entry.name) and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                where, stamp = (test, folder.name, entry.name, entry.path), file_digest.stamp_of(status)
                found.append(File(*where, status.st_size, stamp, status.st_ctime_ns))
    return found


def _stamp(files: Sequence[File]) -> str:
    """Hash the files' names, sizes and change times; the result changes if any file may have changed."""
    sha = hashlib.sha256()
    for file in sorted(files):
        sha.update("\0".join(map(str, file)).encode(errors="surrogateescape") + b"\n")
    return sha.hexdigest()


class Folder:
    """The texts of a folder, read at most once."""

    def __init__(self, path: Path, labels: Sequence[str] | None = None) -> None:
        self.path = path
        self.files = [file for file in listed(path) if labels is None or file.label in labels]
        self.encodings: dict[str, int] = {}
        """The number of texts in each encoding other than UTF-8; available with the texts or their digest."""
        self._texts: list[Text] | None = None

    def digest(self) -> Preparation[str]:
        """Return a hash of the texts with their classes and parts, remembered while no file changes."""
        stamp = _stamp(self.files)
        known = file_digest.remembered(self.path, stamp)
        if known is not None:
            self.encodings = {str(name): int(count) for name, count in known[1].items()}
            return known[0]
        sha = hashlib.sha256()
        for text in sorted((yield from self.texts())):
            sha.update("\0".join(map(str, text)).encode(errors="replace") + b"\n")
        if file_digest.settled(max((file.changed for file in self.files), default=0)):
            file_digest.remember(self.path, stamp, sha.hexdigest(), self.encodings)
        return sha.hexdigest()

    def texts(self) -> Preparation[list[Text]]:
        """Return the texts; raises DataError with the file that cannot be read."""
        if self._texts is None:
            self._texts = yield from self._read()
        return self._texts

    def _read(self) -> Preparation[list[Text]]:
        sizes = [file.size for file in self.files]
        if sum(sizes) > _MAX_BYTES or max(sizes, default=0) > _MAX_TEXT:
            raise DataError(f"{self.path} holds more text than can be read (2 GB in all, 10 MB in a file)")
        texts = []
        for number, file in enumerate(self.files):
            if number % _STEP == 0:
                yield Preparing(f"reading {self.path.name}", number, len(self.files))
            try:
                with open(file.path, "rb") as handle:
                    content = handle.read(_MAX_TEXT)
            except OSError as error:
                raise DataError(f"cannot read {file.path}: {error.strerror or error}") from error
            texts.append(Text(file.test, file.label, file.name, self._decoded(file, content)))
        return texts

    def _decoded(self, file: File, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
        try:
            encoding = encodings.detect(content)
        except ValueError as error:
            raise DataError(f"{file.path} cannot be read as text: {error}") from error
        name = encodings.spoken(encoding)
        self.encodings[name] = self.encodings.get(name, 0) + 1
        return content.decode(encoding, errors="replace")
