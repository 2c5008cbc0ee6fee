"""Concatenates tables with the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.datasets.readers.table import Column, Table
from engine.datasets.readers.texts import Texts
from engine.errors import DataError, listed


def joined(tables: Sequence[Table], titles: Sequence[str]) -> Table:
    """Concatenate the rows of several tables; raises DataError if one lacks a column of the first.

    Columns that the first table lacks are left out, with a note. ``lines`` refer to each row's own file.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    notes = list(first.notes)
    for table, title in zip(tables[1:], titles[1:], strict=True):
        if missing := [name for name in first.names if name not in table.names]:
            raise DataError(f"{title} lacks columns of {titles[0]}: {', '.join(listed(missing))}")
        if extra := [name for name in table.names if name not in first.names]:
            notes.append(f"Columns of {title} that {titles[0]} lacks are left out: {', '.join(listed(extra))}.")
        notes += [f"{title}: {note}" for note in table.notes]
    columns = tuple(_column([table.column(name) for table in tables]) for name in first.names)
    lines = np.concatenate([table.lines for table in tables])
    return replace(first, columns=columns, notes=tuple(notes), lines=lines)


def _column(parts: Sequence[Column]) -> Column:
    missing = np.concatenate([part.missing for part in parts])
    if any(isinstance(part.stored, Texts) for part in parts):
        texts = [
            None if gone else text for part in parts for text, gone in zip(part.texts(), part.missing, strict=True)
        ]
        return replace(parts[0], stored=Texts.of(texts), missing=missing)
    return replace(parts[0], stored=np.concatenate([np.asarray(part.stored) for part in parts]), missing=missing)
