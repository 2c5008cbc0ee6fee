"""What there is to know of a run, and how several differ, as text."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.errors import EngineError
from engine.experiment.layer_words import layer_line
from workbench.text.describe import data_lines, figure, loss_line, split_line, training_lines
from workbench.text.numbers import duration
from workbench.text.sanitise import plain
from workbench.tui.runs.chart import Entry
from workbench.tui.runs.columns import best_epoch, differing, said, setting_title, status, status_style
from workbench.tui.widgets.palette import BAD, MUTED

if TYPE_CHECKING:
    from engine.events import DataFacts
    from engine.experiment.layers import Layer
    from engine.runs import RunRecord

VALUE_WIDTH = (8, 24)
"""The narrowest and the widest column of a run's values."""


class RunsDetails(VerticalScroll):
    """The run under the cursor in full, or what is different in several."""

    DEFAULT_CSS = """
    RunsDetails { padding: 0 1; & > Static { height: auto; } }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: tuple[Entry, ...] = ()
        self._below = ""

    def compose(self) -> Iterable[Static]:
        """The text."""
        yield Static()

    def show(self, entries: Sequence[Entry], below: str = "") -> None:
        """Show these runs; ``below`` is said under several."""
        self._entries, self._below = tuple(entries), below
        self._write()

    def on_resize(self) -> None:
        """Fit the columns."""
        self._write()

    def _write(self) -> None:
        entries, text = self._entries, Content("")
        if len(entries) == 1 and len(entries[0].runs) == 1:
            text = about(entries[0].runs[0])
        elif entries:
            text = side_by_side(entries, self.size.width - 2)
            if self._below:
                text += Content.assemble("\n\n", plain(self._below))
        self.query_one(Static).update(text)
        self.border_title = "Run" if len(entries) < 2 else "What differs"


def about(run: RunRecord) -> Content:
    """Everything about a run that its curves do not say."""
    lines = [Content.assemble((f"{run.id} {plain(run.name)}", "bold"), "  ", (status(run), status_style(run)))]
    if run.reason and run.reason != str(run.status):
        lines.append(Content.styled(plain(run.reason), BAD if run.error else MUTED))
    lines += _origin(run)
    lines += _settings(run)
    lines += _outcome(run)
    if run.tags:
        lines.append(Content.assemble(("tags ", MUTED), plain(", ".join(run.tags))))
    if run.note:
        lines.append(Content.assemble(("note ", MUTED), plain(run.note, lines=True)))
    libraries = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    where = f"{run.created.astimezone():%Y-%m-%d %H:%M} on {run.machine.get('host', '?')} · {libraries}"
    return Content("\n").join([*lines, Content.styled(plain(where), MUTED)])


def _origin(run: RunRecord) -> list[Content]:
    words = [f"{run.kind} of run {run.parent}" if run.parent else "", f"group {run.group}" if run.group else ""]
    said_of = " · ".join(word for word in words if word)
    return [Content.styled(plain(said_of), MUTED)] if said_of else []


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


def _outcome(run: RunRecord) -> list[Content]:
    parameters = "" if run.parameters is None else f"{run.parameters:,} parameters · "
    times = f"prepared in {duration(run.seconds_prepare)}, trained for {duration(run.seconds_train)}"
    lines = [Content(f"{parameters}{run.epochs_done} of {run.epochs_planned} epochs · {times}")]
    if run.best_epoch:
        rows = "" if "val_loss" in run.best else " by training loss, there are no validation rows"
        lines.append(Content.assemble((f"best epoch {run.best_epoch}{rows}  ", MUTED), _figures(run.best)))
    if run.test is not None:
        lines.append(Content.assemble(("test rows  ", MUTED), _figures(run.test)))
    if run.baselines:
        lines.append(Content.assemble(("a guess without looking  ", MUTED), _figures(run.baselines)))
    return lines


def _figures(figures: Mapping[str, float]) -> str:
    return "  ".join(
        f"{plain(name)} {figure(value)}" for name, value in figures.items() if name != "penalty" or value
    )


def side_by_side(entries: Sequence[Entry], width: int) -> Content:
    """A table of what differs in runs and groups: their settings, then what came of them."""
    rows = [(name, values) for name, values in _rows(entries) if len(entries) == 1 or len({*values}) > 1]
    low, high = VALUE_WIDTH
    head = max((len(name) for name, _ in rows), default=0)
    head = min(max(head, 10), max(width // 3, 12))
    each = max(low, min(high, (width - head) // len(entries) - 2))
    shown = entries[: max((width - head) // (each + 2), 1)]
    titles = [entry.sign + Content.styled(f" {plain(entry.title)}", "bold") for entry in shown]
    lines = [_line(Content(""), titles, head, each)]
    for name, values in rows:
        cells = [Content(value) for value in values[: len(shown)]]
        lines.append(_line(Content.styled(plain(name), MUTED), cells, head, each))
    if not rows:
        lines.append(Content.styled("nothing differs", MUTED))
    if len(shown) < len(entries):
        lines.append(Content.styled(f"and {len(entries) - len(shown)} more, for which there is no room", MUTED))
    return Content("\n").join(lines)


def _rows(entries: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    firsts = [entry.runs[0] for entry in entries]
    rows = [("kind", [run.kind for run in firsts]), ("of run", [run.parent or "-" for run in firsts])]
    paths, layers = differing(firsts), _layer_rows(_stacks(firsts))
    paths = [path for path in paths if not layers or not path.startswith("layers.")]
    rows += [(setting_title(path), [said(run.settings.get(path)) for run in firsts]) for path in paths]
    rows += layers
    rows.append(("seed", [", ".join(str(run.seed) for run in entry.runs) for entry in entries]))
    rows += _data_rows([run.data for run in firsts])
    rows.append(("parameters", [f"{run.parameters:,}" if run.parameters is not None else "-" for run in firsts]))
    rows.append(("status", [", ".join(dict.fromkeys(map(status, entry.runs))) for entry in entries]))
    for name, of in (("epochs", _epochs), ("best epoch", best_epoch)):
        rows.append((name, [_spread(_present(map(of, entry.runs)), "g") for entry in entries]))
    rows += _figure_rows("", [[run.best for run in entry.runs] for entry in entries])
    rows += _figure_rows("test ", [[run.test or {} for run in entry.runs] for entry in entries])
    return rows


def _stacks(runs: Sequence[RunRecord]) -> Sequence[Sequence[Layer]]:
    """The layers that are switched on; nothing where another version wrote one of the experiments."""
    try:
        return [run.experiment.stack for run in runs]
    except EngineError:
        return []


def _layer_rows(stacks: Sequence[Sequence[Layer]]) -> list[tuple[str, list[str]]]:
    """Stacks of other layers, a row for each layer that not all have in this place; none where the kinds agree.

    Of two stacks, a layer that one of them has more moves no other out of its row.
    """
    if len({tuple(layer.kind for layer in stack) for stack in stacks}) < 2:
        return []
    lines = [[layer_line(layer) for layer in stack] for stack in stacks]
    if len(lines) != 2:
        return [(f"layer {place}", list(row)) for place, row in enumerate(zip_longest(*lines, fillvalue="-"), 1)]
    rows = []
    for kind, first, end, other, other_end in SequenceMatcher(
        a=lines[0], b=lines[1], autojunk=False
    ).get_opcodes():
        pairs = zip_longest(lines[0][first:end], lines[1][other:other_end], fillvalue="-")
        if kind != "equal":
            place = (first if end > first else other) + 1
            rows += [(f"layer {number}", list(pair)) for number, pair in enumerate(pairs, place)]
    return rows


def _epochs(run: RunRecord) -> int:
    return run.epochs_done


def _data_rows(facts: Sequence[DataFacts | None]) -> list[tuple[str, list[str]]]:
    """Which rows there were, and where they came from."""
    counts = [("training rows", "train"), ("validation rows", "validation"), ("test rows", "test")]
    rows = [(title, [f"{getattr(one, name):,}" if one else "-" for one in facts]) for title, name in counts]
    rows.append(("data from", [one.source.rpartition("/")[2] if one else "-" for one in facts]))
    rows.append(("data hash", [one.digest[:12] if one else "-" for one in facts]))
    return rows


def _figure_rows(prefix: str, entries: Sequence[Sequence[Mapping[str, float]]]) -> list[tuple[str, list[str]]]:
    found = [(name, value) for runs in entries for figures in runs for name, value in figures.items()]
    names = dict.fromkeys(name for name, value in found if name != "penalty" or value)
    return [
        (prefix + name, [_spread(_present(figures.get(name) for figures in runs)) for runs in entries])
        for name in names
    ]


def _present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _spread(values: Sequence[float], form: str = "") -> str:
    """One figure, or the mean of several and their standard deviation."""
    if not values:
        return "-"
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    shown, width = (f"{one:.4{form}}" if form else figure(one) for one in (statistics.fmean(values), deviation))
    return f"{shown} ± {width}" if deviation else shown


def _line(name: Content, cells: Sequence[Content], head: int, each: int) -> Content:
    fitted = [_fit(name, head), *(_fit(cell, each) for cell in cells)]
    return Content("  ").join(fitted)


def _fit(content: Content, width: int) -> Content:
    cut = content.truncate(width, ellipsis=True)
    return cut.pad_right(width - cut.cell_length)
