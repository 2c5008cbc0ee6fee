"""Collects all bindings of all screens, and checks the keys that a user configures for them.

Textual replaces keys by :meth:`App.set_keymap`, but reports clashes only while a key is pressed, only within one
widget, and also between two keys of one binding. Here they are found at once, for a screen with its widgets.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import combinations
from typing import NamedTuple

from textual.app import App
from textual.dom import DOMNode
from textual.keys import Keys, key_to_character
from textual.screen import ModalScreen, Screen

from engine.system.suggest import hint, shown, unknown
from workbench.terminal import textual_private
from workbench.tui.keymap import KEYMAPS

MODIFIERS = {"ctrl", "shift", "alt", "super", "meta", "hyper"}

RESERVED = {
    "ctrl+c": "interrupts the program",
    "ctrl+i": "is tab to a terminal",
    "ctrl+m": "is enter to a terminal",
    "ctrl+q": "quits, whatever is set",
    "ctrl+[": "is escape to a terminal",
}
"""Keys that no binding can have, and why."""

TYPING = ("columns.close", "find.", "form.", "line.", "pick.", "review.", "typed.")
"""Ids, or prefixes of ids, of bindings that are used while typing."""


class Bound(NamedTuple):
    """A binding of a class: its id, its keys and its description."""

    id: str
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The usable keys, the mistakes in the others by id, and the clashes."""

    keymap: Mapping[str, str]
    mistakes: Sequence[tuple[str, str]] = ()
    clashes: Sequence[str] = field(default=())


class _Node(NamedTuple):
    """A class with its bindings, including inherited ones."""

    kind: type[DOMNode]
    bound: tuple[Bound, ...]


@cache
def bindings() -> Mapping[str, Bound]:
    """Return every binding by its id, with all its keys; of those on several screens, the one with most keys."""
    found: dict[str, Bound] = {}
    for node in _nodes():
        for id in dict.fromkeys(bound.id for bound in node.bound):
            parts = [bound for bound in node.bound if bound.id == id]
            known = found.get(id, Bound(id, "", ""))
            keys = max(known.key, ",".join(part.key for part in parts), key=len)
            found[id] = Bound(id, keys, max(known.words, parts[0].words, key=len))
    return dict(sorted(found.items()))


def check(keymap: str, chosen: Mapping[str, str]) -> Checked:
    """Check a keymap together with the keys chosen by the user."""
    if not chosen:
        return Checked(KEYMAPS[keymap])
    mistakes = [(id, why) for id, keys in chosen.items() if (why := _wrong(id, keys))]
    wrong = {id for id, _ in mistakes}
    usable = {**KEYMAPS[keymap], **{id: keys for id, keys in chosen.items() if id not in wrong}}
    return Checked(usable, mistakes, tuple(dict.fromkeys(_clashes(usable))))


def _wrong(id: str, keys: str) -> str:
    """Return why a binding cannot have these keys; empty if it can."""
    if id not in bindings():
        return unknown("binding", id, bindings())
    for key in textual_private.normal_keys(keys):
        if not key:
            return "a key is missing: name one, or several separated by commas, such as 'f5,r'"
        if key in RESERVED:
            return f"{key} {RESERVED[key]}: choose another key"
        if problem := _unknown_key(key):
            return problem
        character = key_to_character(key) or ""
        if id.startswith(TYPING) and character.isprintable() and character:
            return f"{shown(character)} would be typed into the field: choose a key such as f2 or ctrl+x"
    return ""


def _unknown_key(key: str) -> str:
    *modifiers, name = key.split("+")
    names = {one.value for one in Keys if "+" not in one.value and not one.value.startswith("<")}
    if wrong := [one for one in modifiers if one not in MODIFIERS]:
        return unknown("modifier", wrong[0], sorted(MODIFIERS))
    if "shift" in modifiers and len(name) == 1 and name.isalpha():
        return f"a terminal sends {name.upper()!r} for {key}: write that"
    if len(name) == 1 or name in names or key_to_character(name):
        return ""
    return f"unknown key {shown(key)}: {hint(name, names) if len(name) < 12 else 'write f5, ctrl+x, x or ?'}"


