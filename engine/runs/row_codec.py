"""Rows of the store's tables, and the records they stand for."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import metadata
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from engine.events import DataFacts, EpochEnded, Status
from engine.runs.records import INTERRUPTED, RunRecord, RunSummary

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from engine.runs.run_folder import RunFolder
    from engine.training.run import Run

    Folders = Callable[[str], RunFolder]

LIBRARIES = ("training-workbench", "keras", "tensorflow", "numpy", "scikit-learn")
"""The libraries whose versions a run records."""

DAMAGED = "damaged: its row in the run store cannot be read"


def new_run(run: Run, parent: str | None, kind: str | None, group: str | None) -> dict[str, Any]:
    """The row of a run that is about to start."""
    return {
        "name": run.experiment.name,
        "experiment": run.experiment.model_dump_json(),
        "kind": kind or ("retrain" if run.retrain else "train"),
        "options": json.dumps({"test": run.test, "evaluate_training": run.evaluate_training}),
        "seed": run.experiment.seed,
        "parent": int(parent) if parent else None,
        "repeat": group,
        "status": Status.QUEUED,
        "created": time.time(),
        "host": platform.node(),
        "machine": json.dumps(_machine()),
        "versions": json.dumps(_versions()),
    }


def new_epoch(run: int, ended: EpochEnded) -> dict[str, Any]:
    """The row of an ended epoch."""
    return {
        "run": run,
        "epoch": ended.epoch,
        "logs": json.dumps(dict(ended.logs)),
        "seconds": ended.seconds,
        "best": ended.best,
        "learning_rate": ended.learning_rate,
    }


def epoch(row: Row[Any]) -> EpochEnded:
    """The ended epoch of a row; ValueError where it is damaged."""
    return EpochEnded(row.epoch, json.loads(row.logs), row.seconds, row.best, row.learning_rate)


def summary(row: Row[Any], folder: Folders) -> RunSummary:
    """The run of a row; of a damaged one, what is left of it, as failed, so that the others can be listed."""
    try:
        return RunSummary(**_common(row, folder))
    except (ValueError, TypeError, KeyError):
        sound = {
            "status": Status.FAILED,
            "reason": DAMAGED,
            "data": None,
            "best": None,
            "test": None,
            "tags": "[]",
        }
        return RunSummary(**_common(SimpleNamespace(**(row._asdict() | sound)), folder))


def record(row: Row[Any], epochs: Sequence[EpochEnded], folder: Folders) -> RunRecord:
    """The run of a row with its curves; ValueError, TypeError or KeyError where it is damaged."""
    return RunRecord(
        **_common(row, folder),
        epochs=tuple(epochs),
        baselines=json.loads(row.baselines),
        machine=json.loads(row.machine),
        versions=json.loads(row.versions),
        options=json.loads(row.options),
    )


def _common(row: Row[Any] | SimpleNamespace, folder: Folders) -> dict[str, Any]:
    status = Status(row.status)
    going = not status.ended and _going(row, folder(str(row.id)))
    interrupted = not status.ended and not going
    return {
        "id": str(row.id),
        "name": row.name,
        "kind": row.kind,
        "status": Status.STOPPED if interrupted else status,
        "interrupted": interrupted,
        "going": going,
        "reason": INTERRUPTED if interrupted else row.reason,
        "created": datetime.fromtimestamp(row.created, UTC),
        "seed": row.seed,
        "group": row.repeat,
        "parent": None if row.parent is None else str(row.parent),
        "data": _facts(row.data) if row.data else None,
        "parameters": row.parameters,
        "epochs_done": row.epochs,
        "best_epoch": row.best_epoch,
        "best": json.loads(row.best) if row.best else {},
        "test": json.loads(row.test) if row.test else None,
        "seconds_prepare": row.seconds_prepare,
        "seconds_train": row.seconds_train,
        "tags": _tags(row.tags),
        "note": row.note,
        "deleted": row.deleted is not None,
        "revision": row.revision,
        "experiment_text": row.experiment,
    }


def _going(row: Row[Any] | SimpleNamespace, folder: RunFolder) -> bool:
    elsewhere = row.host != platform.node() and not folder.path.exists()
    return elsewhere or folder.owned


@lru_cache(maxsize=1000)
def _facts(text: str) -> DataFacts:
    return DataFacts(**json.loads(text))


@lru_cache(maxsize=1000)
def _tags(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


@cache
def _machine() -> Mapping[str, str]:
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
    }


@cache
def _versions() -> Mapping[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found
