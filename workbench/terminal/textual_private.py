"""All uses of private names of Textual; a test for each fails if the name has moved."""

from __future__ import annotations

import codecs
import locale
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from rich.console import COLOR_SYSTEMS, Console
from textual import _compositor
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, _PrintCapture
from textual.binding import Binding, BindingsMap
from textual.content import Content
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.driver import Driver
from textual.keys import _normalize_key_list, key_to_character
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from workbench.terminal.screen_cells import TERMINAL

STYLE_SHEETS = 512
"""The number of parsed style sheets that are cached."""


def patch() -> None:
    """Apply all patches; call it once, before the app runs."""
    patch_print_capture()
    patch_updates()
    patch_input_decoding()
    patch_keymap()
    patch_style_sheets()
    patch_batches()


def patch_print_capture() -> None:
    """Give Textual's replacement of ``sys.stdout`` a descriptor, without which no process can be started.

    Inside a running app ``_PrintCapture.fileno`` returns -1, which loky and dask pass to their processes.
    """

    def fileno(capture: _PrintCapture) -> int:
        return 2 if capture.stderr else 1

    setattr(_PrintCapture, "fileno", fileno)  # noqa: B010


def patch_updates() -> None:
    """Send only the cells that change, and only the changes between their styles.

    Textual sends the lines of a changed region, from the widget's left edge on.
    """

    def chops(self: ChopsUpdate, console: Console) -> str:
        return _sent(console, _pieces_of_chops(self))

    def layout(self: LayoutUpdate, console: Console) -> str:
        return _sent(console, _pieces_of_layout(self))

    setattr(_compositor.ChopsUpdate, "render_segments", chops)  # noqa: B010
    setattr(_compositor.LayoutUpdate, "render_segments", layout)  # noqa: B010


def _sent(console: Console, pieces: Iterable[tuple[int, int, Strip]]) -> str:
    return TERMINAL.update(pieces, COLOR_SYSTEMS.get(console.color_system or ""))


def _pieces_of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            start, stop = max(x, first), min(end, last)
            if strip is not None and start < stop:
                yield start, y, strip.crop(start - x, stop - x)


def _pieces_of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield x, y, strip
            x += strip.cell_length


def patch_input_decoding() -> None:
    """Decode the terminal's input in the locale's encoding, and ignore invalid bytes.

    Textual decodes strictly as UTF-8: one Latin-1 character ends the app.
    """
    from textual.drivers import linux_driver

    setattr(linux_driver, "getincrementaldecoder", input_decoder)  # noqa: B010


def input_decoder(_encoding: str) -> Callable[[], Any]:
    """Return the decoder for the terminal's input, in place of the strict one that Textual asks for."""
    name = codecs.lookup(locale.getencoding()).name
    return partial(codecs.getincrementaldecoder("utf-8" if name == "ascii" else name), errors="ignore")


def patch_keymap() -> None:
    """Apply the keymap before leaving out the bindings whose keys the focused widget consumes as text.

    Textual leaves out a binding whose default key is a letter while a field has the focus, even if the keymap has
    moved it to a key that is not typed.
    """
    getattr(Screen, "_binding_chain")  # noqa: B009
    setattr(Screen, "_binding_chain", property(_binding_chain))  # noqa: B010


def _binding_chain(screen: Screen[Any]) -> list[tuple[DOMNode, BindingsMap]]:
    """Return the nodes that a key passes through, from the focused widget outwards, and their bindings."""
    focused, app = screen.focused, screen.app
    found: list[tuple[DOMNode, BindingsMap]] = []
    for node in (screen, app) if focused is None or focused.loading else focused.ancestors_with_self:
        own = node._bindings.copy()
        if app._keymap and (clashes := own.apply_keymap(app._keymap).clashed_bindings):
            app.handle_bindings_clash(clashes, node)
        for key in list(own.key_to_bindings):
            if any(inner.check_consume_key(key, key_to_character(key)) for inner, _ in found):
                del own.key_to_bindings[key]
        found.append((node, own))
    return found


def patch_style_sheets() -> None:
    """Parse style sheets once per set of variables.

    Textual parses all of them three times before the first screen is painted and twice for each mode's screen. Its
    cache holds 64, fewer than this app has, so that each new kind of dialog would have all of them parsed again.
    """
    set_variables = Stylesheet.set_variables

    def set_other_variables(sheet: Stylesheet, variables: dict[str, str]) -> None:
        if variables != sheet._variables:
            set_variables(sheet, variables)
        sheet._parse_cache.maxsize = STYLE_SHEETS

    setattr(Stylesheet, "set_variables", set_other_variables)  # noqa: B010
    setattr(Stylesheet, "reparse", Stylesheet.parse)  # noqa: B010


def patch_batches() -> None:
    """Skip refreshes within a batch, such as while an app starts: Textual renders updates that it then drops."""
    refresh = Screen._compositor_refresh

    def refresh_outside_batches(screen: Screen[Any]) -> None:
        if not screen.app._batch_count:
            refresh(screen)

    setattr(Screen, "_compositor_refresh", refresh_outside_batches)  # noqa: B010


def bindings(screen: Screen[Any]) -> list[tuple[str, Binding]]:
    """Return a screen's bindings from the app inwards to the focused widget, with the keymap applied.

    Unlike ``Screen.active_bindings``, it includes those whose action is not available at the moment.
    """
    return [pair for _, found in reversed(screen._modal_binding_chain) for pair in found]


def driver(app: App[Any]) -> Driver | None:
    """Return an app's driver, to write to the terminal between the app's own updates; None before it runs."""
    return app._driver


def border(widget: Widget, name: str) -> Content:
    """Return the ``title`` or ``subtitle`` of a widget's border."""
    found: Content | None = getattr(widget, f"_border_{name}")
    return found or Content("")


def set_border(widget: Widget, name: str, words: Content) -> None:
    """Set the ``title`` or ``subtitle`` of a widget's border without repainting the widget.

    Setting ``border_title`` repaints the whole widget, which is too slow for a chart whose title shows values.
    """
    getattr(widget, f"_border_{name}")
    setattr(widget, f"_border_{name}", words or None)


def binding(node: DOMNode, id: str) -> Binding | None:
    """Return the binding with this id on a node, its ancestors or the app, with its first key in the keymap."""
    for owner in (*node.ancestors_with_self, node.app):
        found = next((one for _, one in owner._bindings if one.id == id), None)
        if found:
            keys = node.app._keymap.get(id)
            return found.with_key(keys.partition(",")[0]) if keys else found
    return None


def class_bindings(node: type[DOMNode]) -> list[Binding]:
    """Return the bindings of a class, including inherited ones; one per key."""
    merged = node._merged_bindings or BindingsMap()
    return [found for _, found in merged]


def normal_keys(keys: str) -> tuple[str, ...]:
    """Split keys separated by commas and give them the names that events have: ``?`` is ``question_mark``."""
    return tuple(_normalize_key_list(keys).split(","))
