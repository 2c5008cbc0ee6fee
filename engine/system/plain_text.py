"""Replaces characters that could move the cursor, colour the screen or change the direction of text."""

from __future__ import annotations

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Replaces control and format characters."""


def plain(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with white space as spaces and every control, format and bidirectional character replaced.

    Line feeds are kept if ``lines`` is true. Markup is not interpreted here: show the result through
    ``rich.text.Text`` or ``textual.content.Content``, never through markup.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or (lines and c == "\n") else " " if c.isspace() else REPLACEMENT for c in text
    )
