"""The data sets to choose from, and where each is found on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from engine.datasets import CATALOGUE, entry
from workbench.text.describe import dataset_title
from workbench.text.sanitise import plain
from workbench.tui.widgets.palette import GOOD, MUTED
from workbench.tui.widgets.row_list import Row, Rows


class DataSets(Rows):
    """The experiment's own data set, if it is a person's file, and the catalogue's; keyed by their names."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._own = ""
        self._used = ""
        self._sources: Mapping[str, str] = {}

    def show(self, used: str, sources: Mapping[str, str] | None = None) -> None:
        """Show which set the experiment uses, and each set's best source (empty: none is there), where known."""
        if entry(used) is None:
            self._own = used
        self._used, self._sources = used, self._sources if sources is None else sources
        self.rebuild()

    def build(self, width: int) -> Sequence[Row]:
        """Two lines for each set: its title, and what it holds or how to get it."""
        names = [*([self._own] if self._own else []), *CATALOGUE]
        return [Row(name, (self._title(name, width), self._about(name, width))) for name in names]

    def _title(self, name: str, width: int) -> Content:
        title = Content(plain(dataset_title(name))).truncate(width - 11, ellipsis=True)
        used = Content.styled("in use", GOOD) if name == self._used else Content("")
        return title.pad_right(max(width - title.cell_length - 7, 1)) + used

    def _about(self, name: str, width: int) -> Content:
        known = entry(name)
        if known is None:
            text = "your own"
        elif self._sources.get(name, "?") == "":
            text = "not here: g gets it"
        else:
            kind = "texts" if known.kind == "text" else f"rows of {known.columns}"
            goal = f"{known.classes} classes" if known.classes else "a figure"
            text = f"{known.rows:,} {kind}, {goal}"
        return Content.styled(text, MUTED).truncate(width, ellipsis=True)
