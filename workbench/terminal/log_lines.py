"""Parses the log that TensorFlow, workers and the app write: each line's level and run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.system.plain_text import plain

LEVELS = ("info", "warning", "error")
"""The levels, least severe first."""

TAIL = 64_000
"""Bytes read from the end of the log."""

LONGEST = 2_000
"""The most characters of a line that are kept."""

_MARK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d pid \d+: run (\S+) (begins|ends)\b")
_GLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d+\.\d+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: ([IWEF]) ")
_WORDS = (
    ("error", re.compile(r"Traceback \(most recent|\b(ERROR|CRITICAL|FATAL)\b|^(\w+\.)*\w*(Error|Exception)\b")),
    ("warning", re.compile(r"\bWARN(ING)?\b|\w+Warning:")),
)
_OF_LETTER = {"I": "info", "W": "warning", "E": "error", "F": "error"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log, safe to show; ``run`` is empty if no run was training."""

    level: str
    run: str
    text: str


def marker(run: str, begins: bool) -> str:
    """Return the log message that marks the beginning or end of a run's lines; time and process come before it."""
    return f"run {run} {'begins' if begins else 'ends'}"


def read(path: Path) -> list[LogLine]:
    """Return the last lines of a log; empty if there is no log. Raises OSError if it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - TAIL, 0))
            data = file.read(TAIL)
    except FileNotFoundError:
        return []
    lines = data.decode("utf-8", "replace").split("\n")
    return list(parsed(lines[1 if size > TAIL else 0 :]))


def parsed(lines: Iterable[str]) -> Iterator[LogLine]:
    """Yield lines with their levels; indented lines, and the line after them, keep the preceding level."""
    going: dict[str, None] = {}
    level, indented = "info", False
    for line in lines:
        if not line.strip():
            continue
        mark = _MARK.match(line)
        if mark and mark[2] == "begins":
            going[mark[1]] = None
        inside = line.startswith((" ", "\t"))
        if not inside:
            found = _level(line)
            level = found if found != "info" or not (indented and level == "error") else level
        indented = inside
        yield LogLine(level, next(reversed(going), ""), plain(line[:LONGEST]))
        if mark and mark[2] == "ends":
            going.pop(mark[1], None)


def at_least(lines: Iterable[LogLine], level: str) -> list[LogLine]:
    """Return the lines of this level or a more severe one."""
    return [line for line in lines if LEVELS.index(line.level) >= LEVELS.index(level)]


def _level(line: str) -> str:
    if found := _GLOG.match(line):
        return _OF_LETTER[found[1] or found[2]]
    return next((level for level, words in _WORDS if words.search(line)), "info")
