"""Imports TensorFlow and Keras once, in one thread at a time, without packages that they do not need."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from engine.system.deferred_modules import defer
from engine.system.gc_pause import collector_paused

OPTIONAL = frozenset({"PIL", "matplotlib", "pandas", "psutil", "scipy", "sklearn"})
"""Packages that Keras and TensorFlow import if available, for functions that this project does not use."""

DEFERRED = ("tensorflow._api.v2.", "h5py", "requests")
"""Modules that are not needed to import Keras and TensorFlow.

These are TensorFlow's public names in groups, such as ``tf.compat`` and ``tf.distribute``, with everything behind
them, and packages for single functions.
"""

_lock = threading.Lock()


def start_tensorflow() -> None:
    """Import TensorFlow and Keras unless that has been done; takes 1.5 to 3 seconds.

    The import creates 300,000 objects that live as long as the process. Garbage collections of them would take a
    quarter of the import's time, and freeze the screen for 0.2 to 0.3 s every ten seconds of training. The modules
    import one another in circles, so a second thread that imports them at the same time could see incomplete
    modules.

    The ``OPTIONAL`` packages, if they are not loaded yet, are hidden from Keras: they would take a third of the
    import's CPU time and 160 MB. This project imports them where it needs them. In this process Keras then lacks
    its scikit-learn wrappers and image galleries, and ``fit`` does not accept data frames.
    """
    with _lock:
        if "keras" not in sys.modules:
            defer(*DEFERRED)
            load_libraries()
            with collector_paused(), hidden(OPTIONAL):
                import keras  # noqa: F401

                keep_lite(sys.modules["tensorflow"])


def start_tensorflow_ahead() -> None:
    """Start to import TensorFlow in a thread, unless that has begun; :func:`start_tensorflow` waits for it."""
    if "keras" not in sys.modules:
        threading.Thread(target=_try_to_start, name="import of TensorFlow").start()


def _try_to_start() -> None:
    with suppress(Exception):  # code that needs TensorFlow imports it again and reports the error
        start_tensorflow()


def load_libraries() -> None:
    """Load TensorFlow's shared libraries while other threads run.

    Loading them takes up to a second, during which an import holds the interpreter lock and the screen would not
    respond to keys. A function called through ctypes does not hold the lock. Libraries that cannot be loaded are
    left to the import, which reports the error.
    """
    import ctypes  # this takes a moment, which the start of the screen cannot spare

    spec = find_spec("tensorflow")
    if spec is None or spec.origin is None or os.name != "posix":
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    for library in sorted(Path(spec.origin).parent.glob("libtensorflow_*")):
        dlopen(os.fsencode(library), os.RTLD_NOW)


def keep_lite(tensorflow: ModuleType) -> None:
    """Import the package ``tensorflow.lite``, which is empty and not what ``tf.lite`` refers to.

    An import binds a module to its name in its package: once something in ``tf.lite`` is used, which imports
    modules of that package, ``tf.lite`` would otherwise be the empty package.
    """
    public = vars(tensorflow).get("lite")
    with suppress(ImportError):
        import_module("tensorflow.lite")
    if public is not None:
        setattr(tensorflow, "lite", public)  # noqa: B010


@contextmanager
def hidden(packages: Container[str]) -> Iterator[None]:
    """Make packages appear not to be installed, only in this block and thread; loaded ones are not affected.

    The list of finders is replaced rather than changed, since an importing thread iterates over it and would skip
    one.
    """
    finder = _Hiding(packages)
    sys.meta_path = [finder, *sys.meta_path]
    try:
        yield
    finally:
        sys.meta_path = [other for other in sys.meta_path if other is not finder]


class _Hiding(MetaPathFinder):
    def __init__(self, packages: Container[str]) -> None:
        self._packages = packages
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raise ModuleNotFoundError for modules of a hidden package; leave others to the next finders."""
        if fullname.partition(".")[0] in self._packages and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is hidden from what is being imported", name=fullname)
