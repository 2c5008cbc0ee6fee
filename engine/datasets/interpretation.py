"""Describes how a user's data was interpreted: its target, its inputs, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from engine.datasets.catalogue import CATALOGUE
from engine.datasets.dataset import Dataset, TableFacts
from engine.datasets.readers.table import listed

MOST_NAMED = 8
"""Maximum number of inputs and classes that are listed."""


def interpretation(dataset: Dataset) -> Iterator[str]:
    """Describe how a user's data set was interpreted, in lines; yields nothing for a catalogue data set."""
    if dataset.name in CATALOGUE:
        return
    classes = f"{len(dataset.labels)} classes: {listed(dataset.labels, MOST_NAMED)}"
    what = classes if dataset.labels else "a number (regression)"
    target = dataset.target or "the folders' names"
    yield f"target: {target}, {what}"
    if dataset.table:
        inputs = (one for one in dataset.table.roles if one.role not in ("target", "ignored"))
        yield f"inputs: {listed([f'{one.name} ({one.role})' for one in inputs], MOST_NAMED)}"
        yield from (f"left out: {line}" for line in _left_out(dataset.table))
    elif dataset.kind == "text":
        yield "inputs: the texts"
    else:
        yield f"inputs: {len(dataset.columns):,} columns"
    yield from dataset.notes


def _left_out(facts: TableFacts) -> Iterator[str]:
    for one in facts.roles:
        if one.role == "ignored":
            yield f"{one.name} ({one.reason})"
    if facts.left_out and facts.left_out.samples:
        yield f"{facts.left_out.samples:,} samples ({facts.left_out.why})"
