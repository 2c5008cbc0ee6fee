"""Imports TensorFlow and Keras once, in one thread at a time."""

from __future__ import annotations

import sys
import threading

from engine.system.gc_pause import collector_paused

_lock = threading.Lock()


def start_tensorflow() -> None:
    """Imports TensorFlow and Keras unless that has been done; takes 2 to 4 seconds.

    The import creates 390,000 objects that live as long as the process. Garbage collections among them would
    take a quarter of the import's time, and halt the screen for 0.2 to 0.3 s every ten seconds of training.
    The modules import one another in circles, so a second thread that imports them at the same time could see
    a module before it is complete.
    """
    with _lock:
        if "keras" not in sys.modules:
            with collector_paused():
                import keras  # noqa: F401
