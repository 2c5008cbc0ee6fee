"""The memory of this process."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from engine.system import memory_use


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give memory back themselves")
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
