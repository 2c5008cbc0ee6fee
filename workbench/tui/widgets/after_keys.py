"""Defers work until pressed keys are answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.widget import Widget

from workbench.terminal import key_presses

STEP = 0.03
"""Seconds until the next check whether a key is being answered."""

LONGEST = 0.25
"""The most seconds that keys defer something: while a key is held down, charts still update."""


def after_keys(widget: Widget, update: Callable[[], object], waited: float = 0.0) -> None:
    """Call ``update`` as the widget's next message, or after the key that is being answered.

    Drawing two charts takes as long as answering a key: a key pressed just before or meanwhile would have to wait
    for them.
    """
    if waited < LONGEST and key_presses.answering():
        widget.set_timer(STEP, partial(after_keys, widget, update, waited + STEP))
    else:
        widget.call_later(update)
