"""Exports stored runs for other programs, reports and colleagues.

Each format is a function of a run's record in its own module; this module selects it by name and writes the files
atomically. Importing this package imports neither TensorFlow nor matplotlib.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from engine import datasets
from engine.errors import EngineError
from engine.experiment.validation import unknown
from engine.exporting.curves_csv import csv
from engine.exporting.keras_script import script
from engine.exporting.keras_script_own import OwnData
from engine.exporting.text_card import card
from engine.features import Features
from engine.runs import RunRecord, RunStore, evidence
from engine.system.atomic_write import write_bytes
from engine.system.drain import drain
from engine.system.paths import exists, expanded

__all__ = ["DESCRIPTIONS", "FORMS", "SEVERAL", "export", "export_many"]

FORMS = {
    "python": ".py",
    "csv": ".csv",
    "tensorboard": "",
    "png": ".png",
    "svg": ".svg",
    "pdf": ".pdf",
    "card": ".txt",
    "keras": ".keras",
}
"""The formats by name, with the suffix of their files; TensorBoard's is a folder."""

DESCRIPTIONS = {
    "python": "a standalone Keras script",
    "csv": "the curves, for a spreadsheet",
    "tensorboard": "event files, in a folder",
    "png": "a figure of the curves",
    "svg": "a figure of the curves, to be scaled",
    "pdf": "a figure of the curves, for a report",
    "card": "a summary as plain text, for a mail or a ticket",
    "keras": "the model of the best epoch",
}
"""A short description of each format."""

SEVERAL = ("csv", "tensorboard", "png", "svg", "pdf")
"""The formats that can contain several runs."""


def export(store: RunStore, run_id: str, to: str, out: Path, force: bool = False) -> Path:
    """Export one run; see :func:`export_many`."""
    return export_many(store, [run_id], to, out, force)


def export_many(store: RunStore, run_ids: Sequence[str], to: str, out: Path, force: bool = False) -> Path:
    """Write runs to ``out`` in the format ``to`` and return the path written.

    If ``out`` is an existing folder, a file named after the runs is created in it. An existing file is only
    overwritten with ``force``. Raises EngineError for an unknown format, for several runs in a format for one, and
    for what cannot be written; StoreError for runs that do not exist.
    """
    if to not in FORMS:
        raise EngineError(unknown("format", to, FORMS))
    if len(run_ids) != 1 and to not in SEVERAL:
        raise EngineError(f"{to} can only contain one run: export them one by one, or as {', '.join(SEVERAL)}")
    records = [store.get(run_id) for run_id in dict.fromkeys(run_ids)]
    path = _target(records, to, expanded(out), force)
    if to == "tensorboard":
        from engine.exporting.tensorboard import write

        write(records, path)
    else:
        write_bytes(path, _ONE[to](store, records[0]) if to in _ONE else _MANY[to](store, records))
    return path


def _target(records: Sequence[RunRecord], to: str, out: Path, force: bool) -> Path:
    if to != "tensorboard" and exists(out) and out.is_dir():
        out = out / f"run-{'-'.join(record.id for record in records)}{FORMS[to]}"
    taken = (
        any(exists(out / f"run-{record.id}") for record in records)
        if to == "tensorboard"
        else os.path.lexists(out)
    )
    if taken and not force:
        raise EngineError(f"{out} already exists: name another, or overwrite it with --force")
    return out


def _script(store: RunStore, record: RunRecord) -> bytes:
    if datasets.entry(record.experiment.data.dataset) is not None:
        return script(record).encode()
    features = store.features(record.id)
    dataset = drain(datasets.load(record.experiment.data, record.seed))
    return script(record, OwnData(dataset, features)).encode()


def _features(store: RunStore, record: RunRecord) -> Features | None:
    """Return a run's features; None if it ended before they were fitted."""
    try:
        return store.features(record.id)
    except EngineError:
        return None


def _model(store: RunStore, record: RunRecord) -> bytes:
    from engine.exporting.keras_model import saved_model

    return saved_model(record.experiment, store.features(record.id), store.weights(record.id))


def _card(store: RunStore, record: RunRecord) -> bytes:
    intervals = drain(evidence.intervals(store, record))
    linear = evidence.known_baselines(record)["linear"]
    decided = evidence.decided(store, record)
    return card(record, _features(store, record), intervals, linear, decided).encode()


def _figure(form: str) -> Callable[[RunStore, Sequence[RunRecord]], bytes]:
    def drawn(store: RunStore, records: Sequence[RunRecord]) -> bytes:
        from engine.exporting.curves_figure import RunEvidence, figure

        found = {}
        for record in records:
            alone = len(records) == 1  # with several runs, only known intervals are drawn
            intervals = (
                drain(evidence.intervals(store, record)) if alone else evidence.known_intervals(store, record)
            )
            found[record.id] = RunEvidence(intervals, evidence.known_baselines(record)["linear"] or {})
        return figure(records, form, found)

    return drawn


_ONE: dict[str, Callable[[RunStore, RunRecord], bytes]] = {
    "python": _script,
    "card": _card,
    "keras": _model,
}
_MANY: dict[str, Callable[[RunStore, Sequence[RunRecord]], bytes]] = {
    "csv": lambda _, records: csv(records).encode(),
    **{form: _figure(form) for form in ("png", "svg", "pdf")},
}
