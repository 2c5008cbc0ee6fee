"""Two processes on a home where there is no store yet: whatever they do, in whatever order, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.events import Status
from engine.runs import RunStore
from tests.engine import recorder
from tests.engine.fake_runs import ended

SECOND = ("list", "tag", "train", "delete")
"""What the second process does; each opens the store and closes it again."""

ORDERS = [order[turn:] + order[:turn] for order in (SECOND, SECOND[::-1]) for turn in range(len(SECOND))]
"""Orders in which each command comes first, last, and both before and after every other."""


class Peer:
    """Another process that does what it is told."""

    def __init__(self) -> None:
        self.process, self._connection = recorder.start(recorder.obey, None)

    def do(self, command: str) -> Any:
        """Have a command done; returns what it gave."""
        self._connection.send(command)
        return self._connection.recv()

    def kill(self) -> None:
        """End it as the kernel does when memory runs out."""
        self.process.kill()
        self.process.join()
        self._connection.close()


@pytest.fixture
def peers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Peer, Peer]]:
    """Two processes whose home is that of the test."""
    monkeypatch.setattr(recorder, "HOME", str(home))
    both = (Peer(), Peer())
    yield both
    for peer in both:
        peer.kill()


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_the_session_that_creates_the_store_loses_no_epoch(peers: tuple[Peer, Peer], order: list[str]) -> None:
    session, other = peers
    run = session.do("begin")
    numbers, told = [run], 0
    for command in order:
        told = session.do("on")
        done = other.do(command)
        numbers += [done] if command == "train" else []
    told = session.do("on")
    session.kill()
    with closing(RunStore()) as store:
        record = store.get(run)
        assert record.epochs == tuple(ended(7, epoch + 1) for epoch in range(told))
        assert (record.status, record.interrupted) == (Status.STOPPED, True)
        assert record.tags == ("tagged",)
        assert [one.id for one in store.summaries(deleted=order.index("delete") > order.index("train"))]
        assert numbers == ["1", "2"]
        assert store.check() == []


@pytest.mark.parametrize("first", ["begin", *SECOND])
def test_numbers_are_given_once_whoever_creates_the_store(peers: tuple[Peer, Peer], first: str) -> None:
    session, other = peers
    numbers = []
    if first in ("list", "delete", "train"):
        given = other.do(first)
        numbers += [given] if first == "train" else []
    numbers.append(session.do("begin"))
    for _ in range(3):
        session.do("on")
        numbers.append(other.do("train"))
    session.kill()
    numbers.append(other.do("train"))
    assert numbers == [str(number + 1) for number in range(len(numbers))]
    with closing(RunStore()) as store:
        trained = [run for run in store.summaries() if run.name == "Second"]
        assert all(run.status is Status.FINISHED and run.epochs_done == 2 for run in trained)


def test_no_descriptor_of_the_database_is_opened_but_by_sqlite(peers: tuple[Peer, Peer]) -> None:
    """Closing one would drop the locks of every connection of its process."""
    assert peers[0].do("descriptors") == []
