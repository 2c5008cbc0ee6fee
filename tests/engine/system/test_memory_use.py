"""The memory of this process."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from engine.system import memory_use
from tests.fresh_process import printed

ON_GLIBC = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries give memory back themselves"
)

ARENAS = """
import ctypes, os, sys, threading
from engine.system import memory_use

if sys.argv[1:]:
    memory_use.share_one_arena()
thread = threading.Thread(target=lambda: [bytearray(60_000) for _ in range(700)])
thread.start()
thread.join()
os.dup2(1, 2)
ctypes.CDLL(None).malloc_stats()
"""
"""Prints glibc's statistics, a paragraph for each arena, after a thread has allocated memory."""


@ON_GLIBC
def test_memory_that_is_free_below_what_is_in_use_is_given_back() -> None:
    memory_use.give_back()
    before = memory_use.resident()
    blocks = [np.ones(60_000, np.uint8) for _ in range(4_000)]  # small enough for the heap
    del blocks[:-1]
    held = memory_use.resident()
    memory_use.give_back()
    after = memory_use.resident()
    assert before is not None
    assert held is not None
    assert after is not None
    assert held - before > 200
    assert after - before < 50


@ON_GLIBC
def test_threads_allocate_from_one_arena() -> None:
    assert printed(ARENAS).count("Arena ") > 1, (
        "glibc opens no further arenas: share_one_arena is not needed any more"
    )
    assert printed(ARENAS, "one arena").count("Arena ") == 1
