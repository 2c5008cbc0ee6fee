"""Settings as one flat mapping from path to value: ``training.epochs``, ``layers.0.units``.

Layers count from 0; a name with a dot or a space in it is quoted: ``data.columns."petal length".role``. Importing
this module costs nothing: listings of runs use it.
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
    """Nested settings, as an experiment dumps them or JSON holds them, as one mapping from path to value.

    Tables within a list are counted from 0; other lists become tuples.
    """
    return {dotted(path): leaf for path, leaf in leaves(value)}


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each single setting of nested settings, with its path."""
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
    """The settings that are not the same in several flat mappings, with each mapping's value in turn."""
    paths = dict.fromkeys(path for one in several for path in one if path not in leave)
    values = {path: [one.get(path) for one in several] for path in paths}
    return {path: found for path, found in values.items() if any(value != found[0] for value in found)}


def dotted(path: Path) -> str:
    """A path as one text; names that are no plain words are quoted, unprintable ones as ``repr`` shows them."""
    return ".".join(_quoted(str(name)) for name in path)


def keys(path: str) -> Path:
    """The names and indexes of a path written as :func:`dotted` writes it."""
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
