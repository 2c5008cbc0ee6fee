"""The garbage collector is paused until the last block ends, and does not visit what was created meanwhile."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from engine.system.gc_pause import collector_paused


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_resumes_when_the_last_block_ends() -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with collector_paused():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    with collector_paused():
        assert not gc.isenabled()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_objects_created_in_the_block_are_frozen() -> None:
    before = gc.get_freeze_count()
    with collector_paused():
        kept = [[number] for number in range(1000)]
    assert gc.get_freeze_count() >= before + 1000
    assert len(kept) == 1000
