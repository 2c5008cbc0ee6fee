"""The slices of held-out samples as a list, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from engine.system.plain_text import plain
from workbench.text.numbers import number, with_margin
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.row_list import Row, Rows

if TYPE_CHECKING:
    from engine.evaluation.slices import Slice

NOTABLE = 2.0
"""The number of standard errors below the other samples from which a slice is marked."""


class SliceList(Rows, inherit_bindings=False):
    """A row for each slice: its score with its margin, that of the other samples, and the gap's significance."""

    BINDINGS = moves(letters=False)

    _slices: Sequence[Slice] = ()

    def show(self, slices: Sequence[Slice]) -> None:
        """Show other slices."""
        self._slices = slices
        self.rebuild()

    @property
    def slice(self) -> Slice | None:
        """The slice under the cursor."""
        return next((one for one in self._slices if one.name == self.key), None)

    def build(self, width: int) -> list[Row]:
        """Return the rows of the slices under a heading."""
        room = max(width - 40, 12)
        head = f"{'slice':{room}} samples         score   others    gap"
        lines = [Row.note(head)]
        return lines + [Row(one.name, (self._line(one, room),)) for one in self._slices]

    def _line(self, one: Slice, room: int) -> Content:
        name = Content(plain(one.name)).truncate(room, ellipsis=True, pad=True)
        score = f"{with_margin(one.score, one.interval.margin):>14}"
        gap = Content.styled(f"{one.gap:>6.1f}", BAD if one.gap > NOTABLE else MUTED)
        return name + Content.assemble(f" {one.samples:>7,}", f"{score}  {number(one.rest, 3):>6} ") + gap
