"""Copies text to the terminal's clipboard, also through tmux and GNU screen, and to a file."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from engine.errors import EngineError
from engine.system.atomic_write import whole
from engine.system.paths import home
from workbench.terminal.escapes import passed_on
from workbench.terminal.output import wire

LARGEST = 74_994
"""Bytes that every terminal with a clipboard accepts: 100,000 in base64 (xterm's limit)."""

WITHOUT = ("linux", "vt", "cons", "sun", "ansi")
"""Prefixes of terminal types without a clipboard."""


def copy(text: str) -> str:
    """Copy text to the terminal's clipboard, and to a file in case it has none; return where it went, in words.

    The terminal does not report whether it took the text. Raises EngineError if neither can be written to.
    """
    line, way = wire(), through()
    sent = line is not None and way is not None and len(text.encode(errors="replace")) <= LARGEST
    if sent and line is not None:
        line.write(passed_on(sequence(text)))
    path = file()
    try:
        with whole(path) as written:
            written.write(text.encode(errors="replace"))
    except EngineError:
        if not sent:
            raise
        return f"to the terminal's clipboard{way}"
    return f"to the terminal's clipboard{way}, and to {path}" if sent else f"to {path}"


def file() -> Path:
    """Return the path of the file that holds the last copied text."""
    return home() / "clipboard.txt"


def through() -> str | None:
    """Return the multiplexer between this process and the terminal, in words; None if the terminal has no
    clipboard.
    """
    if "TMUX" in os.environ:
        return " through tmux"
    if "STY" in os.environ:
        return " through GNU screen"
    return None if os.environ.get("TERM", "").startswith(WITHOUT) else ""


def sequence(text: str) -> str:
    """Return the control string that copies text: OSC 52 of xterm."""
    return f"\x1b]52;c;{base64.b64encode(text.encode(errors='replace')).decode()}\x07"
