"""What the actions of the runs screen know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.tui.widgets.chart_screen import ChartScreen

if TYPE_CHECKING:
    from engine.runs import RunSummary
    from workbench.tui.runs.chart import Entry
    from workbench.tui.runs.listing import Listing


class RunsView(ChartScreen):
    """A screen that lists runs; ``marked`` are those drawn together, ``deleted`` those that undo restores."""

    listing: Listing
    marked: dict[str, Entry]
    deleted: list[tuple[str, ...]]

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        raise NotImplementedError

    def here(self) -> RunSummary | None:
        """The run under the cursor; says so where there is none."""
        raise NotImplementedError

    def show_found(self, query: str) -> None:
        """Show the runs that match a query."""
        raise NotImplementedError

    def show_runs(self) -> None:
        """Show the list as it is filtered and sorted now."""
        raise NotImplementedError

    def renew(self, runs: Sequence[RunSummary]) -> None:
        """Show runs that were changed, or restored."""
        raise NotImplementedError

    def bring_back(self, runs: Sequence[RunSummary]) -> None:
        """Show runs that were restored, the cursor on the first of them."""
        raise NotImplementedError

    def forget(self, runs: tuple[str, ...]) -> None:
        """Remove deleted runs from the screen."""
        raise NotImplementedError
