"""Tables of strings held in memory, from JSON and Excel, before their cells are converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.datasets.readers.cell_types import MISSING, QUOTED
from engine.datasets.readers.table import Options, Reading, Table
from engine.datasets.readers.table_builder import TableBuilder, forms_of


def table(
    path: Path,
    columns: Mapping[str, pl.Series],
    reading: Reading,
    options: Options,
    lines: NDArray[np.int64],
    notes: Sequence[str] = (),
) -> Table:
    """Convert whole columns of strings; ``lines`` is the line of each row."""
    frame = pl.DataFrame([cells.alias(name) for name, cells in columns.items()])
    forms = forms_of({name: [cells] for name, cells in columns.items()}, None, options)
    builder = TableBuilder(tuple(columns), forms, options)
    builder.add_frame(frame, lines)
    for name in builder.unfitting():
        forms[name] = forms_of({name: [columns[name]]}, None, options, text=True)[name]
    if builder.unfitting():
        builder = TableBuilder(tuple(columns), forms, options)
        builder.add_frame(frame, lines)
    return builder.finish(reading, path, notes)


def spared(text: str) -> str:
    """A text that was written as a text, marked where it would else be taken for a missing value."""
    return QUOTED + text if text in MISSING and text else text
