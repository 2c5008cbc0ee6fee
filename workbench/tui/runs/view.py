"""The base of the runs screen: the table of runs, the curves of the marked ones, and details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from engine.errors import EngineError
from engine.system.gc_pause import collector_paused
from engine.system.plain_text import plain
from workbench.tui.keymap import key_of
from workbench.tui.runs.chart import Entry, RunsChart
from workbench.tui.runs.columns import baseline_cells
from workbench.tui.runs.details import Known, RunsDetails
from workbench.tui.runs.find import Find
from workbench.tui.runs.known_evidence import Margins, baselines, group_difference, parents
from workbench.tui.runs.listing import Listing, prepared, read_settings
from workbench.tui.runs.rating import Rating, signs_explained
from workbench.tui.runs.table import RunsTable
from workbench.tui.widgets.chart_screen import ChartScreen
from workbench.tui.widgets.colours import MOST, WARN

if TYPE_CHECKING:
    from engine.runs import RunSummary
    from engine.runs.standings import Standing

POLL_SECONDS = 1.0
"""Seconds between two reads of changes in the store, while the screen is shown."""

SETTLE_SECONDS = 0.08
"""Seconds the cursor has to stay on a run before the run is read from the store."""


class RunsView(ChartScreen):
    """Lists runs; ``marked`` are those drawn together, ``deleted`` those that undo restores."""

    table = getters.query_one(RunsTable)
    find = getters.query_one(Find)

    def __init__(self) -> None:
        super().__init__()
        self.listing = Listing()
        self.marked: dict[str, Entry] = {}
        self.deleted: list[tuple[str, ...]] = []
        self._asked = self._answered = 0
        self._shown: tuple[Entry, ...] = ()
        self._settling: Timer | None = None
        self._read_once = False
        self._wanted = ""
        self.standings: Sequence[Standing] = ()
        self._margins = Margins()
        self.rating = Rating(self, lambda: self.host.store, self._show_standings)

    def compose_body(self) -> ComposeResult:
        """Yield the table, the chart and the details."""
        with Horizontal(id="runs-panels"):
            with Vertical(id="runs-list"):
                yield RunsTable()
                yield Find(lambda: self.listing.names)
                yield Static(id="runs-problem")
            with Vertical(id="runs-side"):
                yield RunsChart()
                yield RunsDetails()

    def on_mount(self) -> None:
        """Read the store, then poll it."""
        self.find.display = False
        self._tell_problem()
        self.set_focus(self.table)
        self.table.show((), self.listing.columns, self.listing.sorted_by, "reading the run store")
        self.work(self._read, fills=True)
        self.every(POLL_SECONDS, self._poll)

    def on_screen_resume(self) -> None:
        """Read at once what has changed while another screen was shown; keys wait for it."""
        self._poll(awaited=True)

    # Reading the store, in threads

    def _read(self) -> None:
        store = self.host.store
        store.purge()
        with collector_paused():
            runs = store.summaries()
            words = prepared(runs)
        self.call_later(self._show_all, runs, words)

    def _show_all(self, runs: Sequence[RunSummary], words: dict[str, str]) -> None:
        self.listing.put(runs, words)
        self._read_once = True
        self.show_runs()
        self.table.move_to(self._wanted)
        self._rate()
        self.call_after_refresh(self.work, read_settings, runs)

    def _poll(self, awaited: bool = False) -> None:
        if self.is_current and self._read_once:
            self._rate()
            self.work(self._read_news, self.listing.all, group="news", awaited=awaited)

    def _read_news(self, known: Mapping[str, RunSummary]) -> None:
        if news := self.host.store.news(known.values()):
            self.call_later(self._show_news, known, news)

    def _rate(self) -> None:
        self.rating.rate(list(self.listing.all.values()), bool(self.host.running_work))

    def _show_standings(self, signs: Mapping[str, Content], found: Sequence[Standing]) -> None:
        """Show which runs are the best, and which ones they do not beat."""
        self.standings = found
        self.table.rate(signs)
        self._tell_marks()

    def on_unmount(self) -> None:
        """Stop testing the runs against the best."""
        self.rating.leave()

    def _show_news(self, known: Mapping[str, RunSummary], news: Sequence[RunSummary]) -> None:
        if known is not self.listing.all:  # read before a change: the next poll reads later changes
            return
        gone = [run.id for run in news if run.deleted and run.id in known]
        changed = [run for run in news if not run.deleted and known.get(run.id) != run]
        if gone:
            self.listing.drop(gone)
        if self.listing.merge(changed) or gone:
            self.show_runs()
        elif changed:
            self.table.replace(changed)
        renewed = {run.id for run in changed}
        if any(run.id in renewed for entry in self._shown for run in entry.runs):
            self.show_entries()

    def renew(self, runs: Sequence[RunSummary]) -> None:
        """Show runs that were changed or restored."""
        self.listing.change(runs)
        self.show_runs()
        self.show_entries()

    def bring_back(self, runs: Sequence[RunSummary]) -> None:
        """Show restored runs, with the cursor on the first of them."""
        self.renew(runs)
        self.table.move_to(runs[0].id)
        self.app.clear_notifications()
        names = ", ".join(plain(run.name) for run in runs)
        where = (
            ""
            if any(run.id == runs[0].id for run in self.table.runs)
            else f"; {key_of(self, 'runs.clear')} shows all runs"
        )
        self.notify(f"Restored: {names}{where}", markup=False)

    def forget(self, runs: tuple[str, ...]) -> None:
        """Remove deleted runs from the screen."""
        if runs:
            self.deleted.append(runs)
            self.listing.drop(runs)
            gone = [key for key, entry in self.marked.items() if any(run.id in runs for run in entry.runs)]
            for key in gone:
                del self.marked[key]
            self.show_runs()
            self.show_marks()
            self.notify(f"Deleted: {', '.join(runs)}. {key_of(self, 'runs.undo')} restores them.", markup=False)

    # Showing

    @property
    def cursor_key(self) -> str:
        """The number of the run under the cursor."""
        return next((table.run.id for table in self.query(RunsTable) if table.run), "")

    def restore_cursor(self, key: str) -> None:
        """Put the cursor on a run, once the runs have been read."""
        self._wanted = key
        self.table.move_to(key)

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.table.run

    def here(self) -> RunSummary | None:
        """Return the run under the cursor; notify the user if there is none."""
        if self.chosen is None:
            self.warn(
                f"there is no run here: {key_of(self, 'runs.clear')} shows all runs"
                if self.listing.all
                else "there are no runs yet"
            )
        return self.chosen

    def show_runs(self) -> None:
        """Show the list with its current filter and order."""
        listing = self.listing
        empty = f"no runs yet: train one on the experiment screen ({key_of(self, 'mode.experiment')})"
        hint = "no run matches" if listing.all else empty
        self.table.show(listing.runs, listing.columns, listing.sorted_by, hint)
        found = f"{len(listing.runs):,} of {len(listing.all):,}" if listing.found else f"{len(listing.all):,}"
        self.table.border_title = f"Runs · {found}"
        self._tell_marks()

    def _tell_marks(self) -> None:
        """Show how many runs are marked, and whether the runs are only sorted within comparable groups."""
        marked = [f"{len(self.marked)} marked"] if self.marked else []
        groups = ["sorted within each data set and kind of score"] if self.listing.groups > 1 else []
        self.table.border_subtitle = " · ".join([*marked, *groups, *signs_explained(self.standings)])

    @on(RunsTable.Moved)
    def _moved(self) -> None:
        if self._settling:
            self._settling.stop()
        if not self.marked:
            self._settling = self.set_timer(SETTLE_SECONDS, self.show_entries)

    def show_entries(self) -> None:
        """Show the curves and differences of the marked runs or, if none is marked, the run under the cursor."""
        self._asked += 1
        self.work(self._read_entries, self._asked, self._due(), group="entries")

    def _due(self) -> tuple[Entry, ...]:
        if self.marked or self.chosen is None:
            return tuple(self.marked.values())
        return (Entry(f"run:{self.chosen.id}", 0, (self.chosen,)),)  # type: ignore[arg-type]

    def _read_entries(self, number: int, wanted: Sequence[Entry]) -> None:
        store = self.host.store
        try:
            entries = [
                Entry(entry.key, entry.index, tuple(store.get(run.id) for run in entry.runs)) for entry in wanted
            ]
        except EngineError as error:  # a damaged run
            self.call_later(self._show_problem, number, wanted, str(error))
            return
        drawn = [*entries, *parents(store, entries)]
        known = Known(self._margins.of(store, entries), baselines(entries))
        self.call_later(self._show_entries, number, entries, drawn, group_difference(entries), known)

    def _show_problem(self, number: int, wanted: Sequence[Entry], problem: str) -> None:
        """Show why a run cannot be shown, in place of the previous one."""
        if self._is_due(number, wanted):
            self._answered, self._shown = number, ()
            self.query_one(RunsChart).show(())
            self.query_one(RunsDetails).show((), problem)

    def _show_entries(
        self, number: int, entries: Sequence[Entry], drawn: Sequence[Entry], below: str, known: Known
    ) -> None:
        if self._is_due(number, entries):
            self._answered, self._shown = number, tuple(entries)
            self.table.show_foot([baseline_cells(*one) for one in known.baselines.items()])
            self.query_one(RunsChart).show(drawn)
            self.query_one(RunsDetails).show(entries, below, known)

    def _is_due(self, number: int, entries: Sequence[Entry]) -> bool:
        """Return whether the entries that were read are still those to show, and no later ones have been shown."""
        return number >= self._answered and [one.key for one in entries] == [one.key for one in self._due()]

    # Marking

    def mark(self, key: str, runs: tuple[RunSummary, ...]) -> None:
        """Mark these runs as one curve, or unmark them."""
        if key in self.marked:
            del self.marked[key]
        elif len(self.marked) == MOST:
            self.warn(f"{MOST} curves are marked, and more could not be told apart")
            return
        else:
            taken = {entry.index for entry in self.marked.values()}
            index = next(index for index in range(MOST) if index not in taken)
            self.marked[key] = Entry(key, index, runs)  # type: ignore[arg-type]
        self.show_marks()

    def show_marks(self) -> None:
        """Show the marks, and the marked runs."""
        self.table.mark({run.id: entry.sign for entry in self.marked.values() for run in entry.runs})
        self._tell_marks()
        self.show_entries()

    # Filtering and sorting

    def show_found(self, query: str) -> None:
        """Show the runs that match a query, which can then be edited."""
        self.action_find()
        self.find.value = query
        self.set_focus(self.table)

    def action_find(self) -> None:
        """Type a query to filter the runs."""
        self.show_panel(0)
        self.find.display = True
        self.set_focus(self.find)

    @on(Input.Changed, "#runs-find")
    def _finding(self) -> None:
        """Search after the typed text is shown: over thousands of runs, that takes longer than a key."""
        self.call_after_refresh(self._find)

    def _find(self) -> None:
        if self.find.value != self.listing.found:
            self.listing.find(self.find.value)
            self.show_runs()
        self._tell_problem()

    def _tell_problem(self) -> None:
        """Show below the query what is wrong with it."""
        problem = self.query_one("#runs-problem", Static)
        problem.display = self.find.display and bool(self.listing.problem)
        problem.update(Content.styled(plain(self.listing.problem), WARN))

    @on(Input.Submitted, "#runs-find")
    def _found(self) -> None:
        self.set_focus(self.table)

    @on(RunsTable.HeadClicked)
    def _head_clicked(self, message: RunsTable.HeadClicked) -> None:
        self.listing.order(message.column)
        self.show_runs()
