"""Control sequences for the terminal's bell, title and notifications.

Texts in them never hold control characters. Sequences that tmux and GNU screen do not know are wrapped, so that
these pass them on to the terminal they run in.
"""

from __future__ import annotations

import os

from engine.system.plain_text import plain

BELL = "\a"

SAVE_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""Save the terminal's title on its stack, and restore it from there (xterm's window operations)."""

ERASE = "\x1b[H\x1b[2J"
"""Erases the screen. Without it, tmux leaves lines of an alternate screen that was taller than the shell's."""

PIECE = 512
"""Characters of one control string of GNU screen, which drops longer ones."""

LONGEST = 200
"""The most characters of a text."""


def title(text: str) -> str:
    """Return the sequence that sets the terminal's title; tmux and screen show it as the pane's."""
    return f"\x1b]2;{_cut(text)}{BELL}"


def notification(protocol: str, heading: str, text: str) -> str:
    """Return the sequence for a desktop notification: ``osc9`` (iTerm2) or ``osc777`` (urxvt)."""
    if protocol == "osc777":
        return passed_on(f"\x1b]777;notify;{_field(heading)};{_field(text)}{BELL}")
    return passed_on(f"\x1b]9;{_field(heading)}: {_field(text)}{BELL}")


def passed_on(sequence: str) -> str:
    """Wrap a sequence for the terminal that tmux or screen runs in; without them, return it unchanged."""
    if os.environ.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if os.environ.get("STY"):
        pieces = (sequence[start : start + PIECE] for start in range(0, len(sequence), PIECE))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return sequence


def _field(text: str) -> str:
    """Return a text without the character that would end its field."""
    return _cut(text).replace(";", ",")


def _cut(text: str) -> str:
    return plain(text)[:LONGEST]
