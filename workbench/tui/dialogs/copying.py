"""Copies what a screen shows; asks which part if there are several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.terminal.clipboard import copy
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.widgets.mode_screen import Copyable
from workbench.tui.widgets.row_list import Rows
from workbench.tui.widgets.scrolling_text import Prose


def choose(screen: Screen[Any], things: Sequence[Copyable]) -> None:
    """Copy one of these things, or the focused text; if there are several, ask which."""
    found = [*things, *_focused(screen)]

    def chosen(key: str | None) -> None:
        if key is not None:
            put(screen, found[int(key)])

    if not found:
        screen.notify("There is nothing to copy here.", severity="warning")
    elif len(found) == 1:
        put(screen, found[0])
    else:
        options = [Option(str(index), plain(one.title), plain(one.note)) for index, one in enumerate(found)]
        screen.app.push_screen(Pick("Copy", options, hint="type a part of what to copy"), chosen)


def put(screen: Screen[Any], thing: Copyable) -> None:
    """Copy a thing, and notify the user where it went."""
    try:
        where = copy(thing.text())
    except EngineError as error:
        screen.notify(plain(str(error)), title="Not copied", severity="warning", markup=False)
    else:
        screen.notify(plain(f"{thing.title} {where}"), title="Copied", markup=False)


def _focused(screen: Screen[Any]) -> list[Copyable]:
    widget = screen.focused
    if isinstance(widget, Prose) and widget.content_text:
        return [Copyable("the text of this panel", lambda: widget.content_text)]
    if isinstance(widget, Rows) and widget.row_text:
        return [Copyable("the line under the cursor", lambda: widget.row_text, widget.row_text[:60])]
    return []
