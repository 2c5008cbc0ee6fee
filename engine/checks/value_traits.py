"""Finds suspicious values in a user's table.

These are values with several spellings, stand-ins for missing values, identifiers, columns that say how to split,
markup, and totals of the other rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from engine.checks.trait import Trait
from engine.system.suggest import alike

if TYPE_CHECKING:
    from engine.datasets.dataset import TableFacts
    from engine.datasets.readers.table import Column

MOST_VALUES = 1000
"""Maximum number of different values of a category whose spellings are compared."""

_STAND_INS = frozenset({-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0})
"""Numbers that are often written for a missing value."""

_IDENTIFIER = re.compile(r"(?i:(^|[^a-z])(id|uid|key|ssn|no|nr)$|(number|nummer|identifier)$)|[a-z](Id|ID|No|Nr)$")
"""Names of columns that identify rows."""

_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,9}(\s[^<>]{0,200})?/?>|&(#\d{1,5}|[a-z]{2,6});")
_TEXTS = 200
"""Number of texts per column that are searched for markup."""

_TOTALS = (
    *("total", "totals", "grand total", "sum", "subtotal", "average", "mean", "overall"),
    *("summe", "gesamt", "insgesamt", "mittelwert", "somme", "moyenne", "totale", "media", "suma"),
)


def traits(facts: TableFacts) -> Iterator[Trait]:
    """Return the traits of single values."""
    yield from _spellings(facts)
    yield from _total(facts)
    for one in facts.roles:
        column = facts.table.column(one.name)
        if one.role == "number":
            yield from _stand_ins(column)
            yield from _identifiers(column)
        elif one.role == "category":
            yield from _split(column)
        elif one.role == "text":
            yield from _markup(column)


def _stand_ins(column: Column) -> Iterator[Trait]:
    """Find a number far from all others that often stands for a missing value."""
    values = np.asarray(column.values)
    if column.kind != "number" or not len(values):
        return
    for value in {float(np.fmin.reduce(values)), float(np.fmax.reduce(values))} & _STAND_INS:
        others = values[(values != value) & ~column.missing]
        count = len(values) - len(others) - int(column.missing.sum())
        if count < 2 or not len(others):
            continue
        lowest, highest = float(others.min()), float(others.max())
        away = max(lowest - value, value - highest)
        if away > 3 * (highest - lowest) or (value < 0 <= lowest):
            yield Trait(
                "warning",
                f"data.columns.{column.name}",
                f"{count:,} values of {column.name!r} are {value:g}, all others {lowest:g} to {highest:g}",
                f"if {value:g} stands for a missing value, it must not be learnt from: name it in data.missing",
            )


def _identifiers(column: Column) -> Iterator[Trait]:
    """Find whole numbers that are different in each row, in a column named like an identifier."""
    if column.kind != "number" or not _IDENTIFIER.search(column.name) or not column.is_whole or len(column) < 3:
        return
    ordered = np.sort(np.asarray(column.values))
    steps = np.diff(ordered)
    if steps.all() and (steps != 1).any():  # steps of one have their own finding
        yield Trait(
            "warning",
            f"data.columns.{column.name}",
            f"the column {column.name!r} seems to identify the rows: it is different in each",
            "with it a network can memorise single rows, which does not help with new samples",
            ignore=(column.name,),
        )


def _split(column: Column) -> Iterator[Trait]:
    """Find a column that says which samples are for training and which are held out."""
    if column.says_parts:
        yield Trait(
            "warning",
            "data.split_column",
            f"the column {column.name!r} says which samples are for training, and is read as an input",
            "it says nothing about new samples: split by it, or leave it out",
            label=f"split by {column.name}",
            changes=(("data.split_column", column.name),),
        )


def _markup(column: Column) -> Iterator[Trait]:
    """Find texts with HTML tags or escaped characters."""
    texts = [text for text in column.take(slice(0, _TEXTS)).texts() if text]
    marked = [found for text in texts if (found := _TAG.search(text))]
    if len(marked) * 10 > len(texts):
        yield Trait(
            "advice",
            f"data.columns.{column.name}",
            f"texts of {column.name!r} hold the markup of web pages, as {marked[0][0]!r}",
            "its parts are read as words: remove it from the file if it is not informative",
        )


def _spellings(facts: TableFacts) -> Iterator[Trait]:
    for one in facts.roles:
        column = facts.table.column(one.name)
        if one.role != "category" or column.kind != "text" or column.distinct > MOST_VALUES:
            continue
        if several := alike(column.classes()[0]):
            named = " and ".join(map(repr, several[0]))
            more = f", and {len(several) - 1} more" if len(several) > 1 else ""
            yield Trait(
                "advice",
                f"data.columns.{one.name}",
                f"values of {one.name!r} differ only in case or blanks: {named}{more}",
                "each is a separate value: write them alike if they are the same",
            )


def _total(facts: TableFacts) -> Iterator[Trait]:
    last = facts.table[len(facts.table) - 1]
    for one in facts.roles:
        column = last.column(one.name)
        text = column.texts()[0] if column.kind == "text" else ""
        if text.strip(" :").casefold() in _TOTALS:
            yield Trait(
                "warning",
                "data.dataset",
                f"line {int(last.lines[0])} seems to sum up the others: it has {text!r} in {one.name!r}",
                "it is read as one more sample: remove it from the file",
            )
            return
