"""The parts of a parsed query, and how a run's value compares with what a query says.

Answers are those of Kleene's three-valued logic: true, false, or None where a run lacks what is asked for.
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
"""The operators that put values in an order."""


Answer: TypeAlias = bool | None
"""Whether a run matches; None where it lacks what is asked for."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that a run has in its text."""

    text: str

    def test(self, run: RunSummary, words: str) -> Answer:
        """Whether the word is in the run's ``words``."""
        return self.text in words


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of what a name stands for with a value; ``position`` is the name's, from 1."""

    name: str
    sign: str
    value: str
    position: int

    def test(self, run: RunSummary, words: str) -> Answer:
        """Whether one of the run's values of this name compares so."""
        values = values_of(run, self.name)
        if values is None:
            return None
        answers = [compare(value, self.sign, self.value) for value in values]
        return None if answers and all(one is None for one in answers) else any(answers)


@dataclass(frozen=True, slots=True)
class Not:
    """What is true where its part is false."""

    part: Node

    def test(self, run: RunSummary, words: str) -> Answer:
        """The opposite of the part's answer."""
        answer = self.part.test(run, words)
        return None if answer is None else not answer


@dataclass(frozen=True, slots=True)
class Several:
    """Parts that must all be true or, with ``decisive``, of which one must be (Kleene's three-valued logic)."""

    parts: tuple[Node, ...]
    decisive: bool

    def test(self, run: RunSummary, words: str) -> Answer:
        """The answer that decides, or None where some part has none, or the other answer."""
        unknown = False
        for part in self.parts:
            answer = part.test(run, words)
            if answer is self.decisive:
                return self.decisive
            unknown = unknown or answer is None
        return None if unknown else not self.decisive


Node: TypeAlias = Word | Condition | Not | Several


def conditions(node: Node | None) -> Iterator[Condition]:
    """Every condition of a query, from left to right."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Not):
        yield from conditions(node.part)
    elif isinstance(node, Several):
        for part in node.parts:
            yield from conditions(part)


def compare(value: Any, sign: str, wanted: str) -> Answer:
    """Whether a run's value compares so with what is written; None where the two do not compare."""
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
    """Whether a text is a number or a date, which have an order."""
    return bool(_NUMBER.fullmatch(text)) or _time(text) is not None


def _equality(sign: str, value: object, wanted: object) -> Answer:
    return None if wanted is None or sign in ORDERS else (value == wanted) is (sign != "!=")


def _compare_times(value: datetime, sign: str, wanted: str) -> Answer:
    """A day stands for all of it: ``started = 2026-11-26``."""
    if sign == ":":
        return wanted in value.isoformat(sep="T", timespec="minutes")
    when = _time(wanted)
    if when is None:
        return None
    if isinstance(when, datetime):
        return _OPERATORS[sign](value.replace(tzinfo=None, microsecond=0), when)
    return _OPERATORS[sign](value.date(), when)


def _time(text: str) -> date | None:
    """The day or the local time that a text is; one with an offset from UTC is converted."""
    for kind in (date, datetime):
        try:
            found = kind.fromisoformat(text)
            return (
                found.astimezone().replace(tzinfo=None) if isinstance(found, datetime) and found.tzinfo else found
            )
        except (ValueError, OverflowError):  # converted, a time may be outside the years 1 to 9999
            continue
    return None
