"""Outcomes of a search, kept as they come, so that an interrupted search goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.datasets import file_digest
from engine.datasets.dataset import Dataset, Split
from engine.datasets.word_vectors import find
from engine.errors import EngineError
from engine.events import EpochEnded, Preparing
from engine.experiment.layers import Embedding
from engine.selection.folds import Outcome, Task
from engine.system.atomic_write import write_bytes
from engine.system.paths import home


class Journal:
    """A folder with a file for each outcome, named by all that decides it.

    That is the experiment but for its name, the rows of its fold, the content of the word vectors that it
    starts from (``vectors``, see :func:`vectors_of`), and the versions of what trains it; so a search finds the
    outcomes of any other that shares networks with it. What failed is not kept: memory may suffice next time.
    """

    def __init__(
        self, folder: Path | None, dataset: Dataset, splits: Sequence[Split], vectors: Mapping[str, str]
    ) -> None:
        self._folder = home() / "searches" if folder is None else folder
        self._rows = [_digest(dataset.digest, split) for split in splits]
        self._known = bool(dataset.digest)
        self._vectors = vectors

    def read(self, task: Task) -> Outcome | None:
        """The outcome of a task, where it is there and whole."""
        try:
            content = json.loads(self._path(task).read_bytes())
            epochs = tuple(EpochEnded(**epoch) for epoch in content["epochs"])
            return Outcome(epochs, float(content["seconds"])) if content["error"] is None else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, task: Task, outcome: Outcome) -> None:
        """Keep an outcome without error; rows without a digest can't be known again, theirs is not kept.

        Where it cannot be written, as on a full disk, the search goes on without.
        """
        if self._known and outcome.error is None:
            with suppress(EngineError):
                write_bytes(self._path(task), json.dumps(asdict(outcome)).encode())

    def _path(self, task: Task) -> Path:
        experiment = task.experiment.model_dump(mode="json", exclude={"name", "about"})
        scored = sorted(task.scored) if isinstance(task.scored, frozenset) else task.scored
        vectors = [self._vectors[path] for path in _paths(task)]
        decides = json.dumps([_versions(), self._rows[task.fold], experiment, scored, vectors], sort_keys=True)
        return self._folder / f"{hashlib.sha256(decides.encode()).hexdigest()[:32]}.json"


def vectors_of(tasks: Iterable[Task]) -> Generator[Preparing, None, dict[str, str]]:
    """The SHA-256 of each file of word vectors that tasks start from, by its path as the experiments name it.

    Raises DataError where a file is missing.
    """
    digests = {}
    for path in dict.fromkeys(path for task in tasks for path in _paths(task)):
        digests[path] = yield from file_digest.digest(find(path))
    return digests


def _paths(task: Task) -> list[str]:
    return [layer.vectors for layer in task.experiment.stack if isinstance(layer, Embedding) and layer.vectors]


def _digest(digest: str, split: Split) -> str:
    found = hashlib.sha256(digest.encode())
    for rows in (split.train, split.validation):
        found.update(rows.tobytes())
        found.update(b"|")
    return found.hexdigest()


def _versions() -> list[str]:
    return [_version(package) for package in ("training-workbench", "keras", "tensorflow")]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
