"""What is copied reaches the terminal, whatever stands between; a file too; it is said where it went."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EngineError
from workbench.terminal import clipboard, escapes
from workbench.terminal.output import Wire

TEXT = "loss 0.283 \x1b]é日"


@pytest.fixture
def terminal(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The reading end of what goes to the terminal."""
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    reading, writing = os.pipe()
    line = Wire(writing, "utf-8")
    monkeypatch.setattr(clipboard, "wire", lambda: line)
    yield reading
    os.close(reading)
    os.close(writing)


def copied(sequence: bytes) -> str:
    """What a terminal that receives this sequence puts on its clipboard."""
    found = re.fullmatch(rb"\x1b]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert found, sequence
    return base64.b64decode(found[1]).decode()


def test_a_terminal_gets_what_is_copied_and_a_file_too(terminal: int, home: Path) -> None:
    assert clipboard.copy(TEXT) == f"to the terminal's clipboard, and to {home / 'clipboard.txt'}"
    assert copied(os.read(terminal, 9999)) == TEXT
    assert (home / "clipboard.txt").read_text(encoding="utf-8") == TEXT


def test_tmux_passes_it_on(terminal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    assert "through tmux" in clipboard.copy(TEXT)
    found = re.fullmatch(rb"\x1bPtmux;(.*)\x1b\\", os.read(terminal, 9999), re.DOTALL)
    assert found
    assert copied(found[1].replace(b"\x1b\x1b", b"\x1b")) == TEXT


def test_gnu_screen_passes_it_on_in_pieces(terminal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STY", "1.tty")
    text = TEXT * 200
    assert "through GNU screen" in clipboard.copy(text)
    pieces = re.findall(rb"\x1bP(.*?)\x1b\\", os.read(terminal, 65536), re.DOTALL)
    assert len(pieces) > 1
    assert all(len(piece) <= escapes.PIECE for piece in pieces)
    assert copied(b"".join(pieces)) == text


@pytest.mark.parametrize(("kind", "text"), [("linux", TEXT), ("xterm", "x" * (clipboard.LARGEST + 1))])
def test_a_file_is_the_last_resort(
    terminal: int, home: Path, monkeypatch: pytest.MonkeyPatch, kind: str, text: str
) -> None:
    monkeypatch.setenv("TERM", kind)
    assert clipboard.copy(text) == f"to {home / 'clipboard.txt'}"
    assert (home / "clipboard.txt").read_text(encoding="utf-8") == text
    os.set_blocking(terminal, False)
    with pytest.raises(BlockingIOError):
        os.read(terminal, 1)


def test_without_a_file_the_terminal_has_it_all_the_same(terminal: int, home: Path) -> None:
    (home / "clipboard.txt").mkdir(parents=True)
    assert clipboard.copy(TEXT) == "to the terminal's clipboard"


def test_where_nothing_can_be_written_it_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    (home / "clipboard.txt").mkdir(parents=True)
    with pytest.raises(EngineError):
        clipboard.copy(TEXT)
