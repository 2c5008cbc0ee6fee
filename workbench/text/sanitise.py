"""Replaces what could move the cursor, colour the screen or change the direction of text."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands for a control or format character."""

_ACTING = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_SPACES = {ord(space): " " for space in "\t\n\r\x0b\x0c\x85\u2028\u2029\xa0"}
_LINES = {ord(space): " " for space in "\t\r\x0b\x0c\x85\u2028\u2029\xa0"}


def plain(text: str, *, lines: bool = False) -> str:
    """``text`` with white space as spaces and every control, format and bidirectional character replaced.

    Line feeds stay where ``lines`` is true. Markup is not interpreted here: show the result through
    ``rich.text.Text`` or ``textual.content.Content``, never through markup.
    """
    spaced = text.translate(_LINES if lines else _SPACES)
    if spaced.isascii() and spaced.replace("\n", "").isprintable():
        return spaced
    return "".join(_seen(character) for character in spaced)


def _seen(character: str) -> str:
    acts = character != "\n" and unicodedata.category(character) in _ACTING
    return REPLACEMENT if acts else character
