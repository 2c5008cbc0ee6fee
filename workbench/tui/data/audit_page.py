"""The audit of a data set on a page."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from engine.events import Preparing
from workbench.text import evidence
from workbench.tui.dialogs.work_page import WorkPage

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset


def audit_page(dataset: Dataset, named: str) -> WorkPage:
    """The page of a data set that has been read under this name."""
    return WorkPage(f"Audit of {dataset.title}", lambda: _lines(dataset, named))


def _lines(dataset: Dataset, named: str) -> Generator[Preparing | str, None, None]:
    """The audit of training and validation samples, whose labels may be read."""
    from engine.evaluation.audit.audit_marks import marks_file, read_marks
    from engine.evaluation.audit.data_audit import audit

    file = marks_file(dataset, named)
    found = yield from audit(dataset, read_marks(file, dataset), test=False)
    yield from evidence.audit(dataset, found)
    yield f"\n`workbench data mark {named} SAMPLE wrong` marks a sample, in {file}"
