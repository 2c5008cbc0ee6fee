"""Collects garbage while no keys are pressed.

A full collection visits every object and holds the interpreter lock meanwhile: 80 to 100 ms with a traced network,
the time in which five keys are answered. Python starts one whenever the number of objects has grown by a quarter:
every five seconds while keys are pressed, and in the middle of answering one.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

NEVER = 2**31 - 1
"""A threshold that is never reached."""

YOUNG_PER_MIDDLE = 2
"""Collections of the youngest generation between two of the middle one. With Python's 10, up to 20,000
objects accumulate, whose collection takes 4 ms: measured in the slowest hundredth of the keys."""

MIDDLE_PER_FULL = 40
"""Collections of the middle generation after which a full one is worth its time: they have seen as many objects as
the 10 after which Python would start one."""

REST = 1.0
"""Seconds without a key after which the next one is not expected soon."""

APART = 20.0
"""The fewest seconds between two full collections."""

LONGEST = 90.0
"""Seconds after which garbage is collected even if keys are being pressed."""


class GarbageCollection:
    """Runs full garbage collections at quiet moments; Python collects the younger generations."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before: tuple[int, int, int] | None = None
        self._pressed = self._collected = clock()
        self._memory_released = False

    def begin(self) -> None:
        """Take over full collections from Python."""
        self._before = gc.get_threshold()
        gc.set_threshold(self._before[0], YOUNG_PER_MIDDLE, NEVER)

    def end(self) -> None:
        """Leave full collections to Python again."""
        if self._before is not None:
            gc.set_threshold(*self._before)

    def key_pressed(self) -> None:
        """Note that a key was pressed."""
        self._pressed = self._clock()

    def memory_released(self) -> None:
        """Note that few objects that hold much memory have become garbage, such as a network's."""
        self._memory_released = True

    def poll(self) -> bool:
        """Collect garbage if it is due and no key has been pressed for a while; return whether it was."""
        now = self._clock()
        since = now - self._collected
        enough = self._memory_released or gc.get_count()[2] >= MIDDLE_PER_FULL
        due = since >= APART and enough and gc.isenabled()
        if not due or (now - self._pressed < REST and since < LONGEST):
            return False
        gc.collect()
        self._memory_released = False
        self._collected = self._clock()
        return True
