"""What a table of runs can show and be sorted by, and how runs are found by typing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.text.describe import dataset_title, figure
from workbench.text.numbers import duration
from workbench.text.sanitise import plain
from workbench.tui.widgets.palette import BAD, GOOD, MUTED, WARN

if TYPE_CHECKING:
    from engine.runs import RunSummary

Value = Any

SETTINGS_SHOWN = 12
"""Columns for settings that differ, at most."""

SAMPLE = 500
"""How many of the runs are asked which settings differ."""

STATUS_STYLES: Mapping[str, str] = {
    "finished": GOOD,
    "training": "$accent",
    "paused": WARN,
    "failed": BAD,
    "interrupted": WARN,
    "stopped": WARN,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it is called, how wide it is (0: as wide as there is room), the value it is sorted by."""

    key: str
    title: str
    width: int
    value: Callable[[RunSummary], Value]
    text: Callable[[RunSummary], str]
    right: bool = False
    about: str = ""


def metric(figures: Mapping[str, float], prefix: str = "") -> tuple[str, float] | None:
    """The first metric among those figures whose names begin so, without its prefix; None where there is none."""
    known = [(name, value) for name, value in figures.items() if not name.endswith(("loss", "penalty"))]
    return next(((name.removeprefix(prefix), value) for name, value in known if name.startswith(prefix)), None)


def status(run: RunSummary) -> str:
    """A run's state in a word."""
    return run.state


def status_style(run: RunSummary) -> str:
    """The colour of that word."""
    return STATUS_STYLES.get(status(run), MUTED)


def _figure(value: float | None) -> str:
    return "-" if value is None else figure(value)


def _metric(found: tuple[str, float] | None) -> str:
    return f"{figure(found[1])} {found[0].replace('accuracy', 'acc')}" if found else "-"


def _name(run: RunSummary) -> str:
    """A run's name, and before it what kind of run it is where that is not the usual one."""
    return plain(run.name if run.kind == "train" else f"{run.kind} {run.name}")


def best_epoch(run: RunSummary) -> int | None:
    """The epoch with the lowest validation loss; None where there are no validation rows."""
    return run.best_epoch if "val_loss" in run.best else None


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


COLUMNS: tuple[Column, ...] = (
    Column("run", "Run", 5, lambda run: int(run.id), lambda run: run.id, True, "its number"),
    Column("name", "Name", 0, lambda run: run.name.lower(), _name, about="its name"),
    Column(
        "loss",
        "Val loss",
        9,
        lambda run: run.best.get("val_loss"),
        lambda run: _figure(run.best.get("val_loss")),
        True,
        "the validation loss at the best epoch, without penalties",
    ),
    Column(
        "metric",
        "Val metric",
        11,
        lambda run: metric(run.best, "val_"),
        lambda run: _metric(metric(run.best, "val_")),
        about="the first metric on the validation rows at the best epoch",
    ),
    Column(
        "test",
        "Test",
        9,
        lambda run: metric(run.test or {}),
        lambda run: _metric(metric(run.test or {})),
        about="the first metric on the test rows",
    ),
    Column("status", "Status", 11, status, status, about="how it is, or how it ended"),
    Column(
        "epochs",
        "Epochs",
        9,
        lambda run: run.epochs_done,
        lambda run: f"{run.epochs_done}/{run.epochs_planned}",
        True,
        "how many have ended",
    ),
    Column(
        "best",
        "Best",
        5,
        best_epoch,
        lambda run: _count(best_epoch(run)),
        True,
        "the epoch with the lowest val loss",
    ),
    Column(
        "test_loss",
        "Test loss",
        9,
        lambda run: (run.test or {}).get("loss"),
        lambda run: _figure((run.test or {}).get("loss")),
        True,
        "the loss on the test rows",
    ),
    Column(
        "data",
        "Data",
        12,
        lambda run: run.dataset,
        lambda run: plain(dataset_title(run.dataset)),
        about="its data set",
    ),
    Column(
        "parameters",
        "Params",
        10,
        lambda run: run.parameters,
        lambda run: _count(run.parameters),
        True,
        "weights of the network",
    ),
    Column(
        "seconds",
        "Trained",
        8,
        lambda run: run.seconds_train,
        lambda run: duration(run.seconds_train),
        True,
        "how long its epochs took",
    ),
    Column(
        "when",
        "When",
        16,
        lambda run: run.created,
        lambda run: f"{run.created.astimezone():%Y-%m-%d %H:%M}",
        about="when it was started",
    ),
    Column(
        "seed", "Seed", 6, lambda run: run.seed, lambda run: str(run.seed), True, "where its random numbers begin"
    ),
    Column(
        "tags", "Tags", 14, lambda run: run.tags or None, lambda run: plain(", ".join(run.tags)), about="its tags"
    ),
    Column("note", "Note", 20, lambda run: run.note or None, lambda run: plain(run.note), about="its note"),
    Column(
        "group",
        "Group",
        9,
        lambda run: run.group,
        lambda run: plain(run.group or ""),
        about="the repetition it belongs to",
    ),
    Column(
        "kind",
        "Kind",
        8,
        lambda run: run.kind,
        lambda run: run.kind,
        about="trained, or retrained from another run",
    ),
    Column(
        "parent",
        "Of run",
        6,
        lambda run: int(run.parent) if run.parent else None,
        lambda run: run.parent or "",
        True,
        "the run it was made from",
    ),
)

BY_KEY = {column.key: column for column in COLUMNS}

USUAL = ("run", "name", "loss", "metric", "test", "status", "epochs", "seconds", "when", "tags")
"""The columns that are shown until others are chosen."""


def setting_title(path: str) -> str:
    """What a setting is called where there is little room."""
    return path.removeprefix("training.").removeprefix("data.")


def setting_column(path: str) -> Column:
    """The column of a setting, such as ``layers.0.units``."""
    title = setting_title(path)

    def value(run: RunSummary) -> Value:
        return run.settings.get(path)

    return Column(
        path,
        title,
        min(max(len(title) + 1, 6), 20),
        value,
        lambda run: said(value(run)),
        about=f"the setting {path}",
    )


def said(value: Value) -> str:
    """A setting's value as text."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return plain(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def differing(runs: Sequence[RunSummary], leave: Collection[str] = ("name", "about", "seed")) -> list[str]:
    """The paths of the settings that are not the same in all of these runs, but for those in ``leave``.

    Of very many runs, a sample is looked at, evenly spread: that some setting differs is then seen with fewer.
    """
    step = -(-len(runs) // SAMPLE) or 1
    settings = [run.settings for run in runs[::step]]
    distinct = list({id(one): one for one in settings}.values())
    if len(distinct) < 2:
        return []
    first = distinct[0].items()
    found = {path for other in distinct[1:] for path, _ in first ^ other.items()} - {*leave}
    return [path for path in dict.fromkeys(path for one in distinct for path in one) if path in found]


def ordered(runs: Sequence[RunSummary], column: Column, descending: bool) -> list[RunSummary]:
    """The runs sorted by a column; those without a value come last, whichever way."""
    values = [(column.value(run), run) for run in runs]
    there = [(_comparable(value), run) for value, run in values if value is not None and value == value]
    there.sort(key=lambda pair: pair[0], reverse=descending)
    return [run for _, run in there] + [run for value, run in values if value is None or value != value]


def _comparable(value: Value) -> tuple[int, Any]:
    """Values of one setting may be of several types: numbers come before text."""
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value.lower()
    return (2, tuple(map(_comparable, value))) if isinstance(value, tuple) else (3, value)


# Finding runs

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
