"""Finds the line of each key in a TOML file, which Python's TOML parsers do not report."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]

_STRING = r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_PIECE = re.compile(rf"{_STRING}|(?P<comment>\#[^\n]*)|[^\"'#\n\[\]{{}}]+|(?P<other>.)", re.DOTALL)
_NAME = rf"(?:{_STRING}|[\w-]+)"
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_HEADER = re.compile(rf"(\[\[?)[ \t]*({_DOTTED})[ \t]*\]", re.DOTALL)
_KEY = re.compile(rf"({_DOTTED})[ \t]*=", re.DOTALL)


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of each table and key of a valid TOML ``text``, by path.

    Tables of an array are numbered from 0; keys inside a value have no line.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for line, statement in _statements(text):
        if header := _HEADER.match(statement):
            table = _numbered(_names(header[2]), counts, new=header[1] == "[[")
            for end in range(1, len(table) + 1):
                lines.setdefault(table[:end], line)
        elif key := _KEY.match(statement):
            names = _names(key[1])
            for end in range(1, len(names) + 1):
                lines.setdefault(table + names[:end], line)
    return lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Return the line of ``path``, or of its closest parent that has one."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each header or ``key = value`` with its first line, without comments."""
    line, begun, depth, pieces = 1, 1, 0, list[str]()
    for piece in _PIECE.finditer(text):
        part = piece[0]
        if part == "\n" and depth == 0:
            yield begun, "".join(pieces).strip()
            pieces, begun = [], line + 1
        elif piece["comment"] is None:
            pieces.append(part)
        if piece["other"]:
            depth += (part in "[{") - (part in "]}")
        line += part.count("\n")
    yield begun, "".join(pieces).strip()


def _names(dotted: str) -> tuple[str, ...]:
    if "'" not in dotted and '"' not in dotted:
        return tuple(name.strip() for name in dotted.split("."))
    names, found = list[str](), tomllib.loads(f"{dotted} = 0")
    while isinstance(found, dict):
        [(name, found)] = found.items()
        names.append(name)
    return tuple(names)


def _numbered(names: tuple[str, ...], counts: dict[Path, int], new: bool) -> Path:
    """Return a header's path with the number of the current table inserted after each array of tables."""
    path: Path = ()
    for name in names[:-1]:
        path += (name,)
        path += (counts[path],) if path in counts else ()
    path += (names[-1],)
    if new:
        counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path]) if path in counts else path
