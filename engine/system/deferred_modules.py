"""Imports modules of large packages only when they are used."""

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
    """From now on, import modules with these names only when one of their attributes is used.

    A name that ends with a dot means all modules in that package, but not the package itself. The modules must
    consist of imports: an attribute is taken from the module that it is imported from, and the other imports are
    skipped.

    ``importlib.util.LazyLoader`` does the same, but loads a module as soon as its attributes are listed, as
    :mod:`inspect` does with all modules, and in Python 3.11 lets other threads see it half loaded.
    """
    sys.meta_path = [_Deferring(names), *sys.meta_path]


Imports = dict[str, tuple[str, str]]
"""Names of a module, each with the module that it is imported from and its name there."""


class _Deferring(MetaPathFinder, Loader):
    """Provides stand-ins for modules; once one is loaded, other finders handle it."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._packages = tuple(name for name in names if name.endswith("."))
        self._used: set[str] = set()
        self._imports: dict[str, Imports] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the specification of a stand-in; None for other modules, and for those already used."""
        package = fullname.rpartition(".")[0]
        if package in self._names and isinstance(sys.modules.get(package), _StandIn):
            self._loaded(package)  # modules of the package import one another before they are complete
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
        """Return None, so that Python creates the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing yet."""
        module.__class__ = _StandIn

    def attribute(self, spec: ModuleSpec, name: str) -> Any:
        """Return an attribute of the module behind a stand-in."""
        source, there = self._imports_of(spec).get(name, ("", name))
        if source == spec.name:
            return import_module(f"{source}.{there}")
        return getattr(import_module(source) if source else self._loaded(spec.name), there)

    def attributes(self, spec: ModuleSpec) -> Iterable[str]:
        """Return the names of the attributes of the module behind a stand-in."""
        return dir(self._loaded(spec.name)) if spec.name in self._names else self._imports_of(spec)

    def _imports_of(self, spec: ModuleSpec) -> Imports:
        if spec.name not in self._imports:
            self._imports[spec.name] = {} if spec.name in self._names else _imports(spec)
        return self._imports[spec.name]

    def _loaded(self, name: str) -> ModuleType:
        """Import the module itself; a thread that asks for it while another imports it waits."""
        with _lock:
            self._used.add(name)
            if isinstance(sys.modules.get(name), _StandIn):
                del sys.modules[name]
        return import_module(name)


class _StandIn(ModuleType):
    """An empty module whose attributes are those of the module with the same name."""

    __spec__: ModuleSpec

    def __getattr__(self, attribute: str) -> Any:
        finder = self.__spec__.loader
        assert isinstance(finder, _Deferring)
        return finder.attribute(self.__spec__, attribute)

    def __dir__(self) -> list[str]:
        """Return the names of the module; if it consists of imports, without importing them."""
        finder = self.__spec__.loader
        assert isinstance(finder, _Deferring)
        return sorted({*super().__dir__(), *finder.attributes(self.__spec__)})


class _Imported(Loader):
    """Returns a module that has already been imported."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's own specification."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def _imported(module: ModuleType | None) -> ModuleSpec | None:
    """Return a specification with which an import returns a module that was already imported; None without one.

    An import that finds a module imported meanwhile uses the module's own specification, and would execute the
    module again; this specification replaces it until the import is over.
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
