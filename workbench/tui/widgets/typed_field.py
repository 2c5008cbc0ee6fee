"""Text fields with a steady cursor: a blinking one keeps sending bytes to an idle terminal."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widgets import Input


class TypedField(Input):
    """A one-line input with a steady cursor."""

    cursor_blink = reactive(False, init=False)
