"""The stream to the terminal: what it sends, counts and replaces, and whether the terminal keeps up."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

import workbench
from workbench.terminal import output
from workbench.terminal.output import Wire
from workbench.tui.widgets.colours import SHAPES


def test_plain_characters_are_as_wide_as_what_they_stand_for() -> None:
    plain = output.Ascii()
    for text in ("╭─╮│▸●✓✗⏎·×–…⠤⠁⠀é世", "abc"):
        assert cell_len(text.translate(plain)) == cell_len(text)
        assert text.translate(plain).isascii()


def characters() -> set[str]:
    """All characters in the texts of the screen's own code."""
    files = [file for room in ("text", "tui") for file in (Path(workbench.__file__).parent / room).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return {one for node in nodes if isinstance(node, ast.Constant) for one in str(node.value)}


def test_every_character_of_the_screen_has_a_plain_one_that_tells_series_apart() -> None:
    assert len(characters()) > 100
    unknown = {one for one in characters() if one != "?" and one.translate(output.Ascii()) == "?"}
    assert unknown == set()
    assert len({sign.translate(output.Ascii()) for sign in SHAPES}) == len(SHAPES)


def test_the_wire_counts_what_it_sends(tmp_path: Path) -> None:
    with (tmp_path / "wire").open("wb") as file:
        wire = Wire(file.fileno(), "utf-8")
        wire.write("äbc")
        wire.write("d" * 96)
        assert wire.total == 100
        assert wire.rate == 100 / output.WINDOW
        assert wire.seconds < 0.1
    assert (tmp_path / "wire").read_bytes() == "äbc".encode() + b"d" * 96


def test_a_slow_wire_slows_the_pace_and_a_terminal_that_is_gone_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, write = os.pipe()
    wire = Wire(write, "utf-8")
    monkeypatch.setattr(sys, "__stderr__", wire)
    assert output.pace(0.25, 0) == 0.25
    wire.seconds = 1.0
    assert output.pace(0.25, 0) == 2.0
    wire.seconds = 60
    assert output.pace(0.25, 0) == output.SLOWEST
    assert output.pace(0.25, 9.0) == 9.0
    os.close(read)
    wire.write("into nothing")
    os.close(write)
    monkeypatch.undo()


def test_the_terminal_is_asked_once_until_it_has_answered(tmp_path: Path) -> None:
    with (tmp_path / "wire").open("wb") as file:
        wire = Wire(file.fileno(), "utf-8")
        wire.write("a" * 300)
        assert not wire.behind  # nobody reads answers yet
        wire.listen()
        wire.write("b" * 300)
        assert wire.behind
        wire.write("c" * 300)
        wire.acknowledge()
        assert not wire.behind
        wire.write("d")
        assert wire.behind
        wire.rest(0.0)
        wire.acknowledge()
        wire.write("e" * 300)
        assert not wire.behind
    sent = (tmp_path / "wire").read_bytes().decode()
    assert sent == "a" * 300 + "b" * 300 + output.ASK + "c" * 300 + "d" + output.ASK + "e" * 300


def test_a_terminal_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("workbench.terminal.output.time.monotonic", lambda: now[0])
    with (tmp_path / "wire").open("wb") as file:
        wire = Wire(file.fileno(), "utf-8")
        wire.listen()
        wire.write("a" * 300)
        now[0] = output.UNANSWERED / 2
        assert wire.behind
        now[0] = output.UNANSWERED + 1
        assert not wire.behind
        wire.write("b" * 300)
        assert not wire.behind
    assert (tmp_path / "wire").read_bytes().decode().count(output.ASK) == 1
