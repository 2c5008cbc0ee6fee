"""Full garbage collections wait until nobody presses keys."""

from __future__ import annotations

import gc
import weakref

import pytest

from tests.workbench import fake
from tests.workbench.fake import opened, ran
from workbench.tui.garbage import APART, LONGEST, MIDDLE_PER_FULL, NEVER, REST, YOUNG_PER_MIDDLE, GarbageCollection


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Knot:
    """Refers to itself: only a collection frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def garbage(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> GarbageCollection:
    """Where enough has been collected among the young to make a full collection worth its time."""
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, MIDDLE_PER_FULL))
    return GarbageCollection(clock)


def test_what_is_due_is_collected_once_keys_rest(garbage: GarbageCollection, clock: Clock) -> None:
    knot = weakref.ref(Knot())
    clock.now = APART
    garbage.key_pressed()
    assert not garbage.poll()
    clock.now += REST
    assert garbage.poll()
    assert knot() is None
    clock.now += REST
    assert not garbage.poll()


def test_keys_that_never_rest_put_it_off_only_so_long(garbage: GarbageCollection, clock: Clock) -> None:
    while clock.now < LONGEST:
        garbage.key_pressed()
        assert not garbage.poll()
        clock.now += REST / 2
    garbage.key_pressed()
    assert garbage.poll()


def test_little_garbage_is_left(garbage: GarbageCollection, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, MIDDLE_PER_FULL - 1))
    clock.now = LONGEST
    assert not garbage.poll()


def test_little_garbage_with_much_memory_is_collected_once(
    garbage: GarbageCollection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 0))
    garbage.memory_released()
    clock.now = APART - REST
    assert not garbage.poll()
    clock.now = APART
    assert garbage.poll()
    clock.now += APART
    assert not garbage.poll()


async def test_a_run_is_freed_once_the_next_one_has_ended() -> None:
    backend = fake.FakeBackend()
    async with opened(fake.app(backend=backend)) as (pilot, bench):
        lives = []
        for _ in range(3):
            await ran(pilot, bench)
            backend.sessions.clear()
            assert bench.runner.live is not None
            lives += [weakref.ref(bench.runner.live), weakref.ref(bench.runner.live.session)]
        gc.collect()
        assert [one() is None for one in lives] == [True, True, True, True, False, False]


def test_nothing_is_collected_while_the_collector_is_off(garbage: GarbageCollection, clock: Clock) -> None:
    clock.now = LONGEST
    gc.disable()
    try:
        assert not garbage.poll()
    finally:
        gc.enable()


async def test_python_starts_no_full_collection_while_the_app_runs() -> None:
    before = gc.get_threshold()
    async with opened(fake.app()):
        assert gc.get_threshold() == (before[0], YOUNG_PER_MIDDLE, NEVER)
    assert gc.get_threshold() == before
