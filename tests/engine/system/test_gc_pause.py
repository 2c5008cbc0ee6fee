"""Objects that stay are left alone by the garbage collector, whichever threads make them."""

from __future__ import annotations

import gc
import threading

from engine.system.gc_pause import lasting


def test_nothing_is_collected_until_the_last_block_is_left() -> None:
    inside, leave = threading.Event(), threading.Event()

    def make() -> None:
        with lasting():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=make)
    thread.start()
    inside.wait(10)
    with lasting():
        assert not gc.isenabled()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_what_was_made_is_not_looked_at_again() -> None:
    before = gc.get_freeze_count()
    with lasting():
        kept = [[number] for number in range(1000)]
    assert gc.get_freeze_count() >= before + 1000
    assert len(kept) == 1000
    gc.unfreeze()
