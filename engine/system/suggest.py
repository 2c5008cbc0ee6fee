"""Messages on unknown names, with the given name and the one that was most likely meant.

Text from files and users is shown as by Python's ``repr`` and truncated, so that it is safe to print.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

LONGEST = 60
"""Maximum number of characters of a value in a message."""

_NO_WIDTH = re.compile("[\u200b\u2060\ufeff]")


def shown(value: object) -> str:
    """Format a value for a message: on one line, printable, truncated."""
    try:
        text = repr(value) if isinstance(value, (str, int, float, list, dict)) else repr(str(value))
    except (ValueError, RecursionError):  # a number of thousands of digits, or a recursive list
        return "one too large to show"
    if isinstance(value, bool):
        text = text.lower()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def alike(values: Iterable[str]) -> list[list[str]]:
    """Group the values that differ only in case or blanks, including zero-width characters."""
    found: dict[str, list[str]] = {}
    for value in values:
        found.setdefault(" ".join(_NO_WIDTH.sub("", value).casefold().split()), []).append(value)
    return [values for values in found.values() if len(values) > 1]


def nearest(name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """Return the name in ``names`` that was most likely meant, ignoring case and underscores; None without any.

    ``aliases`` maps other spellings to names.
    """
    plain = {_bare(known): known for known in names}
    plain |= {_bare(alias): known for alias, known in (aliases or {}).items() if known in plain.values()}
    found = difflib.get_close_matches(_bare(str(name)[:200]), plain, n=1)
    return plain[found[0]] if found else None


def hint(name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """Return the closest of some names as a question, or else all names."""
    names = list(names)
    near = nearest(name, names, aliases)
    return f"did you mean {near!r}?" if near else f"it is one of {', '.join(names)}"


def unknown(what: str, name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """Return the message for a name that is not in ``names``."""
    return f"unknown {what} {shown(name)}: {hint(name, names, aliases)}"


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
