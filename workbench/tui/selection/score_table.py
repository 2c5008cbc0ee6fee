"""A grid of scores over two settings, shaded by score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.widgets import Static

from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import padded, widest
from workbench.tui.keymap import key_of
from workbench.tui.selection.cell_list import standings
from workbench.tui.selection.plan_list import short_names, value_text
from workbench.tui.sessions.live_selection import Seen
from workbench.tui.widgets.colours import MUTED

SHADES = (6, 14, 24, 36, 50)
"""How strong the colour is, in percent, from the worst to the best."""


class SelectionHeat(ScrollableContainer, can_focus=True):
    """The mean score for each pair of values of the first two axes; of further axes, the best counts."""

    DEFAULT_CSS = "SelectionHeat { padding: 0 1; & > Static { width: auto; height: auto; } }"

    def compose(self) -> ComposeResult:
        """The table."""
        yield Static(
            Content.styled(f"a search has a table: {key_of(self, 'selection.add')} adds a setting", MUTED)
        )

    def show(self, seen: Seen | None) -> None:
        """Show a search as it stands."""
        if seen is None or not seen.plan.axes:
            return
        self.query_one(Static).update(table(seen))
        names = list(short_names(seen.plan.axes).values())
        self.border_title = plain(" by ".join(names[:2]) + (", best of the rest" if len(names) > 2 else ""))


def table(seen: Seen) -> Content:
    """The first axis down, the second across; ● marks the best."""
    axes = seen.plan.axes
    down, across = (list(axes) * 2)[:2] if len(axes) > 1 else (next(iter(axes)), "")
    rows, columns = _texts(axes[down]), _texts(axes[across]) if across else [""]
    scores = _scores(seen, down, across)
    names = short_names(axes)
    head = widest([*rows, names[down]])
    width = max(8, widest(columns) + 2)
    lines = [
        Content.styled(
            padded(names[down], head) + "".join(padded(text, width, right=True) for text in columns), MUTED
        )
    ]
    for row in rows:
        cells = [_cell(scores.get((row, column)), scores, width) for column in columns]
        lines.append(Content.assemble((padded(row, head), MUTED), *cells))
    return Content("\n").join(lines)


def _scores(seen: Seen, down: str, across: str) -> dict[tuple[str, str], float]:
    """The best mean score of each pair, over the folds so far."""
    found: dict[tuple[str, str], float] = {}
    for one in standings(seen):
        if one.test is None:
            continue
        params = one.scores[0].params
        cell = _text(params, down), _text(params, across) if across else ""
        found[cell] = max(one.test, found.get(cell, one.test))
    return found


def _cell(score: float | None, scores: Mapping[tuple[str, str], float], width: int) -> tuple[str, str]:
    if score is None:
        return "·".rjust(width), MUTED
    low, high = min(scores.values()), max(scores.values())
    share = (score - low) / (high - low) if high > low else 1.0
    shade = SHADES[round(share * (len(SHADES) - 1))]
    best = score == high and len(scores) > 1
    text = ("●" if best else "") + number(abs(score), 3)
    return text.rjust(width - 1) + " ", f"{'bold ' if best else ''}on $success {shade}%"


def _text(params: Mapping[str, Any], axis: str) -> str:
    return plain(value_text(params[axis.split("+")[0]]))


def _texts(values: tuple[Any, ...]) -> list[str]:
    return [plain(value_text(value)) for value in values]
