"""Finds the changed cells of a line, so that only those are repainted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widget import Widget

from workbench.terminal import textual_private

Cell = tuple[str, object]
"""A terminal cell: its character and style. The second cell of a wide character has no character."""


def of_content(content: Content) -> list[Cell]:
    """Split content into cells."""
    styles: list[tuple[object, ...]] = [()] * len(content.plain)
    for start, end, style in content.spans:
        for index in range(max(start, 0), min(end, len(styles))):
            styles[index] = (*styles[index], style)
    return _cells(zip(content.plain, styles, strict=True))


def _cells(characters: Iterable[Cell]) -> list[Cell]:
    """Return one entry per cell; a combining character shares the cell of the character before it."""
    cells: list[Cell] = []
    base = -1
    for character, style in characters:
        width = cell_len(character)
        if width:
            base = len(cells)
            cells += [(character, style), *[("", style)] * (width - 1)]
        elif cells:
            cells[base] = (cells[base][0] + character, cells[base][1])
    return cells


def changed(before: Sequence[Cell], after: Sequence[Cell]) -> tuple[int, int] | None:
    """Return the first changed column and the number of columns up to the last; None if nothing changed.

    Never cuts a wide character of either line in half.
    """
    length = max(len(before), len(after))
    differs = [old != new for old, new in zip(before, after, strict=False)]
    differs += [True] * (length - len(differs))
    columns = list(compress(range(length), differs))
    if not columns:
        return None
    first, end = columns[0], columns[-1] + 1
    while _halves(before, first) or _halves(after, first):
        first -= 1
    while _halves(before, end) or _halves(after, end):
        end += 1
    return first, end - first


def _halves(cells: Sequence[Cell], column: int) -> bool:
    """Return whether a cut before this column divides a wide character."""
    return column < len(cells) and cells[column][0] == ""


def set_titles(widget: Widget, title: Content | str, subtitle: Content | str = "") -> None:
    """Set a widget's border title and subtitle, repainting only those.

    Setting ``border_title`` repaints the whole widget, which is too slow for a chart with values in its title.
    """
    size, offset = widget.outer_size, widget.content_offset
    for name, words, y in (("title", title, 0), ("subtitle", subtitle, size.height - 1)):
        before = textual_private.border(widget, name)
        now = Content(words) if isinstance(words, str) else words
        if now.is_same(before):
            continue
        textual_private.set_border(widget, name, now)
        longest = min(max(before.cell_length, now.cell_length), size.width - 4)
        first, width = 0, longest
        if before.cell_length == now.cell_length == longest:
            first, width = changed(of_content(before), of_content(now)) or (0, longest)
        left = 3 if name == "title" else size.width - longest - 3
        widget.refresh(Region(left + first - 1, y, width + 2, 1).translate((-offset.x, -offset.y)))


def rendered(widget: Widget, content: Content, width: int, style: Style | None = None) -> Strip:
    """Render one line of content as a strip of at most ``width`` cells, by default in the widget's style."""
    strips = Visual.to_strips(widget, content, width, 1, style or widget.visual_style)
    return strips[0] if strips else Strip.blank(0)


class ChangingLine(Widget):
    """A line that repaints only what changes; ``put`` sets its content."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content("")

    def put(self, content: Content) -> None:
        """Show another content."""
        span = changed(of_content(self._content), of_content(content))
        self._content = content
        if span:
            self.refresh(Region(span[0], 0, span[1], 1))

    def render_line(self, y: int) -> Strip:
        """Return the line, cut to the width."""
        width = self.size.width
        if y or not width:
            return Strip.blank(width, self.visual_style.rich_style)
        content = self._content.truncate(width, ellipsis=True, pad=True)
        return rendered(self, content, width)
