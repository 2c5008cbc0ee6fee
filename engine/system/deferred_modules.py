"""Imports modules of large packages only once something of them is used."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_lock = threading.Lock()

_IMPORT = re.compile(r"^from (\w\S*) import (\w+)(?: as (\w+))?", re.MULTILINE)


def defer(*names: str) -> None:
    """From now on, imports modules of these names only once an attribute of them is asked for.

    A name that ends with a dot stands for all modules of that package, but not for the package. They have to be
    lists of imports: an attribute is taken from where it is imported from, and the other imports are left out.

    ``importlib.util.LazyLoader`` does the same, but loads a module as soon as it is looked through, as
    :mod:`inspect` does with all of them, and in Python 3.11 lets other threads see it half loaded.
    """
    sys.meta_path = [_Deferring(names), *sys.meta_path]


Imports = dict[str, tuple[str, str]]
"""Names of a module, each with the module that it is imported from and its name there."""


class _Deferring(MetaPathFinder, Loader):
    """Puts a stand-in where a module would be imported; once that is loaded, leaves it to the other finders."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._packages = tuple(name for name in names if name.endswith("."))
        self._used: set[str] = set()
        self._imports: dict[str, Imports] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of a stand-in; None for other modules, and for what is used."""
        if fullname in self._used or not (fullname in self._names or fullname.startswith(self._packages)):
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is None:
            return None
        deferred = ModuleSpec(fullname, self, origin=found.origin, loader_state=found.loader)
        deferred.submodule_search_locations = found.submodule_search_locations
        deferred.has_location = found.has_location
        return deferred

    def create_module(self, spec: ModuleSpec) -> None:
        """A module as Python makes it."""

    def exec_module(self, module: ModuleType) -> None:
        """Executes nothing yet."""
        module.__class__ = _StandIn

    def attribute(self, spec: ModuleSpec, name: str) -> Any:
        """An attribute of the module that a stand-in is for."""
        if spec.name not in self._imports:
            self._imports[spec.name] = {} if spec.name in self._names else _imports(spec)
        source, there = self._imports[spec.name].get(name, ("", name))
        if source == spec.name:
            return import_module(f"{source}.{there}")
        return getattr(import_module(source) if source else self._loaded(spec.name), there)

    def _loaded(self, name: str) -> ModuleType:
        """The module itself; a thread that asks for it while another imports it waits."""
        with _lock:
            self._used.add(name)
            if isinstance(sys.modules.get(name), _StandIn):
                del sys.modules[name]
        return import_module(name)


class _StandIn(ModuleType):
    """A module without content, whose attributes are those of the module of the same name."""

    __spec__: ModuleSpec

    def __getattr__(self, attribute: str) -> Any:
        finder = self.__spec__.loader
        assert isinstance(finder, _Deferring)
        return finder.attribute(self.__spec__, attribute)


def _imports(spec: ModuleSpec) -> Imports:
    loader = spec.loader_state
    source = loader.get_source(spec.name) if isinstance(loader, SourceFileLoader) else None
    return {alias or name: (module, name) for module, name, alias in _IMPORT.findall(source or "")}
