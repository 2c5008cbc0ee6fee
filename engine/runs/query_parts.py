"""The nodes of a parsed query and the comparison of a run's values with those in the query.

Results follow Kleene's three-valued logic: true, false, or None if the run lacks the value in question.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from engine.runs.query_names import values_of
from engine.runs.records import RunSummary

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_BOOLEANS: Mapping[str, bool] = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
ORDERS = ("<", "<=", ">", ">=")
"""Operators that compare by order."""


Answer: TypeAlias = bool | None
"""Whether a run matches; None if it lacks the value in question."""


@dataclass(frozen=True, slots=True)
class Word:
    """A free word, searched in a run's text."""

    text: str

    def test(self, run: RunSummary, words: str) -> Answer:
        """Whether the word occurs in the run's ``words``."""
        return self.text in words


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a name with a value; ``position`` is the position of the name, counted from 1."""

    name: str
    sign: str
    value: str
    position: int

    def test(self, run: RunSummary, words: str) -> Answer:
        """Whether one of the run's values for this name satisfies the comparison."""
        values = values_of(run, self.name)
        if values is None:
            return None
        answers = [compare(value, self.sign, self.value) for value in values]
        return None if answers and all(one is None for one in answers) else any(answers)


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a node."""

    part: Node

    def test(self, run: RunSummary, words: str) -> Answer:
        """Negate the node's result."""
        answer = self.part.test(run, words)
        return None if answer is None else not answer


@dataclass(frozen=True, slots=True)
class Several:
    """A conjunction (``decisive`` False) or disjunction (``decisive`` True) in Kleene's three-valued logic."""

    parts: tuple[Node, ...]
    decisive: bool

    def test(self, run: RunSummary, words: str) -> Answer:
        """Return ``decisive`` if a part does, else None if a part is undecided, else the opposite."""
        unknown = False
        for part in self.parts:
            answer = part.test(run, words)
            if answer is self.decisive:
                return self.decisive
            unknown = unknown or answer is None
        return None if unknown else not self.decisive


Node: TypeAlias = Word | Condition | Not | Several


def conditions(node: Node | None) -> Iterator[Condition]:
    """Yield the conditions of a query from left to right."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Not):
        yield from conditions(node.part)
    elif isinstance(node, Several):
        for part in node.parts:
            yield from conditions(part)


def compare(value: Any, sign: str, wanted: str) -> Answer:
    """Compare a run's value with the text in a query; None if the two are not comparable."""
    if isinstance(value, bool):
        return _equality(sign, value, _BOOLEANS.get(wanted.lower()))
    if isinstance(value, int | float):
        number = float(wanted) if _NUMBER.fullmatch(wanted) else None
        if number is None or value != value:
            return None
        return _OPERATORS["=" if sign == ":" else sign](value, number)
    if isinstance(value, datetime):
        return _compare_times(value.astimezone(), sign, wanted)
    text = str(value).lower()
    return wanted.lower() in text if sign == ":" else _equality(sign, text, wanted.lower())


def orderable(text: str) -> bool:
    """Whether a text is a number or a date, which can be ordered."""
    return bool(_NUMBER.fullmatch(text)) or _time(text) is not None


def _equality(sign: str, value: object, wanted: object) -> Answer:
    return None if wanted is None or sign in ORDERS else (value == wanted) is (sign != "!=")


def _compare_times(value: datetime, sign: str, wanted: str) -> Answer:
    """Compare a time with a date or time; a date covers the whole day, as in ``started = 2026-11-26``."""
    if sign == ":":
        return wanted in value.isoformat(sep="T", timespec="minutes")
    when = _time(wanted)
    if when is None:
        return None
    if isinstance(when, datetime):
        return _OPERATORS[sign](value.replace(tzinfo=None, microsecond=0), when)
    return _OPERATORS[sign](value.date(), when)


def _time(text: str) -> date | None:
    """Parse a date or a local time; a time with a UTC offset is converted to local time."""
    for kind in (date, datetime):
        try:
            found = kind.fromisoformat(text)
            return (
                found.astimezone().replace(tzinfo=None) if isinstance(found, datetime) and found.tzinfo else found
            )
        except (ValueError, OverflowError):  # after conversion the year may be outside 1 to 9999
            continue
    return None
