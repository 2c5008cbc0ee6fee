"""Finds values of a person's own table that are spelt in several ways, and a last row that sums up the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.checks.trait import Trait
from engine.system.suggest import alike

if TYPE_CHECKING:
    from engine.datasets.dataset import TableFacts

MOST_VALUES = 1000
"""Different values of a category up to which their spellings are compared."""

_TOTALS = (
    *("total", "totals", "grand total", "sum", "subtotal", "average", "mean", "overall"),
    *("summe", "gesamt", "insgesamt", "mittelwert", "somme", "moyenne", "totale", "media", "suma"),
)


def traits(facts: TableFacts) -> Iterator[Trait]:
    """The traits of single values."""
    yield from _spellings(facts)
    yield from _total(facts)


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
                f"values of {one.name!r} differ in upper and lower case or blanks alone: {named}{more}",
                "each is a value of its own: write them alike if they are one",
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
                f"line {int(last.lines[0])} seems to sum up the others: it says {text!r} in {one.name!r}",
                "it is read as one more sample: remove it from the file",
            )
            return
