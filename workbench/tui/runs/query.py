"""Finds runs by words and conditions: ``wide status:stopped units=16 val_loss<0.3``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.tui.runs.columns import BY_KEY, Value, said, status

if TYPE_CHECKING:
    from engine.runs import RunSummary

_TERM = re.compile(r"^([\w.]+)(<=|>=|!=|=|:|<|>)(.+)$")
_NAMES = re.compile(r'"(?:dataset|kind|activation|optimizer|loss)":"([^"]*)"')
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}

Finds = Callable[["RunSummary"], bool]


def finder(text: str, words: Callable[[RunSummary], str]) -> Finds:
    """Whether a run has every word of a text, and fulfils every condition in it.

    A word is looked for in what ``words`` gives for the run. A condition is ``status:stopped`` (contains),
    ``units=16``, ``val_loss<0.3``, ``test.accuracy>=0.87``: of a column, a figure at the best epoch or on the test
    rows, or a setting by its path or the last part of it.
    """
    tests = [
        _condition(*match.groups()) if (match := _TERM.match(word)) else _word(word, words)
        for word in text.split()
    ]
    return lambda run: all(test(run) for test in tests)


def haystack(run: RunSummary) -> str:
    """What a run is found by: number, name, status, tags, note; data set, layers, optimiser, loss."""
    known = [run.id, run.name, status(run), run.kind, *run.tags, run.note, run.group or ""]
    return "\n".join([*known, *_NAMES.findall(run.experiment_text)]).lower()


def _word(word: str, words: Callable[[RunSummary], str]) -> Finds:
    wanted = word.lower()
    return lambda run: wanted in words(run)


def _condition(name: str, sign: str, wanted: str) -> Finds:
    number = _number(wanted)
    text = wanted.lower()

    def holds(value: Value) -> bool:
        if sign == ":":
            return text in said(value).lower()
        if isinstance(value, int | float) and number is not None:
            return _TESTS[sign](value, number)
        if sign in ("=", "!="):
            return _TESTS[sign](said(value).lower(), text)
        return False

    return lambda run: any(holds(value) for value in values_of(run, name))


def values_of(run: RunSummary, name: str) -> list[Value]:
    """What a name in a condition stands for in a run; settings of several layers may share one."""
    if name in run.best:
        return [run.best[name]]
    if name.startswith("test."):
        return [value for path, value in (run.test or {}).items() if path == name.removeprefix("test.")]
    if name in ("tag", "tags"):
        return list(run.tags)
    if name in BY_KEY and name not in ("metric", "test", "loss"):
        return [BY_KEY[name].value(run)]
    settings = run.settings
    return [settings[path] for path in _paths(tuple(settings), name)]


@lru_cache(maxsize=2000)
def _paths(settings: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The settings that a name stands for; most experiments have the same ones."""
    return tuple(path for path in settings if path == name or path.endswith(f".{name}"))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
