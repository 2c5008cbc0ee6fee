"""The last line of every screen, with the keys of the focused widget."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.widget import Widget

WIDE_GAP, NARROW_GAP = 2, 1


class ShownKey(NamedTuple):
    """A key as displayed, its description, the name to press it by, and whether its action is available."""

    display: str
    description: str
    key: str
    enabled: bool

    @property
    def content(self) -> Content:
        """Return the key and its description."""
        dim = "" if self.enabled else " dim"
        return Content.assemble(
            (self.display, f"bold $footer-key-foreground{dim}"),
            (f" {self.description}", f"$footer-description-foreground{dim}"),
        )


class KeyBar(Widget, can_focus=False):
    """One line of keys; a click on one presses it. A single widget, unlike Textual's Footer with one per key."""

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
        """Show the keys of the focused widget; while another window has the focus, keep the previous ones."""
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
        """Render as many keys as fit."""
        return Content(" " * self._gap).join(key.content for key in self._keys)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        column = event.x - self.styles.padding.left
        ends = accumulate(key.content.cell_length + self._gap for key in self._keys)
        for key, end in zip(self._keys, ends, strict=True):
            if end - key.content.cell_length - self._gap <= column < end - self._gap:
                self.app.simulate_key(key.key) if key.enabled else self.app.bell()
