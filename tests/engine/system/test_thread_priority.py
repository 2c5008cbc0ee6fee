"""Threads in the background give way to the process's other threads."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from engine.system.thread_priority import LOWER, start_in_background


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="a priority is that of a whole process")
def test_a_background_thread_and_those_it_starts_have_a_lower_priority() -> None:
    found: list[int] = []
    ended = threading.Event()

    def start_another() -> None:
        found.append(priority())
        another = threading.Thread(target=lambda: found.append(priority()))
        another.start()
        another.join()
        ended.set()

    before = priority()
    start_in_background(start_another, "test")
    assert ended.wait(30)
    lower = min(before + LOWER, 19)
    assert found == [lower, lower]
    assert priority() == before
