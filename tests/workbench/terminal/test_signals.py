"""Ctrl-C in the moments in which an exception would be dropped, or would leave a lock taken."""

from __future__ import annotations

import importlib
import signal
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from workbench.terminal import signals


@pytest.fixture
def handled() -> Iterator[None]:
    """SIGINT is handled as while the command imports what it needs."""
    before = signal.signal(signal.SIGINT, signals.interrupt)
    yield
    signal.signal(signal.SIGINT, before)


def _within(function: str, source: str, **names: Any) -> Callable[..., None]:
    """A function whose code says that it is of Python's import system."""
    code = compile(f"def {function}(*_):\n    {source}", signals.IMPORT_SYSTEM, "exec")
    exec(code, names)
    return names[function]


def _wait_after(what: Callable[[], None]) -> None:
    what()
    time.sleep(60)


def test_the_import_system_is_recognised_by_its_file() -> None:
    assert importlib._bootstrap._get_module_lock.__code__.co_filename == signals.IMPORT_SYSTEM  # type: ignore[attr-defined]
    assert importlib._bootstrap._ModuleLock.acquire.__code__.co_name == "acquire"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("handled")
def test_an_interrupt_within_the_import_system_comes_once_it_is_left() -> None:
    left: list[bool] = []
    within = _within("cb", "signal.raise_signal(signal.SIGINT); left.append(True)", signal=signal, left=left)
    with pytest.raises(KeyboardInterrupt):
        _wait_after(within)
    assert left


@pytest.mark.usefixtures("handled")
def test_waiting_for_an_import_of_another_thread_ends_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        _within("acquire", "signal.raise_signal(signal.SIGINT)", signal=signal)()


@pytest.mark.usefixtures("handled")
def test_an_interrupt_that_python_drops_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Referred:
        pass

    referred = [Referred()]
    weakly = weakref.ref(referred[0], lambda _: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    signals.keep_interrupts()
    with pytest.raises(KeyboardInterrupt):
        _wait_after(referred.clear)
    assert weakly() is None


def test_a_request_to_stop_within_the_import_system_is_handled_once_it_is_left() -> None:
    within: list[bool] = []
    with signals.stoppable() as stop:
        stop.saving = True
        _within(
            "cb",
            "signal.raise_signal(signal.SIGINT); within.append(stop.asked)",
            signal=signal,
            within=within,
            stop=stop,
        )()
        until = time.monotonic() + 60
        while not stop.asked and time.monotonic() < until:
            time.sleep(0.01)
    assert (within, stop.asked) == ([False], True)
