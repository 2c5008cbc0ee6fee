"""The screen in the terminals that people have: signals, crashes, odd bytes, redirections, encodings, colours."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.workbench.terminal.pseudo_terminal import Screen
from workbench.terminal import escapes
from workbench.tui.modes import MODES

F12, CTRL_Z = "\x1b[24~", "\x1a"
TITLE = "IMDB baseline"
POLLED = 1.1
"""Seconds within which the screen polls all that it polls."""

Start = Callable[..., Screen]


@pytest.fixture
def fake_screen(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the screen over made-up runs, in an empty folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.chdir(tmp_path)
    return partial(start, module="tests.workbench.terminal.fake_screen")


def test_bytes_that_are_not_utf_8_are_ignored(fake_screen: Start) -> None:
    screen = fake_screen()
    screen.shows(TITLE)
    screen.type(b"\xe9\xff?")
    screen.shows("Write the experiment")
    screen.type("?q")
    assert screen.left() == 0


def test_a_crash_exits_1_says_so_and_leaves_the_run_resumable(fake_screen: Start, home: Path) -> None:
    screen = fake_screen("gated")
    screen.shows("ready")
    screen.type("r")
    screen.shows("training")
    screen.type(F12)
    assert screen.left() == 1
    assert Path("ended").read_text() == "interrupted"
    screen.shows("start again to resume it")
    assert "RuntimeError: the screen has a bug" in screen.text
    assert "Traceback" not in screen.text
    assert "action_crash" in (home / "workbench.log").read_text()
    assert b"\x1b[?1049l" in screen.sent


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_interrupts_the_run_and_sets_the_exit_status(
    fake_screen: Start, number: signal.Signals, status: int
) -> None:
    screen = fake_screen("gated")
    screen.shows("ready")
    screen.type("r")
    screen.shows("training")
    screen.process.send_signal(number)
    assert screen.left() == status
    assert Path("ended").read_text() == "interrupted"
    erased, left = screen.sent.rfind(escapes.ERASE.encode()), screen.sent.index(b"\x1b[?1049l")
    assert 0 < erased < left
    assert re.sub(rb"\x1b\[[?<\d;]*[A-Za-z]", b"", screen.sent[erased:left]) == b""


def test_an_idle_screen_sends_nothing_in_every_mode_and_after_a_run(fake_screen: Start) -> None:
    screen = fake_screen()
    screen.shows("ready")
    screen.until(lambda: screen.idle(POLLED))
    screen.type("r")
    screen.shows("finished")
    for mode in MODES:
        screen.type(mode.key)
        screen.shows(f"{mode.key} {mode.title}")
        screen.until(lambda: screen.idle(POLLED))
    screen.type("q")
    assert screen.left() == 0


def test_ctrl_z_suspends_the_screen_and_fg_brings_it_back(fake_screen: Start) -> None:
    screen = fake_screen()
    screen.shows(TITLE)
    screen.type(CTRL_Z)
    process = psutil.Process(screen.process.pid)
    screen.until(lambda: process.status() == psutil.STATUS_STOPPED)
    screen.until(lambda: b"\x1b[?1049l" in screen.sent)
    while not screen.idle(0):
        pass
    screen.screen.reset()
    assert TITLE not in screen.text
    screen.process.send_signal(signal.SIGCONT)
    screen.shows(TITLE)
    screen.type("q")
    assert screen.left() == 0


def test_standard_error_may_be_redirected(fake_screen: Start) -> None:
    screen = fake_screen(quiet=True)
    screen.shows(TITLE)
    screen.type("q")
    assert screen.left() == 0


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "utf-16"}, {"COLUMNS": "20", "LINES": "5"}, {"PYTHONUTF8": "1"}]
)
def test_an_odd_environment_changes_nothing(fake_screen: Start, environment: dict[str, str]) -> None:
    screen = fake_screen(**environment)
    screen.shows(TITLE)
    screen.until(lambda: len(screen.screen.display[-1].strip()) > 60)
    screen.type("q")
    assert screen.left() == 0


def test_the_c_locale_gets_plain_characters(fake_screen: Start) -> None:
    screen = fake_screen(LC_ALL="C")
    screen.shows(TITLE)
    assert all(byte < 128 for byte in screen.sent)
    screen.type("q")
    assert screen.left() == 0


@pytest.mark.parametrize(("terminal", "colours"), [("nonsense", True), ("vt100", False)])
def test_a_terminal_gets_no_colours_that_it_is_not_known_to_have(
    fake_screen: Start, terminal: str, colours: bool
) -> None:
    screen = fake_screen(TERM=terminal, COLORTERM="truecolor")
    screen.shows(TITLE)
    assert b"38;2;" not in screen.sent
    assert b"48;2;" not in screen.sent
    screen.type("q")
    assert screen.left() == 0


def test_gnu_screen_and_no_mouse_get_no_mouse_reports(fake_screen: Start) -> None:
    for screen in (fake_screen(STY="1.tty"), fake_screen("no-mouse")):
        screen.shows(TITLE)
        assert b"\x1b[?1000h" not in screen.sent
        screen.type("q")
        assert screen.left() == 0
