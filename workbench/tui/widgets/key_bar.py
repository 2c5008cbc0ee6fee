"""The keys of what has the focus, in the last line of every screen."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.widget import Widget

WIDE_GAP, NARROW_GAP = 2, 1


class ShownKey(NamedTuple):
    """A key as it is displayed, what it does, the name by which it is pressed, and whether it does that now."""

    display: str
    description: str
    key: str
    enabled: bool

    @property
    def content(self) -> Content:
        """The key and what it does."""
        dim = "" if self.enabled else " dim"
        return Content.assemble(
            (self.display, f"bold $footer-key-foreground{dim}"),
            (f" {self.description}", f"$footer-description-foreground{dim}"),
        )


class KeyBar(Widget, can_focus=False):
    """One line of keys; a click on one presses it. One widget instead of one per key, as in Textual's Footer."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; height: 1; padding-left: 1; background: $panel; text-wrap: nowrap; text-overflow: clip;
    }
    """

    _keys: tuple[ShownKey, ...] = ()

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.call_after_refresh(self._follow))
        self._follow()

    def _follow(self) -> None:
        """Show the keys of what has the focus now; while another window has it, those of before, if any."""
        if not (self.is_attached and self.app.screen_stack) or (self._keys and not self.app.app_focus):
            return
        keys = tuple(self._shown())
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def _shown(self) -> list[ShownKey]:
        shown: dict[str, ShownKey] = {}
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show:
                display = self.app.get_key_display(binding)
                shown.setdefault(binding.action, ShownKey(display, binding.description, binding.key, enabled))
        return list(shown.values())

    @property
    def _gap(self) -> int:
        return NARROW_GAP if self.screen.has_class("-narrow") else WIDE_GAP

    def render(self) -> Content:
        """The keys, as many as the line holds."""
        return Content(" " * self._gap).join(key.content for key in self._keys)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        column = event.x - self.styles.padding.left
        ends = accumulate(key.content.cell_length + self._gap for key in self._keys)
        for key, end in zip(self._keys, ends, strict=True):
            if end - key.content.cell_length - self._gap <= column < end - self._gap:
                self.app.simulate_key(key.key) if key.enabled else self.app.bell()
