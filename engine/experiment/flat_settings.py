"""Settings as one flat mapping from path to value: ``training.epochs``, ``layers.0.units``.

Layers count from 0; a name with a dot or a space is quoted: ``data.columns."petal length".role``. This module is
cheap to import, since listings of runs use it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Path = tuple[str | int, ...]

WITHOUT_EFFECT = ("name", "about")
"""Settings that do not change a run's outcome."""

_LONGEST = 60


def flat(value: Any) -> dict[str, Any]:
    """Flatten nested settings, from an experiment or from JSON, to one mapping from path to value.

    Tables in a list are counted from 0; other lists become tuples.
    """
    return {dotted(path): leaf for path, leaf in leaves(value)}


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each single setting of nested settings with its path."""
    inner: Any = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        inner = enumerate(value)
    else:
        yield path, tuple(value) if isinstance(value, list) else value
    for key, item in inner:
        yield from leaves(item, (*path, key))


def differing(
    several: Sequence[Mapping[str, Any]], leave: Collection[str] = WITHOUT_EFFECT
) -> dict[str, list[Any]]:
    """Return the settings that differ between flat mappings, each with the value in every mapping."""
    paths = dict.fromkeys(path for one in several for path in one if path not in leave)
    values = {path: [one.get(path) for one in several] for path in paths}
    return {path: found for path, found in values.items() if any(value != found[0] for value in found)}


def dotted(path: Path) -> str:
    """Format a path as text; names that are not plain words are quoted, unprintable ones as by ``repr``."""
    return ".".join(_quoted(str(name)) for name in path)


def keys(path: str) -> Path:
    """Parse a path formatted by :func:`dotted` into names and indexes."""
    return tuple(_key(match[1]) for match in re.finditer(r'(?:^|\.)("[^"]*"(?=\.|$)|[^.]*)', path))


def _key(text: str) -> str | int:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return int(text) if text.isdecimal() and len(text) < 9 else text


def _quoted(name: str) -> str:
    if re.fullmatch(rf"[\w-]{{1,{_LONGEST}}}", name, re.ASCII):
        return name
    text = f'"{name}"' if name.isprintable() and '"' not in name else repr(name)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
