"""What importing TensorFlow brings into a process, and what it leaves out."""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import requires
from pathlib import Path

import pytest

from engine.system import tensorflow_start
from engine.system.tensorflow_start import OPTIONAL, hidden
from tests.fresh_process import printed

UNUSED = "this"
"""A module of the standard library that nothing here imports."""


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    sys.modules.pop(UNUSED, None)
    yield
    sys.modules.pop(UNUSED, None)


def test_a_hidden_package_seems_not_to_be_installed_until_the_block_ends() -> None:
    with hidden({UNUSED}), pytest.raises(ImportError):
        importlib.import_module(UNUSED)

    assert importlib.import_module(UNUSED)


def test_other_threads_import_meanwhile_what_is_hidden_from_this_one() -> None:
    with hidden({UNUSED}), ThreadPoolExecutor(1) as other:
        assert other.submit(importlib.import_module, UNUSED).result()


def test_an_import_of_another_thread_skips_no_finder_when_the_block_ends() -> None:
    finders = list(sys.meta_path)

    with hidden({UNUSED}):
        searching = iter(sys.meta_path)
        asked = [next(searching), next(searching)]

    assert [*asked, *searching][1:] == finders == sys.meta_path


def test_the_modules_of_a_hidden_package_are_hidden_too() -> None:
    sys.modules.pop("json.tool", None)

    with hidden({"json"}), pytest.raises(ImportError):
        importlib.import_module("json.tool")


def test_what_is_loaded_already_is_not_hidden() -> None:
    with hidden({"json"}):
        assert importlib.import_module("json")


@pytest.mark.parametrize("package", ["keras", "tensorflow"])
def test_what_is_hidden_is_not_required(package: str) -> None:
    names = {re.split(r"[\s<>=!~;\[]", line)[0].lower() for line in requires(package) or () if "extra" not in line}

    assert names
    assert not names & (OPTIONAL | {"scikit-learn"})


def test_tensorflow_starts_without_packages_that_can_be_imported_afterwards() -> None:
    code = (
        "import sys; from engine.system.tensorflow_start import OPTIONAL, start_tensorflow; start_tensorflow();"
        "print(sorted(OPTIONAL & sys.modules.keys())); import pandas, sklearn; print('there')"
    )

    assert printed(code).split() == ["[]", "there"]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell what is loaded")
def test_libraries_are_loaded_before_the_import() -> None:
    code = (
        "import sys; from engine.system.tensorflow_start import load_libraries; load_libraries();"
        "print('libtensorflow_cc' in open('/proc/self/maps').read(), 'tensorflow' in sys.modules)"
    )

    assert printed(code).split() == ["True", "False"]


def test_an_import_begun_ahead_is_waited_for_and_begins_once() -> None:
    code = (
        "import sys, threading; from engine.system.tensorflow_start import *;"
        "start_tensorflow_ahead(); start_tensorflow(); start_tensorflow_ahead();"
        "print(sys.modules['keras'].layers.Dense.__name__, bool(OPTIONAL & sys.modules.keys()))"
    )

    assert printed(code).split() == ["Dense", "False"]


def test_an_import_ahead_that_fails_is_left_to_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = threading.Event()

    def failing() -> None:
        tried.set()
        raise ImportError("broken")

    monkeypatch.setattr(tensorflow_start, "start_tensorflow", failing)
    monkeypatch.delitem(sys.modules, "keras", raising=False)

    tensorflow_start.start_tensorflow_ahead()

    assert tried.wait(60)


def test_tensorflow_starts_without_what_stands_behind_names_that_are_not_used() -> None:
    code = (
        "import sys; from engine.system.tensorflow_start import start_tensorflow; start_tensorflow();"
        "names = ['tensorflow.python.keras', 'tensorflow.python.feature_column', 'tensorflow.lite.python'];"
        "print([name for name in names if name in sys.modules]);"
        "import h5py, keras, tensorflow as tf; print(h5py.File.__name__, tf.compat.v1.placeholder.__name__);"
        "print(tf.lite.Interpreter.__name__, tf.lite.TFLiteConverter.__name__, hasattr(tf.lite, 'experimental'))"
    )

    named = ["File", "placeholder", "Interpreter", "TFLiteConverterV2", "True"]
    assert printed(code).split() == ["[]", *named]
