"""Fields for text with a steady cursor: a blinking one sends bytes to a terminal on which nothing happens."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widgets import Input


class TypedField(Input):
    """A line to type in."""

    cursor_blink = reactive(False, init=False)
