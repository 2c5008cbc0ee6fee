"""A run's evidence on a page: classes, calibration, curves and slices of its held-out samples."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from engine.events import Preparing
from workbench.text import evidence
from workbench.tui.dialogs.work_page import WorkPage

if TYPE_CHECKING:
    from engine.runs import RunStore


def evidence_page(store: RunStore, run: str) -> WorkPage:
    """The page of a stored run."""
    return WorkPage(f"Evidence of run {run}", lambda: _lines(store, run))


def _lines(store: RunStore, run: str) -> Generator[Preparing | str, None, None]:
    from engine.evaluation.report import report
    from engine.runs import evidence as known
    from engine.runs import held_out_outputs
    from engine.runs.decisions import read_decision

    record = store.get(run)
    dataset = yield from held_out_outputs.load_data(record)
    outputs = yield from held_out_outputs.held_out_outputs(store, run, dataset)
    yield Preparing("weighing the evidence")
    yield from evidence.report(report(outputs, dataset, read_decision(store, record)))
    below = yield from known.baselines(record)
    for name, values in below.items():
        if values:
            yield f"\n{name} baseline: " + ", ".join(f"{key} {value:.4g}" for key, value in values.items())
