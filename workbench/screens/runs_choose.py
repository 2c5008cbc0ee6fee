"""Choosing the columns of the table of runs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, SelectionList
from textual.widgets.selection_list import Selection

from workbench.widgets.runs_columns import COLUMNS, USUAL
from workbench.wording import MUTED

SETTINGS = "settings that differ"


class ChooseColumns(ModalScreen[tuple[tuple[str, ...], bool] | None]):
    """Ends with the keys of the chosen columns and whether settings that differ are shown; None for escape."""

    BINDINGS = [
        Binding("enter", "take", "Take", priority=True, id="choose.take"),
        Binding("r", "usual", "The usual ones", id="choose.usual"),
        Binding("escape", "cancel", "Cancel", id="choose.cancel"),
    ]
    DEFAULT_CSS = """
    ChooseColumns {
        #columns {
            border: round $accent; border-title-style: bold; background: $surface;
            width: 72; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        }
        SelectionList { height: auto; max-height: 100%; border: none; background: $surface; padding: 0; }
    }
    """

    def __init__(self, chosen: Sequence[str], settings: bool) -> None:
        super().__init__()
        self._chosen = {*chosen, *([SETTINGS] if settings else [])}

    def compose(self) -> ComposeResult:
        """Every column, ticked or not."""
        with Vertical(id="columns") as columns:
            columns.border_title = "Columns"
            yield SelectionList(
                *(self._selection(column.key, column.title, column.about) for column in COLUMNS),
                self._selection(SETTINGS, "Settings", "those that differ among the runs shown"),
            )
        yield Footer(compact=True, show_command_palette=False)

    def _selection(self, key: str, title: str, about: str) -> Selection[str]:
        return Selection(Content.assemble(title.ljust(12), (about, MUTED)), key, key in self._chosen)

    def action_take(self) -> None:
        """End with what is ticked."""
        chosen = self.query_one(SelectionList).selected
        self.dismiss((tuple(key for key in chosen if key != SETTINGS), SETTINGS in chosen))

    def action_usual(self) -> None:
        """Tick the usual columns."""
        found = self.query_one(SelectionList)
        found.deselect_all()
        for key in (*USUAL, SETTINGS):
            found.select(key)

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)
