"""The data screen: the available data sets, the contents of one, and how a sample reaches the network."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine import datasets
from engine.errors import EngineError
from engine.events import Preparing
from engine.experiment.model import Data, Experiment, Role
from engine.experiment.own_file import of_data
from engine.system.drain import drain
from engine.system.plain_text import plain
from workbench.text.describe import dataset_title, share_done
from workbench.tui.data.column_table import ROLES, ColumnTable, with_role
from workbench.tui.data.data_fields import column_fields, file_fields, tidied
from workbench.tui.data.panel_texts import FittedText, statistics, steps, words
from workbench.tui.data.set_list import OPEN, DataSets
from workbench.tui.dialogs.browse import Browse
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.dialogs.question import Answer, ask
from workbench.tui.keymap import key_of
from workbench.tui.messages import OpenExperiment
from workbench.tui.sessions.latest_answer import Latest
from workbench.tui.widgets.colours import MUTED
from workbench.tui.widgets.mode_screen import Copyable, ModeScreen, Stop
from workbench.tui.widgets.panel_tabs import PanelTabs
from workbench.tui.widgets.progress_line import ProgressLine
from workbench.tui.widgets.row_list import Rows

if TYPE_CHECKING:
    from engine.datasets.dataset import Dataset
    from engine.features import Features
    from engine.features.encoding_explanation import Step
    from engine.features.summary import Column, Summary

REPORTS = ("data-sets", "data-statistics", "data-words", "data-sample")
"""The panels' ids, in the order of their tabs."""

NEEDING = ("data.reading", "data.audit", "data.next", "data.previous")
"""Bindings that need the data set, and wait while it is being read."""

PACE = 0.25
"""Seconds between two updates of the progress of reading or downloading."""


@dataclass(frozen=True)
class Reading:
    """A data set that was read with the experiment's settings."""

    experiment: Experiment
    dataset: Dataset
    features: Features
    summary: Summary

    def sample(self, index: int) -> tuple[int, str, int]:
        """Return a held-out sample's index, its split, and that split's number of samples."""
        split = self.dataset.split
        name, held_out = ("test", split.test) if len(split.test) else ("validation", split.validation)
        return int(held_out[index % len(held_out)]), name, len(held_out)


