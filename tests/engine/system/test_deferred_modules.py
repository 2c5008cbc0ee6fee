"""Modules that are imported once something of them is used."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from engine.system.deferred_modules import defer

PACKAGE = "package_of_this_test"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package whose modules note that they are executed; all but itself are deferred."""
    folder = tmp_path / "modules" / PACKAGE
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("executed = []\n")
    note = f"from {PACKAGE} import executed\nexecuted.append(__name__)\n"
    (folder / "leaf.py").write_text(note + "value = 1\n")
    (folder / "broken.py").write_text(note + "import a_module_that_is_not_there\n")
    (folder / "names.py").write_text(
        f"{note}from {PACKAGE}.broken import value\nfrom json import dumps as written\n"
    )
    (folder / "inner" / "__init__.py").write_text(f"{note}from {PACKAGE}.inner import leaf\nvalue = 2\n")
    (folder / "inner" / "leaf.py").write_text(note + "value = 3\n")
    monkeypatch.setattr(sys, "meta_path", sys.meta_path)
    monkeypatch.syspath_prepend(str(folder.parent))
    defer(f"{PACKAGE}.")
    yield importlib.import_module(PACKAGE)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def executed(package: ModuleType) -> list[str]:
    """The names of the modules that were executed, without the package's."""
    return [name.removeprefix(f"{PACKAGE}.") for name in package.executed]


def test_a_module_is_executed_once_at_its_first_attribute(package: ModuleType) -> None:
    leaf = importlib.import_module(f"{PACKAGE}.leaf")
    assert executed(package) == []

    assert (leaf.value, leaf.value, package.leaf.value) == (1, 1, 1)
    assert executed(package) == ["leaf"]


def test_what_python_notes_of_a_module_executes_nothing(package: ModuleType) -> None:
    leaf = importlib.import_module(f"{PACKAGE}.leaf")

    assert Path(leaf.__file__ or "").name == "leaf.py"
    assert leaf.__name__ == f"{PACKAGE}.leaf"
    assert executed(package) == []


def test_a_module_of_a_deferred_package_is_imported_without_that_package(package: ModuleType) -> None:
    leaf = importlib.import_module(f"{PACKAGE}.inner.leaf")

    assert leaf.value == 3
    assert executed(package) == ["inner.leaf"]
    assert package.inner.leaf.value == 3
    assert package.inner.value == 2
    assert executed(package) == ["inner.leaf", "inner"]


def test_an_imported_name_is_taken_from_where_it_is_imported_from(package: ModuleType) -> None:
    names = importlib.import_module(f"{PACKAGE}.names")

    assert names.written is json.dumps
    assert importlib.import_module(f"{PACKAGE}.inner").leaf.value == 3
    assert executed(package) == ["inner.leaf"]


def test_an_attribute_that_is_not_there_is_an_attribute_error(package: ModuleType) -> None:
    leaf = importlib.import_module(f"{PACKAGE}.leaf")

    assert not hasattr(leaf, "other")


def test_a_module_that_cannot_be_imported_says_so_each_time_it_is_used(package: ModuleType) -> None:
    broken = importlib.import_module(f"{PACKAGE}.broken")

    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
            _ = broken.value
    assert executed(package) == ["broken", "broken"]


def test_threads_that_use_a_module_at_once_see_it_whole(package: ModuleType) -> None:
    leaf = importlib.import_module(f"{PACKAGE}.leaf")

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: leaf.value, range(8))) == [1] * 8
    assert executed(package) == ["leaf"]


def test_a_module_that_is_not_there_is_not_found(package: ModuleType) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{PACKAGE}.other")


def test_a_name_is_listed_before_anything_is_executed(package: ModuleType) -> None:
    names = importlib.import_module(f"{PACKAGE}.names")

    assert {"value", "written"} <= set(dir(names))
    assert executed(package) == []


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a deferred package that imports its modules, which import it and one another."""
    name = "whole_package_of_this_test"
    folder = tmp_path / "packages" / name
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("executed = []\nfrom .inner.leaf import Leaf\nfrom . import errors\n")
    (folder / "errors.py").write_text("class Wrong(Exception):\n    pass\n")
    (folder / "inner" / "__init__.py").write_text("")
    (folder / "inner" / "leaf.py").write_text(
        f"from {name} import errors, executed\nexecuted.append(__name__)\n\n\nclass Leaf:\n    pass\n"
    )
    monkeypatch.setattr(sys, "meta_path", sys.meta_path)
    monkeypatch.syspath_prepend(str(folder.parent))
    defer(name)
    yield name
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.mark.parametrize("begun", [True, False])
def test_a_module_of_a_package_that_is_deferred_alone_is_the_packages(whole: str, begun: bool) -> None:
    if begun:
        importlib.import_module(whole)
    errors, leaf = (importlib.import_module(f"{whole}.{name}") for name in ("errors", "inner.leaf"))
    package = importlib.import_module(whole)

    assert package.executed == [f"{whole}.inner.leaf"]
    assert (package.errors.Wrong, package.inner.leaf.Leaf) == (errors.Wrong, leaf.Leaf)
    assert package.Leaf is leaf.Leaf
    assert "Leaf" in dir(package)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{whole}.other")


def test_a_package_that_is_deferred_alone_lists_its_names(whole: str) -> None:
    assert "Leaf" in dir(importlib.import_module(whole))
