"""The runs screen: find, sort, mark and compare runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from engine.errors import EngineError
from engine.system.gc_pause import collector_paused
from engine.system.plain_text import plain
from workbench.tui.keymap import key_of
from workbench.tui.messages import AttachRun
from workbench.tui.runs import actions, export, grouping
from workbench.tui.runs.chart import Entry, RunsChart
from workbench.tui.runs.columns import baseline_cells
from workbench.tui.runs.details import Known, RunsDetails
from workbench.tui.runs.find import Find
from workbench.tui.runs.known_evidence import Margins, baselines, group_difference, parents
from workbench.tui.runs.listing import Listing, prepared, read_settings
from workbench.tui.runs.rating import Rating, said_of
from workbench.tui.runs.table import RunsTable
from workbench.tui.runs.view import RunsView
from workbench.tui.widgets.colours import MOST, WARN
from workbench.tui.widgets.mode_screen import Copyable, Stop

if TYPE_CHECKING:
    from textual.content import Content

    from engine.runs import RunSummary
    from engine.runs.standings import Standing

POLL_SECONDS = 1.0
"""How often the store is asked for what is new, while the screen is seen."""

SETTLE_SECONDS = 0.08
"""How long the cursor has to stay on a run before it is read from the store."""


class RunsScreen(RunsView):
    """A table of runs, a chart of those that are marked, and what they are; marks stay when the list changes."""

    PANELS = ("Runs", "Curves", "Details")
    STOPS = (Stop("RunsTable", 0), Stop("RunsChart", 1), Stop("RunsDetails", 2))
    BINDINGS = [
        Binding("enter", "open", "Open", key_display="⏎", id="runs.open"),
        Binding("space", "mark", "Mark", id="runs.mark"),
        Binding("f", "find", "Filter", id="runs.find"),
        Binding("o", "order", "Sort", id="runs.order"),
        Binding("b", "group_by", "Group by a setting: means and intervals", show=False, id="runs.group-by"),
        Binding("p", "pin", "Pin: stay on top, or no longer", show=False, id="runs.pin"),
        Binding("v", "compare", "Compare", id="runs.compare"),
        Binding("g", "resume", "Resume", id="runs.resume"),
        Binding(
            "i", "evidence", "What it is worth: intervals, calibration, slices", show=False, id="runs.evidence"
        ),
        Binding("x", "delete", "Delete", id="runs.delete"),
        Binding("w", "export", "Write to a file", show=False, id="runs.export"),
        Binding("a", "mark_group", "Mark all of its repetition, as one curve", show=False, id="runs.mark-group"),
        Binding("e", "edit", "Edit its experiment", show=False, id="runs.edit"),
        Binding("s", "stop", "Stop it, wherever it runs", show=False, id="runs.stop"),
        Binding("u", "undo", "Bring the deleted back", show=False, id="runs.undo"),
        Binding("n", "rename", "Name", show=False, id="runs.rename"),
        Binding("t", "tag", "Tags", show=False, id="runs.tag"),
        Binding("m", "note", "Note", show=False, id="runs.note"),
        Binding("E,f4", "note(True)", "Note, in $EDITOR", show=False, id="runs.note-outside"),
        Binding("c", "columns", "Columns", show=False, id="runs.columns"),
        Binding("d", "settings", "Show the settings that differ, or not", show=False, id="runs.settings"),
        Binding("escape", "clear", "Show all, then unmark all", show=False, id="runs.clear"),
    ]
    DEFAULT_CSS = """
    RunsScreen {
        #runs-panels { height: 1fr; }
        RunsTable, RunsChart > Chart, RunsDetails { border: round $frame; background: $background; }
        RunsTable:focus, RunsDetails:focus { border: round $accent; }
        #runs-list { width: 3fr; }
        #runs-problem { height: auto; max-height: 4; padding: 0 1; }
        #runs-side { width: 2fr; min-width: 44; }
        RunsChart { height: 3fr; }
        RunsDetails { height: 2fr; }
    }
    RunsScreen.-narrow {
        #runs-list, RunsChart, RunsDetails { display: none; width: 1fr; height: 1fr; }
        #runs-side { display: none; width: 1fr; }
        &.-panel-0 #runs-list { display: block; }
        &.-panel-1 #runs-side, &.-panel-1 RunsChart { display: block; }
        &.-panel-2 #runs-side, &.-panel-2 RunsDetails { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.listing = Listing()
        self.marked: dict[str, Entry] = {}
        self.deleted: list[tuple[str, ...]] = []
        self._shown: tuple[Entry, ...] = ()
        self._settling: Timer | None = None
        self._read_once = False
        self._wanted = ""
        self.standings: Sequence[Standing] = ()
        self._margins = Margins()
        self.rating = Rating(self, lambda: self.host.store, self._show_standings)

    def compose_body(self) -> ComposeResult:
        """The table, the chart, the details."""
        with Horizontal(id="runs-panels"):
            with Vertical(id="runs-list"):
                yield RunsTable()
                yield Find(lambda: self.listing.names)
                yield Static(id="runs-problem")
            with Vertical(id="runs-side"):
                yield RunsChart()
                yield RunsDetails()

    def on_mount(self) -> None:
        """Reads the store, then polls it."""
        self.find.display = False
        self._tell_problem()
        self.set_focus(self.table)
        self.table.show((), self.listing.columns, self.listing.sorted_by, "reading the run store")
        self.work(self._read, fills=True)
        self.every(POLL_SECONDS, self._poll)

    def on_screen_resume(self) -> None:
        """See at once what has happened while another screen was shown; keys wait for it."""
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
            self.work(self._read_news, list(self.listing.all.values()), group="news", awaited=awaited)

    def _read_news(self, known: Sequence[RunSummary]) -> None:
        if news := self.host.store.news(known):
            self.call_later(self._show_news, news)

    def _rate(self) -> None:
        self.rating.rate(list(self.listing.all.values()), bool(self.host.going))

    def _show_standings(self, signs: Mapping[str, Content], found: Sequence[Standing]) -> None:
        """Show which runs are the best, and which of the others these do not beat."""
        self.standings = found
        self.table.rate(signs)
        self._tell_marks()

    def on_unmount(self) -> None:
        """Test nothing more."""
        self.rating.leave()

    def _show_news(self, news: Sequence[RunSummary]) -> None:
        known = self.listing.all
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
        """Show runs that were changed, or brought back."""
        self.listing.change(runs)
        self.show_runs()
        self.show_entries()

    def bring_back(self, runs: Sequence[RunSummary]) -> None:
        """Show runs again that were deleted, the cursor on the first of them."""
        self.renew(runs)
        self.table.move_to(runs[0].id)
        self.app.clear_notifications()
        names = ", ".join(plain(run.name) for run in runs)
        where = (
            ""
            if any(run.id == runs[0].id for run in self.table.runs)
            else f"; {key_of(self, 'runs.clear')} shows all runs"
        )
        self.notify(f"Brought back: {names}{where}", markup=False)

    def forget(self, runs: tuple[str, ...]) -> None:
        """Show runs no longer that were deleted."""
        if runs:
            self.deleted.append(runs)
            self.listing.drop(runs)
            gone = [key for key, entry in self.marked.items() if any(run.id in runs for run in entry.runs)]
            for key in gone:
                del self.marked[key]
            self.show_runs()
            self.show_marks()
            self.notify(f"Deleted: {', '.join(runs)}. {key_of(self, 'runs.undo')} brings them back.", markup=False)

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
    def table(self) -> RunsTable:
        """The table."""
        return self.query_one(RunsTable)

    @property
    def find(self) -> Find:
        """Where what is to be found is typed."""
        return self.query_one(Find)

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.table.run

    def here(self) -> RunSummary | None:
        """The run under the cursor; says so where there is none."""
        if self.chosen is None:
            self.warn(
                f"there is no run here: {key_of(self, 'runs.clear')} shows all runs"
                if self.listing.all
                else "there are no runs yet"
            )
        return self.chosen

    def show_runs(self) -> None:
        """Show the list as it is found and sorted now."""
        listing = self.listing
        empty = f"no runs yet: train one on the experiment screen ({key_of(self, 'mode.experiment')})"
        hint = "no run is like that" if listing.all else empty
        self.table.show(listing.runs, listing.columns, listing.sorted_by, hint)
        found = f"{len(listing.runs):,} of {len(listing.all):,}" if listing.found else f"{len(listing.all):,}"
        self.table.border_title = f"Runs · {found}"
        self._tell_marks()

    def _tell_marks(self) -> None:
        """Says how many runs are marked, and where a column ranks no run against runs that it does not compare."""
        marked = [f"{len(self.marked)} marked"] if self.marked else []
        groups = ["sorted within each data set and kind of score"] if self.listing.groups > 1 else []
        self.table.border_subtitle = " · ".join([*marked, *groups, *said_of(self.standings)])

    @on(RunsTable.Moved)
    def _moved(self) -> None:
        if self._settling:
            self._settling.stop()
        if not self.marked:
            self._settling = self.set_timer(SETTLE_SECONDS, self.show_entries)

    def show_entries(self) -> None:
        """Show the curves and the differences of the marked runs; with none, of the one under the cursor."""
        self.work(self._read_entries, self._due(), group="entries")

    def _due(self) -> tuple[Entry, ...]:
        if self.marked or self.chosen is None:
            return tuple(self.marked.values())
        return (Entry(f"run:{self.chosen.id}", 0, (self.chosen,)),)  # type: ignore[arg-type]

    def _read_entries(self, wanted: Sequence[Entry]) -> None:
        store = self.host.store
        try:
            entries = [
                Entry(entry.key, entry.index, tuple(store.get(run.id) for run in entry.runs)) for entry in wanted
            ]
        except EngineError as error:  # a damaged run
            self.call_later(self._show_problem, str(error))
            return
        drawn = [*entries, *parents(store, entries)]
        known = Known(self._margins.of(store, entries), baselines(entries))
        self.call_later(self._show_entries, entries, drawn, group_difference(entries), known)

    def _show_problem(self, problem: str) -> None:
        """Show why a run cannot be shown, in place of the one that was shown before."""
        self._shown = ()
        self.query_one(RunsChart).show(())
        self.query_one(RunsDetails).show((), problem)

    def _show_entries(self, entries: Sequence[Entry], drawn: Sequence[Entry], below: str, known: Known) -> None:
        if [entry.key for entry in entries] != [entry.key for entry in self._due()]:
            return  # read late: others are wanted by now
        self._shown = tuple(entries)
        self.table.show_foot([baseline_cells(*one) for one in known.baselines.items()])
        self.query_one(RunsChart).show(drawn)
        self.query_one(RunsDetails).show(entries, below, known)

    def copies(self) -> Sequence[Copyable]:
        """The run under the cursor: its card, its experiment, commands, and each of its values."""
        return actions.copies(self, self.table.columns)

    # Marking

    def action_mark(self) -> None:
        """Mark the run under the cursor, so that its curve stays in the chart; or no longer."""
        if run := self.here():
            self._mark(f"run:{run.id}", (run,))
            self.table.action_cursor(1)

    def action_mark_group(self) -> None:
        """Mark all runs of its repetition, as one curve with their range; or no longer."""
        run = self.here()
        if run is None:
            return
        group = tuple(one for one in self.listing.all.values() if run.group and one.group == run.group)
        if len(group) < 2:
            self.warn("this run is not one of a repetition: `workbench train --repeat 5` makes one")
        else:
            self._mark(f"group:{run.group}", group)

    def _mark(self, key: str, runs: tuple[RunSummary, ...]) -> None:
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
        """Show the marks, and what is marked."""
        self.table.mark({run.id: entry.sign for entry in self.marked.values() for run in entry.runs})
        self._tell_marks()
        self.show_entries()

    # Finding and ordering

    def show_found(self, query: str) -> None:
        """Show the runs that match a query, which can then be changed."""
        self.action_find()
        self.find.value = query
        self.set_focus(self.table)

    def action_find(self) -> None:
        """Type a query that the runs shown match."""
        self.show_panel(0)
        self.find.display = True
        self.set_focus(self.find)

    @on(Input.Changed, "#runs-find")
    def _finding(self) -> None:
        """Searches after the typed text is shown: over thousands of runs, that takes longer than a key."""
        self.call_after_refresh(self._find)

    def _find(self) -> None:
        if self.find.value != self.listing.found:
            self.listing.find(self.find.value)
            self.show_runs()
        self._tell_problem()

    def _tell_problem(self) -> None:
        """Says below the query what is wrong with it."""
        problem = self.query_one("#runs-problem", Static)
        problem.display = self.find.display and bool(self.listing.problem)
        problem.update(Content.styled(plain(self.listing.problem), WARN))

    @on(Input.Submitted, "#runs-find")
    def _found(self) -> None:
        self.set_focus(self.table)

    def action_clear(self) -> None:
        """Leaves the chart; else shows all runs again; where all are shown, unmarks all."""
        if self.leave_chart():
            return
        if self.find.display:
            self.find.display = False
            self.find.value = ""
            self.set_focus(self.table)
        elif self.marked:
            self.marked.clear()
            self.show_marks()

    def action_settings(self) -> None:
        """Show the settings that differ as columns, or not."""
        self.listing.choose(self.listing.chosen, not self.listing.settings)
        self.show_runs()

    @on(RunsTable.HeadClicked)
    def _head_clicked(self, message: RunsTable.HeadClicked) -> None:
        self.listing.order(message.column)
        self.show_runs()

    # What is done with runs

    @on(RunsTable.Chosen)
    def action_open(self) -> None:
        """Show the run on the experiment screen: its curves and its predictions, live where it goes on."""
        if run := self.here():
            self.post_message(AttachRun(run.id))

    def action_edit(self) -> None:
        """Put its experiment on the experiment screen."""
        actions.edit(self)

    def action_resume(self) -> None:
        """Go on with a run that ended early."""
        actions.resume(self)

    def action_stop(self) -> None:
        """Stop a run, whichever process trains it."""
        actions.stop(self)

    def action_compare(self) -> None:
        """Hold two runs against each other."""
        actions.compare(self)

    def action_evidence(self) -> None:
        """Say what the run's held-out answers are worth."""
        actions.evidence(self)

    def action_order(self) -> None:
        """Choose what the runs are sorted by."""
        actions.order(self)

    def action_group_by(self) -> None:
        """Group the runs shown by a setting."""
        grouping.group_by(self)

    def action_pin(self) -> None:
        """Keep the run on top, or no longer."""
        actions.pin(self)

    def action_columns(self) -> None:
        """Choose the columns."""
        actions.columns(self)

    def action_rename(self) -> None:
        """Give the run another name."""
        actions.rename(self)

    def action_tag(self) -> None:
        """Give the run other tags."""
        actions.tag(self)

    def action_note(self, outside: bool = False) -> None:
        """Note something on the run, here or in the editor of the person's choice."""
        (actions.note_outside if outside else actions.note)(self)

    def action_delete(self) -> None:
        """Delete the run, or those that are marked; asks first."""
        actions.delete(self)

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        actions.undo(self)

    def action_export(self) -> None:
        """Write the run, or those that are marked, as a file for another program."""
        export.export(self)

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing that is greyed out."""
        active = self.active_bindings.get(event.key)
        if active and active.node is self and not active.enabled:
            getattr(self, f"action_{active.binding.action}")()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what makes no sense now; while one types, leave out what only the list has."""
        if self.is_mounted and self.find.has_focus and action not in ("clear", "panel"):
            return False
        if not self.is_mounted or action not in ("resume", "undo", "stop"):
            return True
        if action == "undo":
            return bool(self.deleted) or None
        run = self.chosen
        return (run is not None and (run.going if action == "stop" else run.resumable)) or None
