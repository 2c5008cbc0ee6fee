"""Every use of a private name of Textual; each has a test that says what has moved."""

from __future__ import annotations

import codecs
import locale
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import COLOR_SYSTEMS, Console
from rich.control import Control

from workbench.terminal.ansi_pen import Pen

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.content import Content
    from textual.screen import Screen
    from textual.widget import Widget


def patch() -> None:
    """Apply all patches; to be called once, before the app runs."""
    patch_print_capture()
    patch_partial_updates()
    patch_input_decoding()


def patch_print_capture() -> None:
    """Give Textual's replacement of ``sys.stdout`` a descriptor: without one no process can be started.

    Inside a running app ``_PrintCapture.fileno`` returns -1, which loky and dask hand to their processes.
    """
    from textual import app

    def fileno(capture: app._PrintCapture) -> int:
        return 2 if capture.stderr else 1

    setattr(app._PrintCapture, "fileno", fileno)  # noqa: B010


def patch_partial_updates() -> None:
    """Send only the changed part of a line, and only the changes between its styles.

    Textual knows which part has changed, but sends the line from the widget's left edge on: while training on
    200x60 that was three quarters of all bytes.
    """
    from textual._compositor import ChopsUpdate

    def render_segments(self: ChopsUpdate, console: Console) -> str:
        pen, sent = Pen(COLOR_SYSTEMS.get(console.color_system or "")), []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, first), min(end, last)
                if strip is not None and start < stop:
                    sent += [Control.move_to(start, y).segment.text, pen.write(strip.crop(start - x, stop - x))]
        return "".join([*sent, pen.lift()])

    setattr(ChopsUpdate, "render_segments", render_segments)  # noqa: B010


def patch_input_decoding() -> None:
    """Decode the terminal's input in the locale's encoding, and ignore bytes that are not in it.

    Textual decodes strictly as UTF-8: one Latin-1 character ends the app.
    """
    from textual.drivers import linux_driver

    setattr(linux_driver, "getincrementaldecoder", input_decoder)  # noqa: B010


def input_decoder(_encoding: str) -> Callable[[], Any]:
    """The decoder of the terminal's input, in place of the strict one that Textual asks for."""
    name = codecs.lookup(locale.getencoding()).name
    return partial(codecs.getincrementaldecoder("utf-8" if name == "ascii" else name), errors="ignore")


def bindings(screen: Screen[Any]) -> list[tuple[str, Binding]]:
    """A screen's keys from the app inwards to the widget with the focus, as the keymap sets them.

    Unlike ``Screen.active_bindings``, with those whose action is not available just now.
    """
    return [pair for _, found in reversed(screen._modal_binding_chain) for pair in found]


def border(widget: Widget, name: str) -> Content:
    """The ``title`` or ``subtitle`` of a widget's border."""
    from textual.content import Content

    found: Content | None = getattr(widget, f"_border_{name}")
    return found or Content("")


def set_border(widget: Widget, name: str, words: Content) -> None:
    """Set the ``title`` or ``subtitle`` of a widget's border without repainting the widget.

    Setting ``border_title`` repaints all of it, which a chart whose title shows values cannot afford.
    """
    getattr(widget, f"_border_{name}")
    setattr(widget, f"_border_{name}", words or None)
