"""The list of data sets, with where each is found on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from engine.datasets import CATALOGUE, entry
from engine.system.plain_text import plain
from workbench.text.describe import dataset_title
from workbench.text.widths import shortened
from workbench.tui.keymap import key_of
from workbench.tui.widgets.colours import GOOD, MUTED
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.row_list import Row, Rows

OPEN = "open:"
"""The key of the row that opens a file; no data set has this name."""


class DataSets(Rows, inherit_bindings=False):
    """A row that opens a file, the user's own files, and the catalogue's sets, keyed by name."""

    BINDINGS = moves(top="home")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._own: list[str] = []
        self._used = ""
        self._sources: Mapping[str, str] = {}

    def show(self, used: str, sources: Mapping[str, str] | None = None) -> None:
        """Show which set the experiment uses, and each set's best source, if known (empty: none is available)."""
        self.add(used)
        self._used, self._sources = used, self._sources if sources is None else sources
        self.rebuild()

    def add(self, name: str) -> None:
        """Add a user's own file, unless it is listed already."""
        if entry(name) is None and name not in self._own:
            self._own.insert(0, name)
            self.rebuild()

    def build(self, width: int) -> Sequence[Row]:
        """Return the row that opens a file, and a row of two lines for each set."""
        names = [*self._own, *CATALOGUE]
        opens = Content.styled("Open a file of your own ...", "bold $accent").truncate(width, ellipsis=True)
        return [Row(OPEN, (opens,))] + [
            Row(name, (self._title(name, width), self._about(name, width))) for name in names
        ]

    def _title(self, name: str, width: int) -> Content:
        title = Content(shortened(plain(dataset_title(name)), width - 11))
        used = Content.styled("in use", GOOD) if name == self._used else Content("")
        return title.pad_right(max(width - title.cell_length - 7, 1)) + used

    def _about(self, name: str, width: int) -> Content:
        known = entry(name)
        if known is None:
            text = shortened(plain(name), width)
        elif self._sources.get(name, "?") == "":
            text = f"not here: {key_of(self, 'data.get')} gets it"
        else:
            kind = "texts" if known.kind == "text" else f"× {known.columns} columns"
            goal = f"{known.classes} classes" if known.classes else "regression"
            text = f"{known.samples:,} {kind}, {goal}"
        return Content.styled(text, MUTED).truncate(width, ellipsis=True)
