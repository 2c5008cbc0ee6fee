"""Reads and writes the store's tables.

Importing this module imports SQLAlchemy: import it lazily.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from engine.errors import StoreError
from engine.events import DataFacts, EpochEnded, Status
from engine.runs import row_codec
from engine.runs.database import DamagedDatabaseError, Database
from engine.runs.records import LOST, RunRecord, RunSummary, number, unknown
from engine.runs.run_folder import RunFolder
from engine.runs.schema import epochs, runs, schema, sealed, test_evaluations

if TYPE_CHECKING:
    from engine.training.run import Run

Taken = TypeVar("Taken")

MOST_SALVAGED = 100_000
"""In a damaged database, run numbers up to this one are tried one by one."""

_NOT_ENDED = runs.c.status.not_in([str(status) for status in Status if status.ended])
"""Selects the runs that have not ended; damaged rows may be among them."""


class Ledger:
    """The tables of a run store; each method is one transaction or one consistent read."""

    def __init__(self, url: str | None = None, waiting: Callable[[str], object] | None = None) -> None:
        self.database = Database(url, waiting)

    def folder(self, run_id: str) -> RunFolder:
        """Return a run's folder; raises StoreError if ``run_id`` is not a run number."""
        return RunFolder(self.database.models(number(run_id)))

    def add(
        self, run: Run, take: Callable[[str], Taken], parent: str | None, kind: str | None, group: str | None
    ) -> tuple[str, Taken]:
        """Add a run and return its number and the result of ``take``.

        ``take`` is called with the number before the run becomes visible to other processes.
        """
        with self.database.writing() as connection:
            values = row_codec.new_run(run, parent, kind, group) | {"revision": _next_revision(connection)}
            if taken := self.database.numbers_in_use(connection):
                values["id"] = taken + 1
            run_id = str(_insert(connection, runs, values))
            return run_id, take(run_id)

    def change(self, run_id: str, values: dict[str, Any]) -> None:
        """Change a run's row; raises StoreError if the row is missing or damaged."""
        with self.database.writing() as connection, self._damage_named(run_id):
            self._change(connection, run_id, values)

    def set_deleted(self, run_id: str, deleted: float | None) -> None:
        """Delete a run or restore it; a damaged row can be deleted too and stays damaged.

        Raises StoreError for a running run. No other process can start to resume it between this check and the
        deletion.
        """
        with self.database.writing() as connection:
            if deleted and row_codec.summary(self._row(connection, run_id), self.folder).owned:
                raise StoreError(f"run {run_id} is running: stop it first")
            try:
                self._change(connection, run_id, {"deleted": deleted})
            except row_codec.DamagedRowError:
                connection.execute(runs.update().where(runs.c.id == number(run_id)).values(deleted=deleted))

    def add_epoch(self, run_id: str, ended: EpochEnded, values: dict[str, Any]) -> None:
        """Add an ended epoch and update the run's row."""
        with self.database.writing() as connection, self._damage_named(run_id):
            connection.execute(epochs.insert().values(row_codec.new_epoch(number(run_id), ended)))
            self._change(connection, run_id, values)

    def reopen(self, run_id: str, kept: Sequence[EpochEnded], values: dict[str, Any]) -> None:
        """Reset a run's curve to its checkpoint, whose last epoch the table may lack, and queue the run."""
        beyond = (epochs.c.run == number(run_id)) & (epochs.c.epoch >= len(kept))
        with self.database.writing() as connection, self._damage_named(run_id):
            connection.execute(epochs.delete().where(beyond))
            if kept:
                connection.execute(epochs.insert().values(row_codec.new_epoch(number(run_id), kept[-1])))
            queued = {"status": Status.QUEUED, "reason": None, "deleted": None}
            self._change(connection, run_id, values | queued)

    def add_test_evaluation(self, run_id: str, facts: DataFacts, scores: Mapping[str, float]) -> None:
        """Store the scores on the test samples and count the evaluation."""
        with self.database.writing() as connection, self._damage_named(run_id):
            _count_evaluation(connection, number(run_id), facts.dataset, facts.digest)
            self._change(connection, run_id, {"test": dict(scores)})

    def add_read(self, dataset: str, digest: str) -> None:
        """Count a read of a data set's test labels that does not belong to a run."""
        with self.database.writing() as connection:
            _count_evaluation(connection, 0, dataset, digest)

    def test_evaluations(self, dataset: str, digest: str) -> int:
        """Return how often a data set's test samples were evaluated; damaged rows count for every data set."""
        return sum(
            not isinstance(one, row_codec.TestEvaluationRow) or (one.dataset, one.digest) == (dataset, digest)
            for one in self._evaluations()
        )

    def damaged_evaluations(self) -> list[str]:
        """Describe each damaged row in the table of test evaluations."""
        return [one for one in self._evaluations() if isinstance(one, str)]

    def _evaluations(self) -> list[row_codec.TestEvaluationRow | str]:
        """Return every test evaluation; for a damaged row, a description of the damage."""
        with self.database.reading() as connection:
            rows = connection.execute(test_evaluations.select().order_by(test_evaluations.c.id)).all()
        found: list[row_codec.TestEvaluationRow | str] = []
        for row in rows:
            try:
                found.append(row_codec.checked(row_codec.TestEvaluationRow, row))
            except row_codec.DamagedRowError as error:
                found.append(f"evaluation {row.id} of test samples in {self.database.name} is damaged: {error}")
        return found

    def purge(self, run_ids: Collection[str], before: float) -> list[str]:
        """Remove these deleted runs, or all that were deleted before ``before``; return their numbers.

        Damaged rows are only removed by number, since their time of deletion is unknown.
        """
        wanted = runs.select().where(runs.c.deleted.is_not(None))
        if run_ids:
            wanted = wanted.where(runs.c.id.in_([number(run_id) for run_id in run_ids]))
        with self.database.writing() as connection:
            found = [row.id for row in connection.execute(wanted) if run_ids or _deleted_before(row, before)]
            connection.execute(runs.delete().where(runs.c.id.in_(found)))
        return [str(one) for one in found]

    def get(self, run_id: str, after: int = 0) -> RunRecord:
        """Return a run with its epochs after ``after``; raises StoreError if it is missing or damaged."""
        record = self._get(run_id, after)
        # Its process may have ended it properly between the reads of its row and of its lock.
        return self._get(run_id, after) if record.interrupted else record

    def epochs(self, run_id: str, until: int) -> list[EpochEnded]:
        """Return a run's epochs up to and including ``until``."""
        with self.database.reading() as connection, self._damage_named(run_id):
            return self._epochs(connection, run_id, epochs.c.epoch <= until)

    def summaries(self, deleted: bool = False, unfinished: bool = False) -> list[RunSummary]:
        """Return the runs, newest first: those deleted or not, optionally only those that have not ended.

        Runs whose row cannot be read are included and marked as damaged.
        """
        query = runs.select().where(_NOT_ENDED) if unfinished else runs.select()
        found = self._summaries(query)
        if not unfinished:
            found = [*self._lost(), *found]
        return [one for one in found if one.deleted is deleted]

    def news(self, revision: int) -> list[RunSummary]:
        """Return the runs changed after ``revision``, deleted ones included, and all that have not ended."""
        return self._summaries(runs.select().where((runs.c.revision > revision) | _NOT_ENDED))

    def _summaries(self, query: sa.Select[Any]) -> list[RunSummary]:
        try:
            with self.database.reading() as connection:
                latest_first = connection.execute(query.order_by(runs.c.id.desc()))
                found = [row_codec.summary(row, self.folder) for row in latest_first]
        except DamagedDatabaseError as error:
            return self._one_by_one(error)
        return _with_distinct_ids([self.summary(one.id) if one.interrupted else one for one in found])

    def _one_by_one(self, damage: DamagedDatabaseError) -> list[RunSummary]:
        """Read the runs of a damaged database row by row and mark unreadable ones; raise ``damage`` if all are."""
        with self.database.reading() as connection:
            last = min(self.database.last_number(connection), MOST_SALVAGED)
        found = [run for run in map(self._salvaged, range(last, 0, -1)) if run is not None]
        if all(run.damaged for run in found):
            raise damage
        return found

    def _salvaged(self, run: int) -> RunSummary | None:
        try:
            with self.database.reading() as connection:
                row = connection.execute(runs.select().where(runs.c.id == run)).one_or_none()
                return None if row is None else row_codec.summary(row, self.folder)
        except DamagedDatabaseError:
            return row_codec.damaged(run, "its part of the database cannot be read", {})

    def _lost(self) -> list[RunSummary]:
        """Return the latest run if it has files but no row, because the database lost its latest changes."""
        with self.database.reading() as connection:
            run = self.database.numbers_in_use(connection)
        if not run or not self.folder(str(run)).saved():
            return []
        with self.database.reading() as connection:  # it may have been added meanwhile
            known = self.database.last_number(connection) >= run
        return [] if known else [row_codec.damaged(run, "the database has lost what it knew of the run", {})]

    def summary(self, run_id: str) -> RunSummary:
        """Return a run without its curves, even if its row is damaged; raises StoreError if there is none."""
        with self.database.reading() as connection:
            return row_codec.summary(self._row(connection, run_id), self.folder)

    def _get(self, run_id: str, after: int) -> RunRecord:
        with self.database.reading() as connection, self._damage_named(run_id):
            ended = self._epochs(connection, run_id, epochs.c.epoch > after)
            record = row_codec.record(self._row(connection, run_id), ended, self.folder)
        if [one.epoch for one in ended] != [after + 1 + index for index in range(len(ended))] or (
            len(ended) != record.epochs_done - after
        ):
            raise StoreError(
                f"{self._where(run_id)} is damaged: it has {record.epochs_done} epochs, not all are there"
            )
        return record

    def _row(self, connection: Connection, run_id: str) -> Row[Any]:
        row = connection.execute(runs.select().where(runs.c.id == number(run_id))).one_or_none()
        if row is None:
            raise unknown(run_id)
        return row

    def _epochs(self, connection: Connection, run_id: str, wanted: Any) -> list[EpochEnded]:
        query = epochs.select().where(epochs.c.run == number(run_id), wanted).order_by(epochs.c.epoch)
        return [row_codec.epoch(row) for row in connection.execute(query)]

    def _change(self, connection: Connection, run_id: str, values: dict[str, Any]) -> None:
        """Change a run's row; raises DamagedRowError if it is damaged, as a new checksum would hide that."""
        row = self._row(connection, run_id)
        row_codec.checked(row_codec.RunRow, row)
        changes = values | {"revision": _next_revision(connection)}
        changes["checksum"] = sealed(runs, row._asdict() | changes)["checksum"]
        connection.execute(runs.update().where(runs.c.id == row.id).values(changes))

    @contextmanager
    def _damage_named(self, run_id: str) -> Iterator[None]:
        """Raise StoreError with the run and store if a row is damaged."""
        try:
            yield
        except row_codec.DamagedRowError as error:
            raise StoreError(f"{self._where(run_id)} is damaged: {error}") from error

    def _where(self, run_id: str) -> str:
        return f"run {run_id} in the run store {self.database.name}"


