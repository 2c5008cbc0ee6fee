"""Caches the outcomes of a search, so that an interrupted search continues where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from engine.datasets import file_digest
from engine.datasets.dataset import Dataset, Split
from engine.datasets.word_vectors import find
from engine.errors import EngineError
from engine.events import EpochEnded, Preparation
from engine.experiment.layers import Embedding
from engine.selection.fold_trainer import FoldOutcome, FoldTask
from engine.system.atomic_write import write_bytes
from engine.system.installed import version
from engine.system.paths import cache

LIMIT = 200_000_000
"""Maximum size of all outcomes in bytes; the least recently used are removed."""


class OutcomeCache:
    """A folder with one file per outcome, named by everything that determines it.

    That is the experiment without its name, the samples of its fold, the content of its word vectors (``vectors``,
    see :func:`vectors_of`), and the versions of this package, Keras and TensorFlow. A search thus finds the
    outcomes of any other that shares networks with it. Failures are not cached, since memory may suffice next
    time. A file starts with its checksum; a damaged one is ignored.
    """

    def __init__(
        self, folder: Path | None, dataset: Dataset, splits: Sequence[Split], vectors: Mapping[str, str]
    ) -> None:
        self._folder = cache() / "searches" if folder is None else folder
        self._samples = [_digest(dataset.digest, split) for split in splits]
        self._identified = bool(dataset.digest)
        self._vectors = vectors
        self._trim()

    def read(self, task: FoldTask) -> FoldOutcome | None:
        """Return the outcome of a task, if it is cached and undamaged."""
        path = self._path(task)
        try:
            checksum, _, content = path.read_bytes().partition(b"\n")
            if hashlib.sha256(content).hexdigest().encode() != checksum:
                return None
            found = json.loads(content)
            os.utime(path)
            return FoldOutcome(tuple(EpochEnded(**epoch) for epoch in found["epochs"]), float(found["seconds"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, task: FoldTask, outcome: FoldOutcome) -> None:
        """Cache an outcome without error, unless the data has no digest to identify it.

        If it cannot be written, as on a full disk, the search continues without.
        """
        if self._identified and outcome.error is None:
            content = json.dumps(asdict(outcome)).encode()
            with suppress(EngineError):
                write_bytes(self._path(task), hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def _path(self, task: FoldTask) -> Path:
        experiment = task.experiment.model_dump(mode="json", exclude={"name", "about"})
        scored = sorted(task.scored) if isinstance(task.scored, frozenset) else task.scored
        vectors = [self._vectors[path] for path in _paths(task)]
        decides = json.dumps([_versions(), self._samples[task.fold], experiment, scored, vectors], sort_keys=True)
        return self._folder / f"{hashlib.sha256(decides.encode()).hexdigest()[:32]}.json"

    def _trim(self) -> None:
        """Remove the least recently used outcomes until the limit is met."""
        with suppress(OSError):
            found = [(path, path.stat()) for path in self._folder.glob("*.json")]
            total = sum(stat.st_size for _, stat in found)
            for path, stat in sorted(found, key=lambda one: one[1].st_mtime):
                if total <= LIMIT:
                    break
                path.unlink(missing_ok=True)
                total -= stat.st_size


def vectors_of(tasks: Iterable[FoldTask]) -> Preparation[dict[str, str]]:
    """Return the SHA-256 of each file of word vectors used by the tasks, by its path in the experiments.

    Raises DataError if a file is missing.
    """
    digests = {}
    for path in dict.fromkeys(path for task in tasks for path in _paths(task)):
        digests[path] = yield from file_digest.digest(find(path))
    return digests


def _paths(task: FoldTask) -> list[str]:
    return [layer.vectors for layer in task.experiment.stack if isinstance(layer, Embedding) and layer.vectors]


def _digest(digest: str, split: Split) -> str:
    found = hashlib.sha256(digest.encode())
    for samples in (split.train, split.validation):
        found.update(samples.tobytes())
        found.update(b"|")
    return found.hexdigest()


def _versions() -> list[str]:
    return [version(package) or "" for package in ("training-workbench", "keras", "tensorflow")]
