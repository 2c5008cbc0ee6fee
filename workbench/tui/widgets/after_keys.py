"""Defers work until pressed keys are answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.widget import Widget

from workbench.terminal import key_presses

STEP = 0.03
"""Seconds until the next check whether a key is being answered."""

LONGEST = 0.5
"""The most seconds that keys defer something: while a key is held down, charts still update."""


def after_keys(widget: Widget, update: Callable[[], object]) -> None:
    """Call ``update`` as the widget's next message, or after the key that is being answered.

    Drawing two charts takes as long as answering a key: a key pressed just before or meanwhile would have to wait
    for them. An update that waits already is called once.
    """
    waiting: set[Callable[[], object]] = vars(widget).setdefault("_after_keys", set())
    if update not in waiting:
        waiting.add(update)
        _wait(widget, update, waiting, 0.0)


def _wait(widget: Widget, update: Callable[[], object], waiting: set[Callable[[], object]], waited: float) -> None:
    if waited < LONGEST and key_presses.answering():
        widget.set_timer(STEP, partial(_wait, widget, update, waiting, waited + STEP))
    else:
        waiting.remove(update)
        widget.call_later(update)
