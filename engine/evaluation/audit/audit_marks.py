"""Users' marks on samples ("wrong", "right" or "unclear"), stored in a file next to the data set."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, get_args

from engine import datasets
from engine.datasets.dataset import Dataset
from engine.errors import DataError
from engine.system import paths
from engine.system.atomic_write import reason, write_bytes

Mark = Literal["wrong", "right", "unclear"]
MARKS: tuple[Mark, ...] = get_args(Mark)


def marks_file(dataset: Dataset, named: str) -> Path:
    """Return the file of a data set's marks: next to a user's own file, else in the home folder."""
    if datasets.entry(named) is not None:
        return paths.home() / "marks" / f"{dataset.name}.json"
    path = paths.expanded(named)
    return path.with_name(f"{path.name}.marks.json")


def read_marks(file: Path, dataset: Dataset) -> dict[int, Mark]:
    """Return the marks by sample; empty if there is no file.

    Raises DataError if the file is damaged or belongs to other data.
    """
    if not file.exists():
        return {}
    try:
        content = json.loads(file.read_text("utf-8"))
        digest, found = str(content["digest"]), {int(index): str(mark) for index, mark in content["marks"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{file} is damaged: it should hold the marks of {dataset.title} ({error})") from error
    if digest != dataset.digest:
        raise DataError(
            f"{file} holds marks of other data than the present {dataset.title}: move it away to start again"
        )
    return {index: mark for index, mark in found.items() if mark in MARKS and 0 <= index < len(dataset.targets)}


def mark(file: Path, dataset: Dataset, index: int, said: str) -> dict[int, Mark]:
    """Mark a sample, or remove its mark with ""; return all marks. Raises DataError for a wrong mark or index."""
    if said and said not in MARKS:
        raise DataError(f"a sample is marked {', '.join(MARKS[:-1])} or {MARKS[-1]}, not {said!r}")
    if not 0 <= index < len(dataset.targets):
        raise DataError(f"{dataset.title} has no sample {index:,}: it has {len(dataset.targets):,}, from 0 on")
    with _locked():
        found: dict[int, Mark] = {key: value for key, value in read_marks(file, dataset).items() if key != index}
        found |= dict.fromkeys([index] if said else [], said)  # type: ignore[arg-type]
        content = {
            "dataset": dataset.name,
            "digest": dataset.digest,
            "marks": {str(key): found[key] for key in sorted(found)},
        }
        write_bytes(file, (json.dumps(content, indent=1) + "\n").encode())
    return found


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock on all marks, so that concurrent writers do not overwrite each other's marks."""
    lock = paths.home() / "marks" / "lock"
    with ExitStack() as stack:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            fcntl.flock(stack.enter_context(lock.open("w")), fcntl.LOCK_EX)
        except OSError as error:
            raise DataError(f"cannot use {lock}: {reason(error)}") from error
        yield
