"""The runs screen: bindings that filter, sort, mark, compare and change runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.binding import Binding

from engine.errors import EngineError
from engine.system.plain_text import plain
from workbench.text.command_line import command
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.dialogs.question import Answer, ask
from workbench.tui.dialogs.text_line import Line
from workbench.tui.keymap import key_of
from workbench.tui.messages import AttachRun, OpenExperiment, ResumeRun
from workbench.tui.runs import export, grouping
from workbench.tui.runs.columns import COLUMNS
from workbench.tui.runs.table import RunsTable
from workbench.tui.runs.view import RunsView
from workbench.tui.widgets.mode_screen import Copyable, Stop

if TYPE_CHECKING:
    from engine.experiment.model import Experiment
    from engine.runs import RunStore, RunSummary


class RunsScreen(RunsView):
    """A table of runs, a chart of the marked ones, and details; marks are kept when the list changes."""

    PANELS = ("Runs", "Curves", "Details")
    STOPS = (Stop("RunsTable", 0), Stop("RunsChart", 1), Stop("RunsDetails", 2))
    BINDINGS = [
        Binding("enter", "open", "Open", key_display="⏎", id="runs.open"),
        Binding("space", "mark", "Mark", id="runs.mark"),
        Binding("f", "find", "Filter", id="runs.find"),
        Binding("o", "order", "Sort", id="runs.order"),
        Binding("b", "group_by", "Group by a setting: means and intervals", show=False, id="runs.group-by"),
        Binding("p", "pin", "Pin or unpin", show=False, id="runs.pin"),
        Binding("v", "compare", "Compare", id="runs.compare"),
        Binding("g", "resume", "Resume", id="runs.resume"),
        Binding("i", "evidence", "Evidence: intervals, calibration, slices", show=False, id="runs.evidence"),
        Binding("x", "delete", "Delete", id="runs.delete"),
        Binding("w", "export", "Write to a file", show=False, id="runs.export"),
        Binding("a", "mark_group", "Mark all of its repetition, as one curve", show=False, id="runs.mark-group"),
        Binding("e", "edit", "Edit its experiment", show=False, id="runs.edit"),
        Binding("s", "stop", "Stop it, wherever it runs", show=False, id="runs.stop"),
        Binding("u", "undo", "Restore deleted runs", show=False, id="runs.undo"),
        Binding("n", "rename", "Name", show=False, id="runs.rename"),
        Binding("t", "tag", "Tags", show=False, id="runs.tag"),
        Binding("m", "note", "Note", show=False, id="runs.note"),
        Binding("E,f4", "note(True)", "Note, in $EDITOR", show=False, id="runs.note-outside"),
        Binding("c", "columns", "Columns", show=False, id="runs.columns"),
        Binding("d", "settings", "Show or hide the settings that differ", show=False, id="runs.settings"),
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

    def copies(self) -> Sequence[Copyable]:
        """Return the card, experiment, commands and values of the run under the cursor."""
        from engine.experiment import toml_file
        from engine.exporting.text_card import card

        run = self.chosen
        if run is None:
            return []
        show = f"workbench show {run.id}"
        found = [
            Copyable(f"the card of run {run.id}", lambda: card(self.host.store.get(run.id)), plain(run.name)),
            Copyable("its experiment as TOML", lambda: toml_file.dumps(run.experiment)),
            Copyable(
                "the command that trains it again", lambda: command("train", run.experiment), "workbench train"
            ),
            Copyable("the command that shows it", lambda: show, show),
        ]
        values = [(column.title, column.text_of(run)) for column in self.table.columns]
        return found + [Copyable(f"value: {title}", partial(str, text), text) for title, text in values if text]

    # Choosing what is shown

    def action_mark(self) -> None:
        """Mark the run under the cursor, so that its curve stays in the chart, or unmark it."""
        if run := self.here():
            self.mark(f"run:{run.id}", (run,))
            self.table.action_cursor(1)

    def action_mark_group(self) -> None:
        """Mark all runs of its repetition, as one curve with their range, or unmark them."""
        run = self.here()
        if run is None:
            return
        group = tuple(one for one in self.listing.all.values() if run.group and one.group == run.group)
        if len(group) < 2:
            self.warn("this run is not one of a repetition: `workbench train --repeat 5` makes one")
        else:
            self.mark(f"group:{run.group}", group)

    def action_clear(self) -> None:
        """Leave the chart; or else show all runs again; if all are shown, unmark all."""
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
        """Show or hide the settings that differ as columns."""
        self.listing.choose(self.listing.chosen, not self.listing.settings)
        self.show_runs()

    def action_order(self) -> None:
        """Sort the runs by a column; by the same one again, in reverse."""
        columns = [*COLUMNS, *(column for column in self.listing.columns if column not in COLUMNS)]
        options = [Option(column.key, column.title, about=column.about) for column in columns]

        def ordered(key: str) -> None:
            self.listing.order(key)
            self.show_runs()

        self.ask(Pick("Sort by; the same column again reverses the order", options), ordered)

    def action_group_by(self) -> None:
        """Group the listed runs by a setting."""
        grouping.group_by(self)

    def action_columns(self) -> None:
        """Choose which columns to show."""
        from workbench.tui.runs.choose_columns import ChooseColumns

        def chosen(answer: tuple[tuple[str, ...], bool]) -> None:
            self.listing.choose(*answer)
            self.show_runs()

        self.ask(ChooseColumns(self.listing.chosen, self.listing.settings), chosen)

    # What is done with runs

    @on(RunsTable.Chosen)
    def action_open(self) -> None:
        """Show the run on the experiment screen: its curves and its predictions, live while it trains."""
        if run := self.here():
            self.post_message(AttachRun(run.id))

    def action_edit(self) -> None:
        """Open its experiment on the experiment screen."""
        if experiment := self._experiment():
            self.post_message(OpenExperiment(experiment))

    def _experiment(self) -> Experiment | None:
        """Return the experiment of the run under the cursor; notify the user if this version cannot read it."""
        run = self.here()
        try:
            return run.experiment if run else None
        except EngineError as error:
            self.warn(error)
            return None

    def action_resume(self) -> None:
        """Resume a run that stopped early, on the experiment screen."""
        run = self.here()
        if run is None:
            return
        if not run.resumable:
            how = "is running" if run.owned else f"is {run.state}"
            self.warn(f"run {run.id} {how}: only a run that stopped early can be resumed")
        elif self.host.running_work:
            self.warn("something is running here already: stop it first")
        elif experiment := self._experiment():
            self.post_message(ResumeRun(run.id, experiment))

    def action_stop(self) -> None:
        """Ask whichever process trains the run to stop."""
        if (run := self.here()) is None:
            return
        if not run.owned:
            self.warn(f"run {run.id} is {run.state}: there is nothing to stop")
            return

        def stop(run_id: str) -> None:
            self.host.store.request_stop(run_id)
            self.call_later(self.notify, f"Run {run_id} has been asked to stop.")

        self.work(stop, run.id)

    def action_compare(self) -> None:
        """Compare two runs: the marked two, or the marked one and the one under the cursor."""
        from workbench.tui.runs.compare_screen import RunsCompare

        runs = [entry.runs[0].id for entry in self.marked.values() if len(entry.runs) == 1]
        if len(runs) == 1 and self.chosen and self.chosen.id != runs[0]:
            runs.append(self.chosen.id)
        if len(runs) != 2 or len(self.marked) > 2:
            mark = key_of(self, "runs.mark")
            self.warn(f"mark two runs with {mark} to compare them; {len(self.marked)} are marked")
        else:
            self.app.push_screen(RunsCompare(runs[0], runs[1]))

    def action_evidence(self) -> None:
        """Open the run's evidence screen."""
        from workbench.tui.evidence.screen import EvidenceScreen

        if run := self.here():
            self.app.push_screen(EvidenceScreen(run.id))

    def action_rename(self) -> None:
        """Rename the run."""
        self._type("Name", lambda run: run.name, lambda store, run, text: store.rename(run, text))

    def action_tag(self) -> None:
        """Set the run's tags."""
        self._type(
            "Tags, separated by commas",
            lambda run: ", ".join(run.tags),
            lambda store, run, text: store.tag(run, text.split(",")),
        )

    def action_note(self, outside: bool = False) -> None:
        """Edit the run's note, in a line here or in several lines in ``$EDITOR``."""
        from workbench.tui.dialogs.editing import edit

        if not outside:
            self._type("Note", lambda run: run.note, lambda store, run, text: store.note(run, text))
        elif run := self.here():
            edit(
                self,
                run.note,
                ".txt",
                lambda text: self._change(lambda store: store.note(run.id, text.strip()), run.id),
            )

    def action_pin(self) -> None:
        """Pin the run with a tag, so that it stays on top, or unpin it."""
        from engine.runs.query_names import PINNED, is_pinned

        if run := self.here():
            kept = [tag for tag in run.tags if tag != PINNED] if is_pinned(run) else [*run.tags, PINNED]
            self._change(lambda store: store.tag(run.id, kept), run.id)

    def _type(
        self, title: str, text: Callable[[RunSummary], str], write: Callable[[RunStore, str, str], None]
    ) -> None:
        """Ask for a line, and write it to the run."""
        if run := self.here():
            self.ask(
                Line(f"{title} of run {run.id}", text(run)),
                lambda typed: self._change(lambda store: write(store, run.id, typed), run.id),
            )

    def _change(self, write: Callable[[RunStore], None], run: str) -> None:
        """Change a run in the store, in a thread, and update it in the list."""

        def change() -> None:
            write(self.host.store)
            self.call_later(self.renew, [self.host.store.get(run)])

        self.work(change, awaited=True)

    def action_delete(self) -> None:
        """Delete the run under the cursor, or the marked runs; ask first."""
        run = self.here()
        marked = tuple(run.id for entry in self.marked.values() for run in entry.runs)
        if run is None:
            return

        def delete(*runs: str) -> None:
            self.work(self._delete, runs, awaited=True)

        answers = [
            Answer("keep", "k", "Keep everything"),
            Answer("one", "d", f"Delete run {run.id}, {plain(run.name)}", lambda: delete(run.id)),
        ]
        if marked and marked != (run.id,):
            answers.append(Answer("marked", "m", f"Delete the {len(marked)} marked runs", lambda: delete(*marked)))
        ask(self, "Delete?", f"{key_of(self, 'runs.undo')} restores deleted runs, for a day.", answers)

    def _delete(self, runs: Sequence[str]) -> None:
        done = []
        try:
            for run in runs:
                self.host.store.delete(run)
                done.append(run)
        finally:
            self.call_later(self.forget, tuple(done))

    def action_undo(self) -> None:
        """Restore the runs deleted last."""
        if self.deleted:
            self.work(self._restore, self.deleted.pop(), awaited=True)
        else:
            self.warn("nothing has been deleted here that could be restored")

    def _restore(self, runs: Sequence[str]) -> None:
        for run in runs:
            self.host.store.restore(run)
        self.call_later(self.bring_back, [self.host.store.get(run) for run in runs])

    def action_export(self) -> None:
        """Export the run, or the marked runs, to a file for another program."""
        export.export(self)

    def on_key(self, event: events.Key) -> None:
        """Notify the user why a greyed-out key does nothing."""
        active = self.active_bindings.get(event.key)
        if active and active.node is self and not active.enabled:
            getattr(self, f"action_{active.binding.action}")()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out actions that are not possible now; while typing, leave out the list's keys."""
        if self.is_mounted and self.find.has_focus and action not in ("clear", "panel"):
            return False
        if not self.is_mounted or action not in ("resume", "undo", "stop"):
            return True
        if action == "undo":
            return bool(self.deleted) or None
        run = self.chosen
        return (run is not None and (run.owned if action == "stop" else run.resumable)) or None
