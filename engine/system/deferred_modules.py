"""Imports modules of large packages only once something of them is used."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterable, Sequence
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
        package = fullname.rpartition(".")[0]
        if package in self._names and isinstance(sys.modules.get(package), _StandIn):
            self._loaded(package)  # whose modules import one another as it has them do
            return _imported(sys.modules.get(fullname))
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
        source, there = self._imports_of(spec).get(name, ("", name))
        if source == spec.name:
            return import_module(f"{source}.{there}")
        return getattr(import_module(source) if source else self._loaded(spec.name), there)

    def attributes(self, spec: ModuleSpec) -> Iterable[str]:
        """The names of the attributes of the module that a stand-in is for."""
        return dir(self._loaded(spec.name)) if spec.name in self._names else self._imports_of(spec)

    def _imports_of(self, spec: ModuleSpec) -> Imports:
        if spec.name not in self._imports:
            self._imports[spec.name] = {} if spec.name in self._names else _imports(spec)
        return self._imports[spec.name]

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

    def __dir__(self) -> list[str]:
        """The names of the module, without importing what they stand for where it is a list of imports."""
        finder = self.__spec__.loader
        assert isinstance(finder, _Deferring)
        return sorted({*super().__dir__(), *finder.attributes(self.__spec__)})


class _Imported(Loader):
    """Gives a module that has been imported already, in the place of one to be imported."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module its own specification back."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def _imported(module: ModuleType | None) -> ModuleSpec | None:
    """A specification by which an import gives a module that has been imported; None where there is none.

    An import that finds a module imported meanwhile takes the module's own specification, and would execute the
    module again by it: until the import is over, this one stands there.
    """
    if module is None or module.__spec__ is None:
        return None
    spec = ModuleSpec(module.__name__, _Imported(), origin=module.__spec__.origin, loader_state=module.__spec__)
    spec.submodule_search_locations = module.__spec__.submodule_search_locations
    module.__spec__ = spec
    return spec


def _imports(spec: ModuleSpec) -> Imports:
    loader = spec.loader_state
    source = loader.get_source(spec.name) if isinstance(loader, SourceFileLoader) else None
    return {alias or name: (module, name) for module, name, alias in _IMPORT.findall(source or "")}
