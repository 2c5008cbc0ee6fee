"""Objects that stay: making them, and everything after, without looking for garbage among them."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """Whatever is made in this block, in any thread, is taken to stay: the garbage collector leaves it alone.

    A full collection goes through every object there is, and holds the interpreter while it does.
    """
    _note(+1)
    try:
        yield
        gc.freeze()
    finally:
        _note(-1)


_making = 0
_counting, _starting = threading.Lock(), threading.Lock()


def _note(change: int) -> None:
    """Collect nothing until the last of all such blocks, in whatever thread, is left."""
    global _making
    with _counting:
        _making += change
        if _making:
            gc.disable()
        else:
            gc.enable()


def start_tensorflow() -> None:
    """Import TensorFlow and Keras, where that has not been done; one thread at a time.

    They make 390,000 objects: collecting garbage among them takes 0.2 to 0.3 s, which halted the screen every
    ten seconds of training, and a quarter of the time of the import itself. Their modules import one another
    in circles: two threads that import them at once can see a module before it is whole.
    """
    with _starting:
        if "keras" not in sys.modules:
            with lasting():
                import keras  # noqa: F401
