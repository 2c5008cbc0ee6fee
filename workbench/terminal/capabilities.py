"""What this terminal can do, as its environment says: colours, encoding, mouse."""

from __future__ import annotations

import codecs
import locale
import os

KNOWN = ("xterm", "screen", "tmux", "rxvt", "vte", "alacritty", "kitty", "foot", "konsole", "wezterm", "ghostty")
"""Terminal types with 256 colours or more, for machines that lack the database of terminal descriptions."""


def encoding() -> str:
    """The encoding of the terminal's output: the locale's, whatever Python was told to use for its own streams."""
    return codecs.lookup(locale.getencoding()).name


def colours(descriptor: int) -> dict[str, str]:
    """The environment variables that keep colours off a terminal without them.

    A terminal type that this machine does not know gets the 16 standard colours, whatever COLORTERM promises.
    """
    if "TEXTUAL_COLOR_SYSTEM" in os.environ:
        return {}
    number = _number_of_colours(descriptor)
    if number is None:
        return {} if os.environ["TERM"].startswith(KNOWN) else {"TEXTUAL_COLOR_SYSTEM": "standard"}
    return {"TEXTUAL_COLOR_SYSTEM": "standard", "NO_COLOR": "1"} if number <= 0 else {}


def _number_of_colours(descriptor: int) -> int | None:
    """The number of colours in the terminal's description; None where there is no description of it."""
    import curses

    try:
        curses.setupterm(os.environ["TERM"], descriptor)
    except curses.error:
        return None
    return curses.tigetnum("colors")


def mouse() -> bool:
    """Whether mouse reports work: GNU screen delays the escape key while they are on."""
    return "STY" not in os.environ