def _clashes(keymap: Mapping[str, str]) -> Iterator[str]:
    """Yield the clashes: two bindings with the same key that had different keys by default."""
    for chain in _chains():
        before, after = ([_keys(node, keys) for node in chain] for keys in ({}, keymap))
        for inner, outer in ((a, b) for a in range(len(chain)) for b in range(a, len(chain))):
            for key, one, other in _shared(after, inner, outer):
                if (one, other) not in {(a, b) for _, a, b in _shared(before, inner, outer)}:
                    first, second = (one, other) if inner < outer or one in keymap else (other, one)
                    where = _name(chain[inner:])
                    yield f"{key} is the key of {first} and of {second}: {where} it does {first}"


def _shared(keys: Sequence[Mapping[str, Sequence[str]]], inner: int, outer: int) -> Iterator[tuple[str, str, str]]:
    """Yield the keys shared by two bindings of one node, or of a widget and a node that contains it."""
    for key, ids in keys[inner].items():
        if inner == outer:
            yield from ((key, one, other) for one, other in combinations(ids, 2))
        else:
            yield from ((key, one, other) for one in ids for other in keys[outer].get(key, ()) if one != other)


def _keys(node: _Node, keymap: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return the ids of a node's bindings by key."""
    found: dict[str, dict[str, None]] = {}
    for bound in node.bound:
        for key in textual_private.normal_keys(keymap.get(bound.id, bound.key)):
            found.setdefault(key, {})[bound.id] = None
    return {key: list(ids) for key, ids in found.items()}


def _name(chain: Sequence[_Node]) -> str:
    """Name where a key is pressed, for a message: the screen of a chain that begins at a widget."""
    screen = next((node for node in chain if issubclass(node.kind, Screen)), None)
    return f"on the screen {screen.kind.__name__.removesuffix('Screen')}" if screen else "everywhere"


@cache
def _chains() -> Sequence[tuple[_Node, ...]]:
    """Return the chains that a key passes through: from a widget to its screen and, except for dialogs, to the
    app.
    """
    nodes = _nodes()
    apps = [node for node in nodes if issubclass(node.kind, App)]
    screens = [node for node in nodes if issubclass(node.kind, Screen) and not _abstract(node.kind)]
    widgets = [node for node in nodes if not issubclass(node.kind, Screen) and node not in apps]
    chains: list[tuple[_Node, ...]] = []
    for screen in screens:
        above = (screen,) if issubclass(screen.kind, ModalScreen) else (screen, *apps)
        chains += [above[:1], *((widget, screen) for widget in widgets if _stands_on(widget, screen, screens))]
        chains += [(*apps, screen)[::-1]] if len(above) > 1 else []
    return chains


def _abstract(kind: type[DOMNode]) -> bool:
    """Return whether a mode screen is only a base class."""
    return not issubclass(kind, ModalScreen) and bool(kind.__subclasses__())


def _stands_on(widget: _Node, screen: _Node, screens: Sequence[_Node]) -> bool:
    """Return whether a widget can be on a screen: it is in its module, or in one of its folder that it uses."""
    here, there = widget.kind.__module__, screen.kind.__module__
    if any(one.kind.__module__ == here for one in screens):
        return here == there
    return here in _used(there)


@cache
def _used(name: str) -> frozenset[str]:
    """Return the modules of a folder that one of them imports, directly or indirectly, including itself."""
    folder, found, waiting = name.rpartition(".")[0], {name}, [name]
    while waiting:
        values = vars(sys.modules[waiting.pop()]).values()
        modules = {module for value in values if isinstance(module := getattr(value, "__module__", None), str)}
        new = {module for module in modules - found if module.rpartition(".")[0] == folder}
        found |= new
        waiting += new & sys.modules.keys()
    return frozenset(found)


@cache
def _nodes() -> Sequence[_Node]:
    """Return the classes of the screen that have bindings."""
    import workbench.tui as package

    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
    kinds = sorted(_below(DOMNode), key=lambda kind: (kind.__module__, kind.__name__))
    nodes = [_Node(kind, _bound(kind)) for kind in kinds if kind.__module__.startswith(package.__name__)]
    return [node for node in nodes if node.bound]


def _below(kind: type[DOMNode]) -> set[type[DOMNode]]:
    return {kind}.union(*(_below(one) for one in kind.__subclasses__()))


def _bound(kind: type[DOMNode]) -> tuple[Bound, ...]:
    found = textual_private.class_bindings(kind)
    return tuple(Bound(one.id, one.key, one.description) for one in found if one.id)
