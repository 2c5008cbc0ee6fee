"""Curves as a table of comma-separated values."""

from __future__ import annotations

import csv as tables
import io
from collections.abc import Sequence

import numpy as np

from engine.runs import RunRecord
from engine.runs.records import PEAK


def csv(records: Sequence[RunRecord]) -> str:
    """Return one line per epoch of each run; metrics that a run does not have are empty.

    The only text is in the heading, so that no spreadsheet mistakes a name for a formula.
    """
    names = list(dict.fromkeys(name for record in records for ended in record.epochs for name in ended.logs))
    text = io.StringIO()
    writer = tables.writer(text, lineterminator="\n")
    writer.writerow(["run", "epoch", *names, "learning_rate", "seconds", "best", PEAK])
    for record in records:
        peak = record.machine.get(PEAK, "")
        for ended in record.epochs:
            values = [ended.logs.get(name, "") for name in names]
            best = int(ended.epoch == record.best_epoch)
            rate = str(np.float32(ended.learning_rate))  # the optimiser stores it in single precision
            writer.writerow([record.id, ended.epoch, *values, rate, round(ended.seconds, 4), best, peak])
    return text.getvalue()
