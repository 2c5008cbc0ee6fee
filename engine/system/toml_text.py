"""Users' TOML files: their text and tables, or an error with the line that cannot be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from engine.errors import Mistake, MistakesError
from engine.system.suggest import shown

LARGEST = 1_000_000
"""Maximum size of a file in bytes."""

DEEPEST = 32
"""Maximum depth of nested tables."""

_TOO_DEEP = re.compile(rf"^[ \t]*\[*(?:[^\n=#.]{{0,200}}\.){{{DEEPEST}}}", re.MULTILINE)


def shown_path(path: Path) -> str:
    """Return a path as shown in messages, safe to print."""
    return str(path) if str(path).isprintable() else repr(str(path))


def read(path: Path, source: str, error: type[MistakesError]) -> str:
    """Read the text of a file; raises ``error``, which names the file ``source``, if that fails."""
    try:
        if path.is_dir():
            raise _wrong(error, source, "this is a folder, not a file")
        if path.exists() and not path.is_file():
            raise _wrong(error, source, "this is not a file")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or failure
        raise _wrong(error, source, f"cannot be read: {reason}") from None
    return decoded(data, source, error)


def decoded(data: bytes, source: str, error: type[MistakesError]) -> str:
    """Decode a file's bytes; raises ``error`` if they exceed ``LARGEST`` or are not UTF-8."""
    if len(data) > LARGEST:
        raise _wrong(
            error, source, f"the file is larger than {LARGEST:,} bytes: this is not a file of the workbench"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = data.count(b"\n", 0, failure.start) + 1
        raise _wrong(error, source, "the text is not UTF-8: save it as UTF-8", line) from None


def tables(text: str, source: str, error: type[MistakesError]) -> dict[str, Any]:
    """Parse a TOML text; raises ``error`` with the line if it is not TOML."""
    too_deep = _TOO_DEEP.search(text)
    if too_deep:
        line = text.count("\n", 0, too_deep.end()) + 1
        raise _wrong(error, source, f"keys more than {DEEPEST} deep", line)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        message, line = _syntax(str(failure), text)
        raise _wrong(error, source, f"this is not TOML: {message}", line) from None
    except RecursionError:
        raise _wrong(error, source, "lists or tables are nested too deeply") from None
    except ValueError:
        raise _wrong(error, source, "a number is too long") from None


def _syntax(message: str, text: str) -> tuple[str, int]:
    """Return tomllib's message and its line."""
    found = re.search(r"^(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", message, re.DOTALL)
    if not found:
        return shown(message), text.count("\n") + 1
    words, line, column = found.groups()
    words = words if words.isprintable() and len(words) <= 200 else shown(words)
    last = max(text.rstrip().count("\n") + 1, 1)
    return words + (f" (column {column})" if column else " at the end"), int(line or last)


def _wrong(error: type[MistakesError], source: str, message: str, line: int | None = None) -> MistakesError:
    return error(source, (Mistake("", message, line),))
