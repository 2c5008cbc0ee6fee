"""Keymaps, and the configured key of a binding for texts on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from textual.dom import DOMNode

from workbench.terminal import textual_private

VIM: Mapping[str, str] = {
    "list.up": "up,k",
    "list.down": "down,j",
    "list.top": "home,g",
    "list.bottom": "end,G",
    "table.left": "left,h",
    "table.right": "right,l",
    "curves.left": "left,less_than_sign,h",
    "curves.right": "right,greater_than_sign,l",
    "choice.previous": "left,h",
    "choice.next": "right,l",
    # replacements for the actions of those letters
    "experiment.sanity": "J",
    "reviews.filter": "K",
    "curves.before": "H",
    "curves.log": "L",
    "runs.resume": "r",
    "data.get": "D",
    "evidence.keep": "K",
    "experiment.learning-curve": "ctrl+g",
}
"""h, j, k, l, g and G in every list, and other keys for the actions that these letters had."""

KEYMAPS: Mapping[str, Mapping[str, str]] = {"standard": {}, "vim": VIM}
"""The keymaps that a configuration can build on."""


def key_of(node: DOMNode, id: str) -> str:
    """Return the first key of a binding in the keymap, for a text on ``node`` that mentions it."""
    binding = textual_private.binding(node, id)
    return node.app.get_key_display(binding) if binding else ""


def zoom_words(node: DOMNode) -> str:
    """Say how to choose the other end of a range of epochs."""
    left, right, zoom = (key_of(node, f"curves.{what}") for what in ("left", "right", "zoom"))
    return f"move with {left} or {right}, then {zoom} again"
