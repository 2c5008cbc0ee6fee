"""Stored runs: a summary for tables, and a record with curves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.datasets.undefined_metrics import with_undefined
from engine.errors import StoreError
from engine.events import DataFacts, EpochEnded, Status
from engine.experiment.flat_settings import flat

if TYPE_CHECKING:
    from engine.experiment.model import Experiment


class Interrupted(BaseException):
    """Thrown into a run's recorded stream to leave the run resumable from its last epoch."""


INTERRUPTED = "interrupted: its process ended before it did"
"""The reason of the end of a run whose process disappeared."""


PEAK = "peak_memory_mb"
"""Key in a run's ``machine`` for the peak memory of its process, in megabytes."""


OF_DAMAGED = ("run", "name", "status", "state")
"""The facts (see :mod:`engine.runs.query_names`) that are known of a run whose row is damaged."""

LOST = "?"
"""The id of a run whose number was lost by the database."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A stored run without its curves.

    ``status`` is the current state: a run whose process disappeared counts as stopped and ``interrupted``;
    ``owned`` says whether a process owns the run. ``best`` holds the metrics at the best epoch and ``test`` those
    on the test samples, both by history name; ``group`` is shared by repetitions of one run. ``epochs_done`` of
    ``epochs_planned`` epochs have ended; seconds are wall-clock time. ``revision`` grows with every change, so the
    run changed last has the highest. ``damaged`` says what is wrong with a row that cannot be read; then only the
    facts in :data:`OF_DAMAGED` and ``reason`` are known. If even the number is lost, ``id`` is :data:`LOST`,
    followed by a counter if there are several such runs.
    """

    id: str
    name: str
    kind: str
    status: Status
    interrupted: bool
    owned: bool
    reason: str | None
    created: datetime
    seed: int
    group: str | None
    parent: str | None
    data: DataFacts | None
    parameters: int | None
    epochs_done: int
    best_epoch: int | None
    best: Mapping[str, float]
    test: Mapping[str, float] | None
    seconds_prepare: float
    seconds_train: float
    tags: tuple[str, ...]
    note: str
    deleted: bool
    revision: int
    experiment_text: str
    damaged: str | None = field(default=None, kw_only=True)

    @property
    def number(self) -> int:
        """The run's number; 0 if the database has lost it."""
        return 0 if self.id.startswith(LOST) else int(self.id)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Every setting of the experiment by its path, such as ``layers.0.units``."""
        return flattened(self.experiment_text)

    @property
    def experiment(self) -> Experiment:
        """The experiment as it was run; raises StoreError if this version cannot read it."""
        from pydantic import ValidationError

        from engine.experiment.model import Experiment

        try:
            return Experiment.model_validate_json(self.experiment_text)
        except ValidationError as error:
            raise StoreError(
                f"the experiment of run {self.id} was written by another version of the workbench: {error}"
            ) from error

    @property
    def epochs_planned(self) -> int:
        """The number of epochs that the experiment asks for."""
        planned = self.settings.get("training.epochs")
        return planned if isinstance(planned, int) else 0

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the experiment's metrics."""
        named = self.settings.get("training.metrics")
        return tuple(map(str, named)) if isinstance(named, list | tuple) else ()

    @property
    def dataset(self) -> str:
        """The name of the data set."""
        return str(self.settings.get("data.dataset", ""))

    @property
    def state(self) -> str:
        """The status in one word; "interrupted" if the process disappeared, "damaged" if the row is damaged."""
        if self.damaged:
            return "damaged"
        return "interrupted" if self.interrupted or self.reason == INTERRUPTED else str(self.status)

    @property
    def resumable(self) -> bool:
        """Whether the run can be resumed: it stopped early and no process owns it."""
        return not self.owned and not self.damaged and self.status in (Status.STOPPED, Status.FAILED)

    @property
    def error(self) -> str | None:
        """The reason of a failed run, in one line; None for other runs."""
        return self.reason if self.status is Status.FAILED else None


@dataclass(frozen=True, slots=True)
class RunRecord(RunSummary):
    """A stored run with its curves, the facts of its data, and its environment.

    ``baselines`` are the scores of a constant prediction; ``machine`` and ``versions`` describe the computer and
    libraries that the run was trained with; ``options`` are its options (``test``, ``evaluate_training``).
    """

    epochs: tuple[EpochEnded, ...]
    baselines: Mapping[str, float]
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    options: Mapping[str, bool]

    @property
    def history(self) -> dict[str, list[float]]:
        """Each metric's values over the epochs, by history name; NaN where undefined."""
        epochs = [with_undefined(ended.logs, self.metrics) for ended in self.epochs]
        names = dict.fromkeys(name for logs in epochs for name in logs)
        return {name: [logs.get(name, float("nan")) for logs in epochs] for name in names}

    def json(self) -> dict[str, Any]:
        """Return the run as the command's ``--json`` shows it."""
        shown = ("dataset", "source", "train", "validation", "test")
        return {
            "run": self.id,
            "name": self.name,
            "status": str(self.status),
            "error": self.error,
            "data": {name: getattr(self.data, name) for name in shown} if self.data else None,
            "parameters": self.parameters,
            "history": self.history,
            "best_epoch": self.best_epoch,
            "test": with_undefined(self.test, self.metrics) if self.test is not None else None,
            "seconds": {"prepare": round(self.seconds_prepare, 3), "train": round(self.seconds_train, 3)},
            PEAK: float(peak) if (peak := self.machine.get(PEAK)) else None,
        }


@lru_cache(maxsize=20_000)
def flattened(text: str) -> Mapping[str, Any]:
    """Flatten an experiment's JSON to a mapping from path to value; empty for any other text."""
    try:
        return flat(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def number(run_id: str) -> int:
    """Parse a run's number; raises StoreError for any other text."""
    if run_id.startswith(LOST):
        raise StoreError(
            f"the damaged run store has lost the number of run {run_id}: it cannot be opened, changed or deleted. "
            "Export the other runs you need, then move the store away to start a new one"
        )
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 16):
        raise unknown(run_id)
    return int(run_id)


def unknown(run_id: str) -> StoreError:
    """Return the error for a run that does not exist."""
    return StoreError(f"there is no run {run_id!r}: `workbench runs` lists all runs")
