"""A table of scores over two settings, shaded by score."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.widgets import Static

from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import padded, widest
from workbench.tui.keymap import key_of
from workbench.tui.selection.cell_list import Standing, standings
from workbench.tui.selection.plan_list import short_names, value_text
from workbench.tui.sessions.live_selection import Seen
from workbench.tui.widgets.colours import MUTED

SHADES = (6, 14, 24, 36, 50)
"""The strength of the colour, in percent, from the worst to the best score."""


class SelectionHeat(ScrollableContainer, can_focus=True):
    """The mean score for each pair of values of the first two axes; the best over any further axes."""

    DEFAULT_CSS = "SelectionHeat { padding: 0 1; & > Static { width: auto; height: auto; } }"

    def compose(self) -> ComposeResult:
        """Yield the table."""
        yield Static(
            Content.styled(f"a search has a table: {key_of(self, 'selection.add')} adds a setting", MUTED)
        )

    def show(self, seen: Seen | None) -> None:
        """Show the current state of a search."""
        if seen is None or not seen.plan.axes:
            return
        self.query_one(Static).update(table(seen))
        names = list(short_names(seen.plan.axes).values())
        self.border_title = plain(" by ".join(names[:2]) + (", best of the rest" if len(names) > 2 else ""))


def table(seen: Seen) -> Content:
    """Return the table, first axis down, second across; ● marks the best, pruned cells are in parentheses."""
    axes = seen.plan.axes
    down, across = (list(axes) * 2)[:2] if len(axes) > 1 else (next(iter(axes)), "")
    rows, columns = _texts(axes[down]), _texts(axes[across]) if across else [""]
    scores = _scores(seen, down, across)
    span = _span(scores.values())
    names = short_names(axes)
    head = widest([*rows, names[down]])
    width = max(8, widest(columns) + 2, widest(map(_written, scores.values())) + 1)
    lines = [
        Content.styled(
            padded(names[down], head) + "".join(padded(text, width, right=True) for text in columns), MUTED
        )
    ]
    for row in rows:
        cells = [_cell(scores.get((row, column)), span, width) for column in columns]
        lines.append(Content.assemble((padded(row, head), MUTED), *cells))
    return Content("\n").join(lines)


def _scores(seen: Seen, down: str, across: str) -> dict[tuple[str, str], Standing]:
    """Return the best cell of each pair over the folds so far; a pruned one if all of a pair's were pruned."""
    found: dict[tuple[str, str], Standing] = {}
    for one in standings(seen):
        if one.test is not None:
            params = one.scores[0].params
            found.setdefault((_text(params, down), _text(params, across) if across else ""), one)
    return found


def _span(found: Collection[Standing]) -> tuple[float, float] | None:
    """Return the lowest and the highest mean of cells that were not pruned; None if there are fewer than two."""
    means = [one.test for one in found if one.test is not None and not one.pruned]
    return (min(means), max(means)) if means and len(found) > 1 else None


def _cell(one: Standing | None, span: tuple[float, float] | None, width: int) -> tuple[str, str]:
    """Return a cell's mean, shaded within the span; in parentheses if pruned, as it is over fewer folds."""
    if one is None or one.test is None:
        return "·".rjust(width), MUTED
    text = _written(one)
    if one.pruned:
        return text.rjust(width), MUTED
    low, high = span or (one.test, one.test)
    shade = SHADES[round((one.test - low) / (high - low) * (len(SHADES) - 1)) if high > low else -1]
    best = span is not None and one.test == high
    text = ("●" if best else "") + text
    return text.rjust(width - 1) + " ", f"{'bold ' if best else ''}on $success {shade}%"


def _written(one: Standing) -> str:
    text = number(abs(one.test or 0.0), 3)
    return f"({text})" if one.pruned else text


def _text(params: Mapping[str, Any], axis: str) -> str:
    return plain(value_text(params[axis.split("+")[0]]))


def _texts(values: tuple[Any, ...]) -> list[str]:
    return [plain(value_text(value)) for value in values]
