"""Pilots wait for the event loop, not for the threads that train beside it."""

from __future__ import annotations

import time

import pytest

from workbench.terminal import textual_private


@pytest.fixture(autouse=True)
def waits_for_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A press of a key waits until this thread is idle, not until all the process's threads are."""
    monkeypatch.setattr("textual._wait.process_time", time.thread_time)


@pytest.fixture(autouse=True, scope="session")
def keys_are_set_as_in_a_terminal() -> None:
    """Keys that are set replace the usual ones as they do where the app runs in a terminal."""
    textual_private.patch_keymap()