class DataScreen(ModeScreen):
    """Reads the data set under the cursor in a thread, and shows its contents."""

    PANELS = ("Sets", "Statistics", "Words", "Sample")
    STOPS = (
        Stop("#data-sets", 0),
        Stop("#data-statistics", 1),
        Stop("#data-words, #data-columns", 2),
        Stop("#data-sample", 3),
    )
    BINDINGS = [
        Binding("enter", "use", "Use", key_display="⏎", id="data.use"),
        Binding("e", "reading", "Read as", id="data.reading"),
        Binding("a", "audit", "Audit", id="data.audit"),
        Binding("g", "get", "Download", id="data.get"),
        Binding("n", "sample(1)", "Next sample", id="data.next"),
        Binding("N", "sample(-1)", "Previous sample", show=False, id="data.previous"),
    ]
    SCOPED_CSS = False  # the screen has its own classes for the width
    CSS_PATH = "data.tcss"
    sets = getters.query_one(DataSets)

    def __init__(self) -> None:
        super().__init__()
        self.reading: Reading | None = None
        self._used = ""
        self._wanted: Experiment | None = None
        self._is_beginning, self._is_reading = True, False
        self._stage = ""
        self._download: threading.Thread | None = None
        self._index = 0
        self._drafts: dict[str, Data] = {}
        self._leaving = threading.Event()
        self._read = Latest(self, self._read_set, self._is_read, daemon=True)
        self._steps = Latest(self, _steps, self._show_steps, daemon=True)
        self._sources = Latest(self, _sources, self._show_sources, daemon=True)

    def compose_body(self) -> ComposeResult:
        """Yield the four panels and a progress line."""
        with Horizontal(id="panels"):
            with Vertical(id="data-left"):
                yield DataSets(id="data-sets")
            with Vertical(id="data-middle"):
                yield FittedText(id="data-statistics")
                yield FittedText(id="data-words")
                yield ColumnTable(id="data-columns")
            yield FittedText(id="data-sample")
        yield ProgressLine()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the keys of sets and samples if only the columns are shown: the footer has their keys."""
        on_columns = self.narrow and isinstance(self.focused, ColumnTable)
        return not (on_columns and action in ("get", "sample"))

    def on_mount(self) -> None:
        """Start with the experiment's own data set."""
        for panel, title in zip(REPORTS, ("Data sets", "Contents", "Words", "A sample"), strict=True):
            self.query_one(f"#{panel}").border_title = title
        self.query_one(ColumnTable).border_title = "Columns"
        self.sets.focus()
        self.every(PACE, lambda: self.query_one(ProgressLine).show(None, self._stage))

    def on_screen_resume(self) -> None:
        """Show the experiment's data set, if the experiment has changed."""
        used, before = self.host.experiment.data.dataset, self._used
        self._used = used
        self._is_beginning = True
        self.sets.show(used)
        self._sources.ask(used)
        self.call_after_refresh(self._begin, used if used != before else None)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._leaving.set()

    def copies(self) -> Sequence[Copyable]:
        """Return the texts of the panels: statistics, words, a sample."""
        reports = [self.query_one(f"#{panel}", FittedText) for panel in REPORTS[1:]]
        said = [(str(report.border_title), report.text) for report in reports]
        return [Copyable(title, partial(str, text)) for title, text in said if text]

    def action_audit(self) -> None:
        """Audit the data set that is shown: duplicates, doubted labels, drift."""
        from workbench.tui.data.audit_screen import AuditScreen

        if self.reading is None:
            self.warn("there is nothing to audit yet: the data set is still being read")
        else:
            self.app.push_screen(AuditScreen(self.reading.dataset, self.reading.experiment.data.dataset))

    # Reading

    @property
    def is_filling(self) -> bool:
        """Whether the data set is still being read."""
        return self._is_beginning or self._is_reading

    def needs_no_content(self, typed: events.Key | events.Paste) -> bool:
        """Return whether a key does not need the data set."""
        found = self._binding(typed)
        return found is None or found.binding.id not in NEEDING

    def leaves(self, typed: events.Key | events.Paste) -> bool:
        """Return whether a key leaves the data set, for another screen or for another set in the list."""
        found = self._binding(typed)
        return super().leaves(typed) or (found is not None and isinstance(found.node, DataSets))

    def _begin(self, used: str | None) -> None:
        self._is_beginning = False
        if used is not None:
            self.sets.move_to(used)
        self._ask(self.sets.key)

    @on(Rows.Moved, "#data-sets")
    def _moved(self) -> None:
        self._ask(self.sets.key)

    def _ask(self, name: str) -> None:
        """Read a data set, unless it has been or is being read."""
        if name in ("", OPEN):
            return
        wanted = self._experiment_with(name)
        shown = self._wanted
        if shown and (shown.data, shown.seed) == (wanted.data, wanted.seed):
            return
        self._wanted = wanted
        self._is_reading = True
        self._clear(wanted)
        self._read.ask(wanted)

    def _clear(self, experiment: Experiment, problem: str = "") -> None:
        """Clear the previous set, and show that another is being read, or why it cannot be."""
        self.reading = None
        said = problem or "reading it ..."
        self.query_one("#data-statistics", FittedText).show(lambda _: _problem(said, experiment, bool(problem)))
        for panel in ("#data-words", "#data-sample"):
            self.query_one(panel, FittedText).show(lambda _: Content(""))
        if experiment.data.dataset not in self._drafts:  # keep the columns while their roles are changed
            self.query_one(ColumnTable).show(())
        sample = self.query_one("#data-sample", FittedText)
        sample.border_title, sample.border_subtitle = "A sample", ""

    def _experiment_with(self, name: str) -> Experiment:
        now, draft = self.host.experiment, self._drafts.get(name)
        if name == now.data.dataset:
            return now if draft is None else now.model_copy(update={"data": draft})
        if datasets.entry(name) is None:
            opened = of_data(name)
            return opened if draft is None else opened.model_copy(update={"data": draft})
        kept = now.data.model_dump(include={"vocabulary", "encoding", "length", "scaling"})
        changes = {"name": dataset_title(name), "about": "", "data": Data(dataset=name, **kept)}
        return now.model_copy(update=changes)

    def _read_set(self, experiment: Experiment) -> Reading:
        from engine.features.summary import summarise

        dataset, features = self._followed(self.host.backend.data(experiment), experiment)
        self._stage = "counting"
        try:
            return Reading(experiment, dataset, features, summarise(dataset, features))
        finally:
            self._stage = ""

    def _followed(self, reading: Generator[Preparing, None, Any], experiment: Experiment) -> Any:
        """Read to the end, or until something else is wanted."""
        try:
            return drain(
                reading, self._show_stage, lambda: self._leaving.is_set() or experiment is not self._wanted
            )
        finally:
            self._stage = ""

    def _show_stage(self, stage: Preparing) -> None:
        self._stage = share_done(stage)

    def _is_read(self, experiment: Experiment, found: Reading | EngineError) -> None:
        if experiment is not self._wanted:
            return
        self._is_reading = False
        if isinstance(found, EngineError):
            self._clear(experiment, str(found))
            if experiment.data.dataset in self._drafts:  # shown beside the columns too, where the change was made
                self.warn(str(found))
            return
        self.reading, self._index = found, 0
        known = datasets.entry(experiment.data.dataset)
        about = known.about if known else ""
        self.query_one("#data-statistics", FittedText).show(lambda width: statistics(found.summary, about, width))
        self.query_one("#data-words", FittedText).show(lambda width: words(found.summary, width))
        self.query_one("#data-words").border_title = "Words" if found.summary.words else "Columns"
        self._show_columns(found.summary)
        self._steps.ask((found, 0))

    def _show_columns(self, summary: Summary) -> None:
        """Show the columns of a user's own table with their roles, or else words or columns as text."""
        table, own = self.query_one(ColumnTable), summary.reading is not None
        report = self.query_one("#data-words", FittedText)
        in_words = self.focused in (table, report)
        self.set_class(own, "-table")
        middle = "Words" if summary.words else "Columns"
        self.query_one(PanelTabs).rename((*self.PANELS[:2], middle, *self.PANELS[3:]))
        table.show(summary.columns if own else ())
        if in_words:
            self.set_focus(table if own else report)

    @on(ColumnTable.RoleChanged)
    def _role_changed(self, message: ColumnTable.RoleChanged) -> None:
        name = self.sets.key
        try:
            self._drafts[name] = with_role(self._experiment_with(name).data, message.column, message.role)
        except ValueError as error:
            self.warn(str(error))
            if self.reading is not None:
                self._show_columns(self.reading.summary)
        else:
            self._ask(name)

    def _choose_role(self, column: Column) -> None:
        def chosen(role: str) -> None:
            self.query_one(ColumnTable).post_message(ColumnTable.RoleChanged(column.name, cast(Role, role)))

        options = [Option(role, role, "now" if role == column.role else "") for role in ROLES]
        self.ask(Pick(f"The role of {column.name}: {column.reason}", options), chosen)

    def action_reading(self) -> None:
        """Open the form for how the file is read and split, and how its target is scaled."""
        name = self.sets.key
        if name in ("", OPEN) or datasets.entry(name) is not None:
            self.warn("only a file of your own has settings for reading and splitting: open or select one")
            return
        now = self._experiment_with(name)
        fields = file_fields(now.data, self.query_one(ColumnTable).columns)
        self.ask(ExperimentForm(f"Reading {dataset_title(name)}", now, lambda _: fields), self._changed)

    def action_treatment(self) -> None:
        """Open the form for how the column under the cursor is treated."""
        column = self.query_one(ColumnTable).column
        fields = column_fields(column) if column else ()
        if column is None:
            self.warn("only columns of a file of your own have treatments: select one")
        elif not fields:
            change = key_of(self.query_one(ColumnTable), "columns.role")
            self.warn(f"a column that is {column.role} has no treatment: {change} changes its role")
        else:
            now = self._experiment_with(self.sets.key)
            self.ask(ExperimentForm(f"The column {column.name}", now, lambda _: fields), self._changed)

    def _changed(self, found: Experiment) -> None:
        """Read the data set with the settings of a form."""
        self._drafts[self.sets.key] = tidied(found.data)
        self._ask(self.sets.key)

    def _show_sources(self, _used: str, found: dict[str, str] | EngineError) -> None:
        if not isinstance(found, EngineError):
            self.sets.show(self.host.experiment.data.dataset, found)

    def _show_steps(self, asked: tuple[Reading, int], found: tuple[Step, ...] | EngineError) -> None:
        reading, index = asked
        if reading is not self.reading or isinstance(found, EngineError):
            return
        number, split, count = reading.sample(index)
        panel = self.query_one("#data-sample", FittedText)
        panel.border_title = f"Sample {number:,}"
        panel.border_subtitle = f"{split} · {index % count + 1:,} of {count:,}"
        panel.show(lambda _: steps(found))

    # Keys

    def action_sample(self, step: int) -> None:
        """Show the next or the previous held-out sample."""
        if self.reading:
            self._index = (self._index + step) % self.reading.sample(0)[2]
            self._steps.ask((self.reading, self._index))

    def action_use(self) -> None:
        """Open a file, ask for a column's role, or use the data set in the experiment."""
        table = self.query_one(ColumnTable)
        if table.has_focus and table.column:
            self._choose_role(table.column)
        elif self.sets.key == OPEN:
            self.ask(Browse("Open a file of your own", Path.cwd()), self._opened)
        elif self.sets.key:
            self.post_message(OpenExperiment(self._experiment_with(self.sets.key)))

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        self.action_use()

    def _opened(self, path: str) -> None:
        """Add an opened file to the list, and read it."""
        self.sets.add(path)
        self.sets.move_to(path)
        self._ask(path)

    def action_get(self) -> None:
        """Download the data set under the cursor; ask first."""
        from engine.datasets.download import FILES
        from engine.datasets.locations import keras_cache

        name = self.sets.key
        if self._download and self._download.is_alive():
            self.warn("a download is running")
        elif name not in FILES:
            self.warn(f"{dataset_title(name)} is here already: there is nothing to download")
        else:
            wanted = " and ".join(f"{file.name} ({file.size / 1e6:.1f} MB)" for file in FILES[name])
            text = f"{wanted} from storage.googleapis.com, where Keras publishes it, into {keras_cache()}."
            get = Answer("get", "d", "Download", partial(self._start_download, name))
            ask(self, f"Get {dataset_title(name)}", text, (get, Answer("no", "c", "Cancel")))

    def _start_download(self, name: str) -> None:
        self._download = threading.Thread(target=self._downloading, args=(name,), daemon=True, name="download")
        self._download.start()

    def _downloading(self, name: str) -> None:
        problem = ""
        try:
            for step in datasets.get(name):
                self._show_stage(step)
        except EngineError as error:
            problem = str(error)
        self._stage = ""
        if self.is_running:
            self.call_later(self._downloaded, name, problem)

    def _downloaded(self, name: str, problem: str) -> None:
        if problem:
            self.warn(problem)
            return
        self.notify(f"{plain(dataset_title(name))} is here", markup=False)
        self._sources.ask(name)
        self._wanted = None
        self._ask(self.sets.key)


def _sources(_: str) -> dict[str, str]:
    """Return the name of each data set's best available source; empty if there is none."""
    return {
        name: next((source.name for source in datasets.sources_of(name) if source.available), "")
        for name in datasets.CATALOGUE
    }


def _steps(asked: tuple[Reading, int]) -> tuple[Step, ...]:
    from engine.features.encoding_explanation import encoding

    reading, index = asked
    return encoding(reading.dataset, reading.features, reading.sample(index)[0])


def _problem(message: str, experiment: Experiment, wrong: bool) -> Content:
    title = plain(dataset_title(experiment.data.dataset))
    known = datasets.entry(experiment.data.dataset)
    about = Content.styled(plain(known.about) if known else "", MUTED)
    return Content("\n\n").join(
        [
            Content.styled(title, "bold"),
            about,
            Content.styled(plain(message, lines=True), "$warning" if wrong else MUTED),
        ]
    )
