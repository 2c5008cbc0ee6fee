"""The screen over pipes, as a server for browsers starts it: no terminal, nothing but packets, and a clean end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench.terminal.browser.packets import Browser

FAKE = "tests.workbench.terminal.fake_screen"


@pytest.fixture
def noisy(home: Path) -> Iterator[Browser]:
    """The screen over a made-up engine, which writes to standard output and error as libraries do."""
    browser = Browser("--browser", "noisy", "gated", module=FAKE)
    browser.begins()
    yield browser
    browser.close()


def test_nothing_but_packets_is_written_and_the_rest_goes_to_the_log(noisy: Browser, home: Path) -> None:
    noisy.until(lambda: "160,305" in noisy.text)
    noisy.type("q")
    assert noisy.leave() == 0
    assert noisy.metas[-1] == {"type": "exit"}
    log = (home / "workbench.log").read_text()
    assert "oneDNN custom operations" in log
    assert "TF_ENABLE" in log
    assert noisy.process.stderr is not None
    assert noisy.process.stderr.read() == b""


def test_a_server_that_is_gone_ends_the_app_and_its_run_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[4]))
    browser = Browser("--browser", "gated", module=FAKE)
    try:
        browser.begins()
        browser.until(lambda: "160,305" in browser.text)
        browser.type("r")
        browser.until(lambda: "training" in browser.text)
        assert browser.leave() == 0
        assert (tmp_path / "ended").read_text() == "interrupted"
    finally:
        browser.close()


def test_a_signal_still_interrupts_what_is_going_on(noisy: Browser) -> None:
    noisy.until(lambda: "160,305" in noisy.text)
    noisy.process.send_signal(signal.SIGTERM)
    while noisy.next():
        pass
    assert noisy.process.wait(60) == 128 + signal.SIGTERM
