"""Pilots wait for the event loop, not for the threads that train beside it."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(autouse=True)
def waits_for_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A press of a key waits until this thread is idle, not until all the process's threads are."""
    monkeypatch.setattr("textual._wait.process_time", time.thread_time)
