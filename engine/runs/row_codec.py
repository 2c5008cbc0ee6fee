"""Rows of the store's tables: how a run is written, and how a row is validated when it is read.

The content of a database is not trusted: each column is validated for type, shape and range, and each row has a
checksum over all of it. Importing this module imports pydantic and SQLAlchemy: import it lazily.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json, ValidationError

from engine.events import DataFacts, EpochEnded, Status
from engine.experiment.model import Seed
from engine.runs.provenance import machine, versions
from engine.runs.records import INTERRUPTED, LOST, PEAK, RunRecord, RunSummary
from engine.runs.schema import checksum, epochs, sealed

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from engine.runs.run_folder import RunFolder
    from engine.training.run import Run

    Folders = Callable[[str], RunFolder]

Number = Annotated[int, Field(ge=1, lt=10**15)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0, lt=2.5e11)]
Scores = dict[str, float]
Texts = dict[str, str]


def _with_number(machine: Texts) -> Texts:
    if not re.fullmatch("[0-9]{1,15}", machine.get(PEAK, "0")):
        raise ValueError(f"{PEAK} is not a number")
    return machine


Machine = Annotated[Texts, AfterValidator(_with_number)]
"""What a run recorded of its machine; the peak memory must be a number."""


class _Row(BaseModel):
    model_config = ConfigDict(strict=True)

    checksum: int


class RunRow(_Row):
    """A row of the table of runs, by column."""

    id: Number
    name: Annotated[str, Field(min_length=1, max_length=10_000)]
    experiment: Annotated[str, Field(max_length=10_000_000)]
    kind: Literal["train", "retrain"]
    options: Json[dict[str, bool]]
    seed: Seed
    parent: Number | None
    repeat: str | None
    status: Annotated[Status, Field(strict=False)]
    reason: str | None
    created: Time
    host: str
    machine: Json[Machine]
    versions: Json[Texts]
    data: Json[DataFacts] | None
    parameters: Count | None
    baselines: Json[Scores]
    epochs: Count
    best_epoch: Number | None
    best: Json[Scores] | None
    test: Json[Scores] | None
    seconds_prepare: Seconds
    seconds_train: Seconds
    tags: Json[tuple[str, ...]]
    note: str
    deleted: Time | None
    revision: Count


class EpochRow(_Row):
    """A row of the table of epochs, by column."""

    run: Number
    epoch: Number
    logs: Json[Scores]
    seconds: Seconds
    best: Annotated[bool, Field(strict=False)]
    learning_rate: Annotated[float, Field(allow_inf_nan=False)]


class TestEvaluationRow(_Row):
    """A row of the table of test evaluations; ``run`` is 0 for evaluations that do not belong to a run."""

    id: Number
    run: Count
    dataset: str
    digest: str
    at: Time


Checked = TypeVar("Checked", bound=_Row)


class DamagedRowError(ValueError):
    """Raised for a row that is not what was written; names the wrong column and its value."""


def checked(model: type[Checked], row: Row[Any]) -> Checked:
    """Validate a row and its checksum; raises DamagedRowError if it is not what was written."""
    values = dict(zip(row._fields, row, strict=True))
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        column = str(error.errors(include_url=False)[0]["loc"][0])
        shown = repr(values[column])
        raise DamagedRowError(f"column {column} holds {shown[:60]}") from None
    if found.checksum != checksum(row[:-1]):
        raise DamagedRowError("its checksum does not match its content")
    return found


def new_run(run: Run, parent: str | None, kind: str | None, group: str | None) -> dict[str, Any]:
    """Return the row of a new run, without its number, revision and checksum."""
    return {
        "name": run.experiment.name,
        "experiment": run.experiment.model_dump_json(),
        "kind": kind or ("retrain" if run.retrain else "train"),
        "options": {"test": run.test, "evaluate_training": bool(run.evaluate_training)},
        "seed": run.experiment.seed,
        "parent": int(parent) if parent else None,
        "repeat": group,
        "status": str(Status.QUEUED),
        "created": time.time(),
        "host": platform.node(),
        "machine": dict(machine()),
        "versions": dict(versions()),
        "baselines": {},
        "epochs": 0,
        "seconds_prepare": 0.0,
        "seconds_train": 0.0,
        "tags": [],
        "note": "",
    } | dict.fromkeys(("reason", "data", "parameters", "best_epoch", "best", "test", "deleted"))


def new_epoch(run: int, ended: EpochEnded) -> dict[str, Any]:
    """Return the row of an ended epoch."""
    values = {
        "run": run,
        "epoch": ended.epoch,
        "logs": dict(ended.logs),
        "seconds": float(ended.seconds),
        "best": int(ended.best),
        "learning_rate": float(ended.learning_rate),
    }
    return sealed(epochs, values)


def epoch(row: Row[Any]) -> EpochEnded:
    """Return the ended epoch in a row; raises DamagedRowError for a damaged row."""
    try:
        found = checked(EpochRow, row)
    except DamagedRowError as error:
        raise DamagedRowError(f"epoch {row.epoch}: {error}") from None
    return EpochEnded(found.epoch, found.logs, found.seconds, found.best, found.learning_rate)


def summary(row: Row[Any], folder: Folders) -> RunSummary:
    """Return the run in a row; a damaged row yields a run marked as damaged, so that the others can be listed."""
    try:
        return RunSummary(**_common(checked(RunRow, row), folder))
    except DamagedRowError as error:
        return damaged(row.id, str(error), row._asdict())


def damaged(run: int, problem: str, values: Mapping[str, Any]) -> RunSummary:
    """Return the run of a damaged row with what is known of it; a number below 1 is treated as lost."""
    name, deleted = values.get("name"), values.get("deleted")
    return RunSummary(
        id=str(run) if run > 0 else LOST, kind="train",
        name=name if isinstance(name, str) and name.isprintable() else "?",
        status=Status.FAILED, interrupted=False, owned=False, reason=f"damaged: {problem}",
        created=datetime.fromtimestamp(0, UTC), seed=0, group=None, parent=None, data=None, parameters=None,
        epochs_done=0, best_epoch=None, best={}, test=None, seconds_prepare=0.0, seconds_train=0.0, tags=(),
        note="", deleted=isinstance(deleted, float), revision=0, experiment_text="{}", damaged=problem,
    )  # fmt: skip


def record(row: Row[Any], curve: Sequence[EpochEnded], folder: Folders) -> RunRecord:
    """Return the run in a row with its curves; raises DamagedRowError for a damaged row."""
    found = checked(RunRow, row)
    return RunRecord(
        **_common(found, folder),
        epochs=tuple(curve),
        baselines=found.baselines,
        machine=found.machine,
        versions=found.versions,
        options=found.options,
    )


_SAME_NAMES = (
    *("name", "kind", "seed", "data", "parameters", "best_epoch", "test", "seconds_prepare", "seconds_train"),
    *("tags", "note", "revision"),
)
"""The columns that have the same name in a summary."""


def _common(row: RunRow, folder: Folders) -> dict[str, Any]:
    owned = not row.status.ended and _owned(row, folder(str(row.id)))
    interrupted = not row.status.ended and not owned
    return {name: getattr(row, name) for name in _SAME_NAMES} | {
        "id": str(row.id),
        "status": Status.STOPPED if interrupted else row.status,
        "interrupted": interrupted,
        "owned": owned,
        "reason": _cut_off(row, folder(str(row.id))) if interrupted else row.reason,
        "created": datetime.fromtimestamp(row.created, UTC),
        "group": row.repeat,
        "parent": None if row.parent is None else str(row.parent),
        "epochs_done": row.epochs,
        "best": row.best or {},
        "deleted": row.deleted is not None,
        "experiment_text": row.experiment,
    }


def _cut_off(row: RunRow, folder: RunFolder) -> str:
    """Return why a run without a process has stopped, and whether the database lost epochs that have files."""
    latest = max(folder.saved(), default=0)
    lost = f"; the database lost its epochs after epoch {row.epochs}" if latest > row.epochs + 1 else ""
    return INTERRUPTED + lost


def _owned(row: RunRow, folder: RunFolder) -> bool:
    elsewhere = row.host != platform.node() and not folder.path.exists()
    return elsewhere or folder.owned
