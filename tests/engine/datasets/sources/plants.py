"""A table of plants to write in many ways, and what is asked of a file that was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import datasets
from engine.checks import table_traits
from engine.datasets.dataset import Dataset
from engine.errors import DataError
from engine.experiment.model import Data
from engine.system.drain import drain

PARTS = ("leaf", "stem", "root")
ROWS = [[f"{10 + n % 7}.{n % 10}", f"{2 + n % 5}", PARTS[n % 3]] for n in range(30)]
HEADING = ["height", "width", "part"]


def load(path: Path, **settings: Any) -> Dataset:
    """The data set of a file, with settings of ``data``."""
    return drain(datasets.load(Data(dataset=str(path), **settings), 7))


def delimited(path: Path, rows: list[list[str]], heading: list[str] = HEADING) -> Path:
    """Writes rows with commas between cells."""
    path.write_text("".join(",".join(row) + "\n" for row in [heading, *rows]), encoding="utf-8")
    return path


def column(found: Dataset, name: str) -> list[str]:
    """A column's values as texts."""
    assert found.table is not None
    return found.table.table.column(name).texts()


def said(found: Dataset) -> str:
    """The notes on a data set, a line each."""
    return "\n".join(found.notes)


def refused(path: Path, **settings: Any) -> str:
    """The message with which a file is refused."""
    with pytest.raises(DataError) as caught:
        load(path, **settings)
    return str(caught.value)


def traits(found: Dataset) -> str:
    """What is found in the samples, a line each."""
    return "\n".join(one.message for one in table_traits.traits(found))
