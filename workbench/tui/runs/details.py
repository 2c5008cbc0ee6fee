"""Describes one run, or the differences between several, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.datasets.undefined_metrics import with_undefined
from engine.errors import EngineError
from engine.experiment import score_names
from engine.experiment.layer_words import layer_line
from engine.system.plain_text import plain
from workbench.text.describe import data_lines, loss_line, split_line, training_lines
from workbench.text.numbers import duration, with_margin
from workbench.tui.keymap import key_of
from workbench.tui.runs.chart import Entry
from workbench.tui.runs.columns import status_style
from workbench.tui.runs.difference_table import side_by_side
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.moves import SCROLL, moves

if TYPE_CHECKING:
    from engine.runs import RunRecord


@dataclass(frozen=True, slots=True)
class Known:
    """Evidence on a run, in addition to its record, by history name: half the widths of the 95 % intervals of its
    values, and the values of each baseline of its data.
    """

    margins: Mapping[str, float] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class RunsDetails(VerticalScroll):
    """The details of the run under the cursor, or the differences between several."""

    BINDINGS = [
        *moves(SCROLL, top="home"),
        Binding("left", "sideways(-1)", "Runs to the left", show=False, id="table.left"),
        Binding("right", "sideways(1)", "Runs to the right", show=False, id="table.right"),
    ]
    DEFAULT_CSS = """
    RunsDetails { padding: 0 1; & > Static { height: auto; } }
    """

    _entries: tuple[Entry, ...] = ()
    _below = ""
    _known = Known()
    _first = 0

    def compose(self) -> Iterable[Static]:
        """Yield the text."""
        yield Static()

    def show(self, entries: Sequence[Entry], below: str = "", known: Known | None = None) -> None:
        """Show these runs; ``below`` is a text below several, ``known`` belongs to a single one."""
        self._entries, self._below, self._known = tuple(entries), below, known or Known()
        self._first = min(self._first, max(len(entries) - 1, 0))
        self._write()

    def action_sideways(self, step: int) -> None:
        """Scroll to the runs on the left or the right."""
        self._first = max(0, min(self._first + step, len(self._entries) - 1))
        self._write()

    def on_resize(self) -> None:
        """Fit the columns."""
        self._write()

    def _write(self) -> None:
        entries, text = self._entries, Content("")
        if len(entries) == 1 and len(entries[0].runs) == 1:
            text = about(entries[0].runs[0], self._known)
        elif entries:
            keys = f"{key_of(self, 'table.left')} {key_of(self, 'table.right')}"
            text = side_by_side(entries, self.size.width - 2, self._first, keys)
            if self._below:
                text += Content.assemble("\n\n", plain(self._below))
        elif self._below:
            text = Content.styled(plain(self._below), BAD)
        self.query_one(Static).update(text)
        self.border_title = "Run" if len(entries) < 2 else "What differs"


def about(run: RunRecord, known: Known) -> Content:
    """Describe a run, except for its curves."""
    lines = [Content.assemble((f"{run.id} {plain(run.name)}", "bold"), "  ", (run.state, status_style(run)))]
    if run.reason and run.reason != str(run.status):
        lines.append(Content.styled(plain(run.reason), BAD if run.error else MUTED))
    lines += _origin(run)
    lines += _settings(run)
    lines += _outcome(run, known.margins)
    if linear := known.baselines.get("linear"):
        lines.append(Content.assemble(("baseline (linear)  ", MUTED), _scores(linear)))
    if run.tags:
        lines.append(Content.assemble(("tags ", MUTED), plain(", ".join(run.tags))))
    if run.note:
        lines.append(Content.assemble(("note ", MUTED), plain(run.note, lines=True)))
    libraries = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    where = f"{run.created.astimezone():%Y-%m-%d %H:%M} on {run.machine.get('host', '?')} · {libraries}"
    return Content("\n").join([*lines, Content.styled(plain(where), MUTED)])


def _origin(run: RunRecord) -> list[Content]:
    words = [f"{run.kind} of run {run.parent}" if run.parent else "", f"group {run.group}" if run.group else ""]
    line = " · ".join(word for word in words if word)
    return [Content.styled(plain(line), MUTED)] if line else []


def _settings(run: RunRecord) -> list[Content]:
    try:
        experiment = run.experiment
    except EngineError as error:
        return [Content.styled(plain(str(error)), BAD)]
    lines = list(data_lines(experiment.data, run.data))
    lines += [split_line(run.data)] if run.data else []
    lines += [" → ".join(layer_line(layer) for layer in experiment.stack), loss_line(experiment.training)]
    lines += training_lines(experiment.training, experiment.seed)
    return [Content(plain(line)) for line in lines]


def _outcome(run: RunRecord, margins: Mapping[str, float]) -> list[Content]:
    parameters = "" if run.parameters is None else f"{run.parameters:,} parameters · "
    times = f"prepared in {duration(run.seconds_prepare)}, trained for {duration(run.seconds_train)}"
    lines = [Content(f"{parameters}{run.epochs_done} of {run.epochs_planned} epochs · {times}")]
    if run.best_epoch:
        note = "" if "val_loss" in run.best else " by training loss, there are no validation samples"
        lines.append(
            Content.assemble(
                (f"best epoch {run.best_epoch}{note}  ", MUTED),
                _scores(with_undefined(run.best, run.metrics), margins),
            )
        )
    if run.test is not None:
        of_test = {name.removeprefix("test_"): one for name, one in margins.items() if name.startswith("test_")}
        values = _scores(with_undefined(run.test, run.metrics), of_test)
        lines.append(Content.assemble(("test samples  ", MUTED), values))
    if run.baselines:
        lines.append(Content.assemble(("baseline (constant)  ", MUTED), _scores(run.baselines)))
    return lines


def _scores(scores: Mapping[str, float], margins: Mapping[str, float] = MappingProxyType({})) -> str:
    return "  ".join(
        f"{plain(name)} {with_margin(value, margins.get(name))}"
        for name, value in score_names.shown(scores).items()
    )
