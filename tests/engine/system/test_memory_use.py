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

AFTER_A_THREAD = """
import sys, threading
import numpy as np
from engine.system import memory_use

if sys.argv[1:]:
    memory_use.share_one_arena()
np.ones(30_000_000, np.uint8)  # from now on glibc keeps up to 60 MB at the end of an arena
before = memory_use.resident()
thread = threading.Thread(target=lambda: [np.ones(60_000, np.uint8) for _ in range(700)])
thread.start()
thread.join()
memory_use.give_back()
print(memory_use.resident() - before)
"""


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
def test_of_one_arena_everything_is_given_back() -> None:
    assert float(printed(AFTER_A_THREAD)) > 10, (
        "glibc gives back all arenas: share_one_arena is not needed any more"
    )
    assert float(printed(AFTER_A_THREAD, "one arena")) < 5
