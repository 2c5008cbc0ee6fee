"""Keys are noted in the thread that reads them, before the screen has anything of them."""

from __future__ import annotations

import pytest
from textual import events
from textual.driver import Driver
from textual.message import Message

from workbench.terminal import key_presses
from workbench.terminal.browser.driver import BrowserDriver
from workbench.terminal.driver import TerminalDriver


@pytest.mark.parametrize("kind", [TerminalDriver, BrowserDriver])
def test_a_key_is_being_answered_for_a_moment(
    kind: type[TerminalDriver | BrowserDriver], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    passed_on: list[Message] = []
    monkeypatch.setattr(key_presses, "_latest", 0.0)
    monkeypatch.setattr("workbench.terminal.key_presses.time.monotonic", lambda: now[0])
    monkeypatch.setattr(Driver, "process_message", lambda _, message: passed_on.append(message))
    driver = kind.__new__(kind)
    messages = [events.AppFocus(), events.Key("n", "n")]
    driver.process_message(messages[0])
    assert not key_presses.answering()
    driver.process_message(messages[1])
    assert key_presses.answering()
    now[0] += key_presses.ANSWER
    assert not key_presses.answering()
    assert passed_on == messages
