"""A dialog to choose the columns of the table of runs."""

from __future__ import annotations

from collections.abc import Sequence

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from workbench.text.widths import padded
from workbench.tui.runs.columns import COLUMNS, USUAL
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.row_list import Row, Rows

SETTINGS = "settings that differ"


class ColumnRows(Rows):
    """A list of all columns with check marks."""

    chosen: frozenset[str] = frozenset()

    def build(self, width: int) -> list[Row]:
        """Return a row for each column, and one for the settings that differ."""
        offered = [(column.key, column.title, column.about) for column in COLUMNS]
        offered.append((SETTINGS, "Settings", "those that differ among the runs shown"))
        return [Row(key, (self._line(key, title, about),)) for key, title, about in offered]

    def _line(self, key: str, title: str, about: str) -> Content:
        tick = Content.styled("✓ ", "bold $success") if key in self.chosen else Content("  ")
        return tick + Content.assemble(padded(title, 12), (about, MUTED))


class ChooseColumns(ModalScreen[tuple[tuple[str, ...], bool] | None]):
    """Returns the keys of the chosen columns and whether to show the settings that differ; None for escape."""

    BINDINGS = [
        Binding("space", "tick", "Tick", id="choose.tick"),
        Binding("enter", "take", "Take", key_display="⏎", id="choose.take"),
        Binding("r", "usual", "The default columns", id="choose.usual"),
        Binding("escape", "dismiss", "Cancel", id="choose.cancel"),
    ]
    DEFAULT_CSS = """
    ChooseColumns {
        #columns {
            border: round $accent; border-title-style: bold; background: $surface;
            width: 72; max-width: 100%; height: 23; max-height: 100%;
        }
        ColumnRows { background: $surface; }
    }
    """

    _rows = getters.query_one(ColumnRows)

    def __init__(self, chosen: Sequence[str], settings: bool) -> None:
        super().__init__()
        self._first = frozenset(chosen) | ({SETTINGS} if settings else frozenset())

    def compose(self) -> ComposeResult:
        """Yield the list and the key bar."""
        with Vertical(id="columns") as columns:
            columns.border_title = "Columns"
            yield ColumnRows()
        yield KeyBar()

    def on_mount(self) -> None:
        """Tick the columns that are shown."""
        self._show(self._first)

    def _show(self, chosen: frozenset[str]) -> None:
        self._rows.chosen = chosen
        self._rows.rebuild()

    @on(Rows.Chosen)
    def action_tick(self) -> None:
        """Tick or untick the column under the cursor."""
        self._show(self._rows.chosen ^ {self._rows.key})

    def action_take(self) -> None:
        """Return the ticked columns."""
        chosen = self._rows.chosen
        self.dismiss((tuple(key for key in chosen if key != SETTINGS), SETTINGS in chosen))

    def action_usual(self) -> None:
        """Tick the default columns."""
        self._show(frozenset((*USUAL, SETTINGS)))
