"""Puts off what can wait until the keys that were pressed are answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.widget import Widget

from workbench.terminal import key_presses

STEP = 0.03
"""Seconds until the next check whether a key is being answered."""

LONGEST = 0.25
"""The longest that keys put something off, in seconds: while one is held down, charts go on."""


def after_keys(widget: Widget, update: Callable[[], object], waited: float = 0.0) -> None:
    """Call ``update`` as the widget's next message, or once the key that is being answered has been.

    Drawing two charts takes as long as the answer to a key: one that is pressed just before or meanwhile would be
    answered only after them.
    """
    if waited < LONGEST and key_presses.answering():
        widget.set_timer(STEP, partial(after_keys, widget, update, waited + STEP))
    else:
        widget.call_later(update)
