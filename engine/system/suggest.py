"""Messages about names that are not known: the name as it was given, and the one that was most likely meant.

Whatever comes from a file or a person is shown as Python's ``repr`` shows it, and cut: safe to print.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

LONGEST = 60
"""Characters of a value shown in a message."""

_NO_WIDTH = re.compile("[\u200b\u2060\ufeff]")


def shown(value: object) -> str:
    """A value as a message shows it: on one line, printable, cut."""
    try:
        text = repr(value) if isinstance(value, (str, int, float, list, dict)) else repr(str(value))
    except (ValueError, RecursionError):  # a number of thousands of digits, or a bottomless list
        return "one too large to show"
    if isinstance(value, bool):
        text = text.lower()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def alike(values: Iterable[str]) -> list[list[str]]:
    """The values that differ from others in upper and lower case or blanks alone, those of no width among them."""
    found: dict[str, list[str]] = {}
    for value in values:
        found.setdefault(" ".join(_NO_WIDTH.sub("", value).casefold().split()), []).append(value)
    return [values for values in found.values() if len(values) > 1]


def nearest(name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """The one of ``names`` that was most likely meant, whatever its case and underscores; None where none is near.

    ``aliases`` maps other spellings to names.
    """
    plain = {_bare(known): known for known in names}
    plain |= {_bare(alias): known for alias, known in (aliases or {}).items() if known in plain.values()}
    found = difflib.get_close_matches(_bare(str(name)[:200]), plain, n=1)
    return plain[found[0]] if found else None


def hint(name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """The nearest of some names as a question, or all of them."""
    names = list(names)
    near = nearest(name, names, aliases)
    return f"did you mean {near!r}?" if near else f"it is one of {', '.join(names)}"


def unknown(what: str, name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """The message for a name that is none of ``names``."""
    return f"unknown {what} {shown(name)}: {hint(name, names, aliases)}"


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
