"""Base class of lists with a cursor: scrolling, repainting and messages."""

from __future__ import annotations

from abc import abstractmethod

from textual import events, on
from textual.reactive import reactive
from textual.scroll_view import ScrollView


class CursorList(ScrollView, can_focus=True):
    """Rows with a cursor on one of them; subclasses draw rows and know their positions."""

    COMPONENT_CLASSES = {"list--cursor"}
    DEFAULT_CSS = """
    CursorList {
        scrollbar-size-vertical: 1;
        & > .list--cursor { background: $foreground 7%; }
        &:focus > .list--cursor { background: $primary 20%; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    @on(events.Focus)
    @on(events.Blur)
    def _show_focus(self) -> None:
        """Repaint the cursor, which looks different with the focus."""
        self._refresh_row(self.cursor)

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint both rows, scroll to the cursor, and post that it has moved."""
        self._refresh_row(before)
        self._refresh_row(after)
        self._keep_in_sight()
        self._tell()

    @abstractmethod
    def _refresh_row(self, index: int) -> None:
        """Repaint a row."""

    @abstractmethod
    def _keep_in_sight(self) -> None:
        """Scroll to the row under the cursor."""

    @abstractmethod
    def _tell(self) -> None:
        """Post that the cursor has moved."""