def _with_distinct_ids(runs: list[RunSummary]) -> list[RunSummary]:
    """Move runs with lost numbers to the end and label them ``?``, ``?2``, ``?3``, so that they have different
    ids.
    """
    lost = [run for run in runs if run.id == LOST]
    if not lost:
        return runs
    marked = [replace(run, id=f"{LOST}{index}") for index, run in enumerate(lost[1:], 2)]
    return [*(run for run in runs if run.id != LOST), lost[0], *marked]


def _next_revision(connection: Connection) -> int:
    """Increment and return the store's revision, which finds changes independently of clocks and purges."""
    connection.execute(schema.update().values(revision=schema.c.revision + 1))
    return int(connection.execute(sa.select(schema.c.revision)).scalar_one())


def _insert(connection: Connection, table: sa.Table, values: dict[str, Any]) -> int:
    """Insert a row, add the checksum (it covers the assigned number), and return the number."""
    key = connection.execute(table.insert().values(values)).inserted_primary_key
    assert key is not None
    row = sealed(table, values | {"id": key[0]})
    connection.execute(table.update().where(table.c.id == key[0]).values(checksum=row["checksum"]))
    return int(key[0])


def _count_evaluation(connection: Connection, run: int, dataset: str, digest: str) -> None:
    _insert(connection, test_evaluations, {"run": run, "dataset": dataset, "digest": digest, "at": time.time()})


def _deleted_before(row: Row[Any], before: float) -> bool:
    try:
        deleted = row_codec.checked(row_codec.RunRow, row).deleted
    except row_codec.DamagedRowError:
        return False
    return deleted is not None and deleted < before
