"""Jump mode: shows a letter on each panel; pressing it focuses the panel."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.widgets.key_bar import KeyBar


class Target(NamedTuple):
    """A panel to jump to: its index in the focus order, and the position of its letter."""

    stop: int
    offset: Offset


class JumpScreen(ModalScreen[int | None]):
    """Shows a letter on each target in focus order; returns the chosen one's index, or None."""

    BINDINGS = [Binding("escape", "dismiss", "Cancel", id="jump.cancel")]
    DEFAULT_CSS = """
    JumpScreen {
        background: transparent;
        & > .target { position: absolute; width: 3; height: 1; background: $accent; color: $background; }
    }
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(ascii_lowercase, targets, strict=False))

    def compose(self) -> ComposeResult:
        """Yield the letters."""
        for letter, target in self._targets.items():
            label = Static(Content.styled(f" {letter} ", "bold"), classes="target")
            label.styles.offset = (target.offset.x, target.offset.y)
            yield label
        yield KeyBar()

    def on_key(self, event: events.Key) -> None:
        """Jump to the panel with this letter."""
        if target := self._targets.get((event.character or "").lower()):
            event.stop()
            self.dismiss(target.stop)

    def on_click(self) -> None:
        """Close without a choice, because the mouse can focus a panel directly."""
        self.dismiss(None)
