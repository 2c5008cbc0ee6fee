"""What is written into the store's tables and read from them.

Importing this module imports SQLAlchemy: do it late.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from engine.errors import StoreError
from engine.events import DataFacts, EpochEnded, Status
from engine.runs import row_codec
from engine.runs.database import Database, epochs, looks, runs, schema
from engine.runs.records import RunRecord, RunSummary, number, unknown
from engine.runs.run_folder import RunFolder

Taken = TypeVar("Taken")


class Ledger:
    """The tables of a run store; every method is one transaction, or one look at one moment."""

    def __init__(self, url: str | None = None) -> None:
        self.database = Database(url)

    def folder(self, run_id: str) -> RunFolder:
        """A run's files; StoreError for what is no run's number."""
        return RunFolder(self.database.models(number(run_id)))

    def add(self, values: dict[str, Any], take: Callable[[str], Taken]) -> tuple[str, Taken]:
        """Add a run; ``take`` is given its number before anybody else sees it, and its result returned too."""
        with self.database.writing() as connection:
            added = runs.insert().values(values | {"revision": _next_revision(connection)})
            key = connection.execute(added).inserted_primary_key
            assert key is not None
            return str(key[0]), take(str(key[0]))

    def change(self, run_id: str, values: dict[str, Any]) -> None:
        """Change a run's row; StoreError where there is none."""
        with self.database.writing() as connection:
            self._change(connection, run_id, values)

    def add_epoch(self, run_id: str, ended: EpochEnded, values: dict[str, Any]) -> None:
        """Add an ended epoch, and what it changes in the run's row."""
        with self.database.writing() as connection:
            connection.execute(epochs.insert().values(row_codec.new_epoch(number(run_id), ended)))
            self._change(connection, run_id, values)

    def reopen(self, run_id: str, kept: Sequence[EpochEnded]) -> None:
        """Make a run's curve that of its checkpoint, whose last epoch may not have been written, and queue it."""
        beyond = (epochs.c.run == number(run_id)) & (epochs.c.epoch >= len(kept))
        with self.database.writing() as connection:
            connection.execute(epochs.delete().where(beyond))
            if kept:
                connection.execute(epochs.insert().values(row_codec.new_epoch(number(run_id), kept[-1])))
            self._change(connection, run_id, {"status": Status.QUEUED, "reason": None, "deleted": None})

    def add_look(self, run_id: str, facts: DataFacts, scores: Mapping[str, float]) -> None:
        """Note what a look at the test rows gave, and that it was taken."""
        look = {"run": number(run_id), "dataset": facts.dataset, "digest": facts.digest, "at": time.time()}
        with self.database.writing() as connection:
            connection.execute(looks.insert().values(look))
            self._change(connection, run_id, {"test": json.dumps(dict(scores))})

    def add_read(self, dataset: str, digest: str) -> None:
        """Count a read of a data set's test labels that belongs to no run."""
        look = {"run": 0, "dataset": dataset, "digest": digest, "at": time.time()}
        with self.database.writing() as connection:
            connection.execute(looks.insert().values(look))

    def looks(self, dataset: str, digest: str) -> int:
        """How often a data set's test rows have been looked at."""
        query = sa.select(sa.func.count()).where(looks.c.dataset == dataset, looks.c.digest == digest)
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def purge(self, run_ids: Collection[str], before: float) -> list[str]:
        """Remove these deleted runs, or all that were deleted before a time; returns their numbers."""
        gone = runs.c.deleted < before
        if run_ids:
            gone = runs.c.deleted.is_not(None) & runs.c.id.in_([number(run_id) for run_id in run_ids])
        with self.database.writing() as connection:
            found = list(connection.execute(sa.select(runs.c.id).where(gone)).scalars())
            connection.execute(runs.delete().where(runs.c.id.in_(found)))
        return [str(one) for one in found]

    def get(self, run_id: str, after: int = 0) -> RunRecord:
        """A run with its epochs after a given one; StoreError where there is none, or its row is damaged."""
        record = self._get(run_id, after)
        # Its process may have ended it properly between the look at its row and the look at its lock.
        return self._get(run_id, after) if record.interrupted else record

    def epochs(self, run_id: str, until: int) -> list[EpochEnded]:
        """A run's epochs up to a given one."""
        with self.database.reading() as connection, self._sound(run_id):
            return self._epochs(connection, run_id, epochs.c.epoch <= until)

    def summaries(self, deleted: bool = False, unfinished: bool = False) -> list[RunSummary]:
        """The runs, the newest first: the deleted or the others, and of these all or those not ended."""
        query = runs.select().where(runs.c.deleted.is_not(None) if deleted else runs.c.deleted.is_(None))
        if unfinished:
            query = query.where(runs.c.status.not_in([status for status in Status if status.ended]))
        return self._summaries(query.order_by(runs.c.id.desc()))

    def news(self, revision: int) -> list[RunSummary]:
        """The runs changed after a revision, deleted ones too, and those that have not ended."""
        begun = runs.c.status.not_in([status for status in Status if status.ended])
        return self._summaries(
            runs.select().where((runs.c.revision > revision) | begun).order_by(runs.c.id.desc())
        )

    def _summaries(self, query: sa.Select[Any]) -> list[RunSummary]:
        with self.database.reading() as connection:
            summaries = [row_codec.summary(row, self.folder) for row in connection.execute(query)]
        return [self._settled(one) if one.interrupted else one for one in summaries]

    def _settled(self, summary: RunSummary) -> RunSummary:
        with self.database.reading() as connection:
            return row_codec.summary(self._row(connection, summary.id), self.folder)

    def _get(self, run_id: str, after: int) -> RunRecord:
        with self.database.reading() as connection, self._sound(run_id):
            ended = self._epochs(connection, run_id, epochs.c.epoch > after)
            return row_codec.record(self._row(connection, run_id), ended, self.folder)

    def _row(self, connection: Connection, run_id: str) -> Row[Any]:
        row = connection.execute(runs.select().where(runs.c.id == number(run_id))).one_or_none()
        if row is None:
            raise unknown(run_id)
        return row

    def _epochs(self, connection: Connection, run_id: str, wanted: Any) -> list[EpochEnded]:
        query = epochs.select().where(epochs.c.run == number(run_id), wanted).order_by(epochs.c.epoch)
        return [row_codec.epoch(row) for row in connection.execute(query)]

    def _change(self, connection: Connection, run_id: str, values: dict[str, Any]) -> None:
        changes = values | {"revision": _next_revision(connection)}
        query = runs.update().where(runs.c.id == number(run_id)).values(changes)
        if not connection.execute(query).rowcount:
            raise unknown(run_id)

    @contextmanager
    def _sound(self, run_id: str) -> Iterator[None]:
        """Name the file where a row of the database is not what was written."""
        try:
            yield
        except (ValueError, TypeError, KeyError) as error:
            where = f"run {run_id} in the run store {self.database.place}"
            raise StoreError(f"{where} is damaged ({error})") from error


def _next_revision(connection: Connection) -> int:
    """One more than any run has had: what was changed since is found by it, whatever clocks and purges do."""
    connection.execute(schema.update().values(revision=schema.c.revision + 1))
    return int(connection.execute(sa.select(schema.c.revision)).scalar_one())
