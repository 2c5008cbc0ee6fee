"""Capabilities of the terminal, read from the environment: colours, encoding, mouse."""

from __future__ import annotations

import codecs
import locale
import os

KNOWN = ("xterm", "screen", "tmux", "rxvt", "vte", "alacritty", "kitty", "foot", "konsole", "wezterm", "ghostty")
"""Prefixes of terminal types with at least 256 colours, for machines without a terminfo database."""


def encoding() -> str:
    """Return the encoding of the terminal: the locale's, whatever Python was told to use for its own streams."""
    return codecs.lookup(locale.getencoding()).name


def colours(descriptor: int) -> dict[str, str]:
    """Return environment variables that keep colours off a terminal without them.

    A terminal type that this machine does not know gets the 16 standard colours, even if COLORTERM is set.
    """
    if "TEXTUAL_COLOR_SYSTEM" in os.environ:
        return {}
    number = _number_of_colours(descriptor)
    if number is None:
        return {} if os.environ["TERM"].startswith(KNOWN) else {"TEXTUAL_COLOR_SYSTEM": "standard"}
    return {"TEXTUAL_COLOR_SYSTEM": "standard", "NO_COLOR": "1"} if number <= 0 else {}


def _number_of_colours(descriptor: int) -> int | None:
    """Return the number of colours in the terminal's description; None if it has no description."""
    import curses

    try:
        curses.setupterm(os.environ["TERM"], descriptor)
    except curses.error:
        return None
    return curses.tigetnum("colors")


def mouse() -> bool:
    """Return whether to use the mouse: GNU screen delays the escape key while mouse reports are on."""
    return "STY" not in os.environ
