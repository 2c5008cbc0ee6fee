"""A stored run as the rest of the project sees it: a summary for tables, a record with its curves."""

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
    """Thrown into a run's recorded stream: it stays as its last epoch left it, to be resumed."""


INTERRUPTED = "interrupted: its process ended before it did"
"""Why a run has stopped whose process went away."""


PEAK = "peak_memory_mb"
"""What a run's machine calls the most memory that its process took, in megabytes."""


OF_DAMAGED = ("run", "name", "status", "state")
"""The facts that are known of a run whose row is damaged."""

LOST = "?"
"""The number of a run whose number the database has lost."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A stored run without its curves.

    ``status`` is what the run is now: one that was cut off (its process is gone) counts as stopped, and is
    ``interrupted``; ``going`` tells whether some process has it. ``best`` holds the best epoch's metrics,
    ``test`` the test samples', both by history name; ``group`` is shared by the runs of one repetition.
    ``epochs_done`` of ``epochs_planned`` epochs have ended; seconds are wall-clock time. ``revision`` is higher
    the later something about the run was changed. ``damaged`` says what is wrong with the run's row in the store,
    where it cannot be read; then only the facts :data:`OF_DAMAGED` and ``reason`` are known. ``id`` is
    :data:`LOST`, and what tells several apart, where not even the number is known.
    """

    id: str
    name: str
    kind: str
    status: Status
    interrupted: bool
    going: bool
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
        """The run's number; 0 where the database has lost it."""
        return 0 if self.id.startswith(LOST) else int(self.id)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Every setting of the experiment by its path, such as ``layers.0.units``."""
        return flattened(self.experiment_text)

    @property
    def experiment(self) -> Experiment:
        """The experiment as it was run; StoreError where this version cannot read it."""
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
        """How many epochs the experiment asks for."""
        planned = self.settings.get("training.epochs")
        return planned if isinstance(planned, int) else 0

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the experiment's metrics."""
        named = self.settings.get("training.metrics")
        return tuple(map(str, named)) if isinstance(named, list | tuple) else ()

    @property
    def dataset(self) -> str:
        """The name of its data set."""
        return str(self.settings.get("data.dataset", ""))

    @property
    def state(self) -> str:
        """How the run is in a word: its status, "interrupted" where its process went away, or "damaged"."""
        if self.damaged:
            return "damaged"
        return "interrupted" if self.interrupted or self.reason == INTERRUPTED else str(self.status)

    @property
    def resumable(self) -> bool:
        """Whether the run can be resumed: it stopped early, and no process has it."""
        return not self.going and not self.damaged and self.status in (Status.STOPPED, Status.FAILED)

    @property
    def error(self) -> str | None:
        """Why the run failed, in a line; None for one that did not."""
        return self.reason if self.status is Status.FAILED else None


@dataclass(frozen=True, slots=True)
class RunRecord(RunSummary):
    """A stored run with its curves, what it was trained on and with what.

    ``baselines`` are the scores of a predictor that ignores its input; ``machine`` and ``versions`` say where
    the run was trained and with which libraries; ``options`` how it was run (``test``, ``evaluate_training``).
    """

    epochs: tuple[EpochEnded, ...]
    baselines: Mapping[str, float]
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    options: Mapping[str, bool]

    @property
    def history(self) -> dict[str, list[float]]:
        """Each metric's values over the epochs, by history name; NaN where it is undefined."""
        epochs = [with_undefined(ended.logs, self.metrics) for ended in self.epochs]
        names = dict.fromkeys(name for logs in epochs for name in logs)
        return {name: [logs.get(name, float("nan")) for logs in epochs] for name in names}

    def json(self) -> dict[str, Any]:
        """The run as the command's ``--json`` shows it."""
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
    """An experiment's JSON as one mapping from path to value; empty for text that is no such JSON."""
    try:
        return flat(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def number(run_id: str) -> int:
    """A run's number; StoreError for text that is none."""
    if run_id.startswith(LOST):
        raise StoreError(
            f"the damaged run store has lost the number of run {run_id}: it cannot be opened, changed or deleted. "
            "Export the other runs you need, then move the store away to start a new one"
        )
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 16):
        raise unknown(run_id)
    return int(run_id)


def unknown(run_id: str) -> StoreError:
    """What is raised for a run that is not there."""
    return StoreError(f"there is no run {run_id!r}: `workbench runs` lists those there are")
