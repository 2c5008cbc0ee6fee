"""Bindings that move in a list or a text: arrow and page keys, and vim's letters where they are free."""

from __future__ import annotations

from textual.binding import Binding, BindingType

CURSOR = ("cursor(-1)", "cursor(1)", "page(-1)", "page(1)", "edge(-1)", "edge(1)")
SCROLL = ("scroll_up", "scroll_down", "page_up", "page_down", "scroll_home", "scroll_end")
TREE = ("cursor_up", "cursor_down", "page_up", "page_down", "scroll_home", "scroll_end")
"""The actions of a list with a cursor, of a text and of a tree: up, down, page up and down, first and last."""


def moves(
    actions: tuple[str, ...] = CURSOR, *, letters: bool = True, top: str = "home,g", bottom: str = "end,G"
) -> list[BindingType]:
    """Return the bindings of a list; without ``letters``, j and k are left to the screen.

    If a screen's own g does something else, ``top`` leaves it out: the vim keymap moves the screen's binding.
    """
    up, down = ("up,k", "down,j") if letters else ("up", "down")
    keys = (up, down, "pageup", "pagedown", top, bottom)
    words = ("Up", "Down", "Page up", "Page down", "First", "Last")
    ids = ("up", "down", "page-up", "page-down", "top", "bottom")
    return [
        Binding(key, action, word, show=False, id=f"list.{id}")
        for key, action, word, id in zip(keys, actions, words, ids, strict=True)
    ]
