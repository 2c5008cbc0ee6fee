"""Imports modules of large packages only once something of them is used."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_lock = threading.Lock()


def defer(*names: str) -> None:
    """From now on, imports modules of these names only once an attribute of them is asked for.

    A name that ends with a dot stands for all modules of that package, but not for the package.

    ``importlib.util.LazyLoader`` does the same, but loads a module as soon as it is looked through, as
    :mod:`inspect` does with all of them, and in Python 3.11 lets other threads see it half loaded.
    """
    sys.meta_path = [_Deferring(names), *sys.meta_path]


class _Deferring(MetaPathFinder, Loader):
    """Puts a stand-in where a module would be imported; once that is loaded, leaves it to the other finders."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._packages = tuple(name for name in names if name.endswith("."))
        self._used: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of a stand-in; None for other modules, and for what is used."""
        if fullname in self._used or not (fullname in self._names or fullname.startswith(self._packages)):
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is None:
            return None
        deferred = ModuleSpec(fullname, self, origin=found.origin)
        deferred.submodule_search_locations = found.submodule_search_locations
        deferred.has_location = found.has_location
        return deferred

    def create_module(self, spec: ModuleSpec) -> None:
        """A module as Python makes it."""

    def exec_module(self, module: ModuleType) -> None:
        """Executes nothing yet."""
        module.__class__ = _StandIn

    def load(self, name: str) -> ModuleType:
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
        return getattr(finder.load(self.__name__), attribute)
