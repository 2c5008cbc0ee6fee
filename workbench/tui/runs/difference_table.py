"""A table of the differences between runs, with a column per run, which scrolls sideways."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from engine.errors import EngineError
from engine.experiment import score_names
from engine.experiment.layer_words import layer_line
from engine.system.plain_text import plain
from workbench.text.numbers import number
from workbench.text.widths import shortened, widest
from workbench.tui.runs.chart import Entry
from workbench.tui.runs.columns import best_epoch, differing, setting_title, value_text
from workbench.tui.widgets.colours import MUTED

if TYPE_CHECKING:
    from engine.events import DataFacts
    from engine.experiment.layers import Layer
    from engine.runs import RunRecord

VALUE_WIDTH = (8, 44)
"""The narrowest and the widest column of a run's values, in cells."""


def side_by_side(entries: Sequence[Entry], width: int, first: int, keys: str) -> Content:
    """Return a table of the differences between runs and groups: their settings, then their results.

    ``first`` is the first entry that is shown; the names of the differing settings are always shown.
    """
    rows = [(name, values) for name, values in _rows(entries) if len(entries) == 1 or len({*values}) > 1]
    head = min(widest((plain(name) for name, _ in rows), 10), max(width // 3, 12))
    sizes = _sizes(entries, rows)
    shown = range(first, first + fitting(sizes[first:], width - head))
    widths = [head, *(sizes[index] for index in shown)]
    lines = [_line([Content(""), *(_title(entries[index], sizes[index]) for index in shown)], widths)]
    for name, values in rows:
        lines.append(_line([Content.styled(plain(name), MUTED), *(Content(values[i]) for i in shown)], widths))
    if not rows:
        lines.append(Content.styled("nothing differs", MUTED))
    if len(shown) < len(entries):
        note = f"{shown.start + 1} to {shown.stop} of {len(entries)} · {keys} for the others"
        lines.insert(0, Content.styled(note, MUTED))
    return Content("\n").join(lines)


def fitting(sizes: Sequence[int], room: int) -> int:
    """Return how many columns of these sizes fit, at least one."""
    count = 0
    for size in sizes:
        room -= size + 2
        if room < 0:
            break
        count += 1
    return max(count, 1)


def _title(entry: Entry, width: int) -> Content:
    return entry.sign + Content.styled(f" {shortened(plain(entry.title), width - 2)}", "bold")


def _sizes(entries: Sequence[Entry], rows: Sequence[tuple[str, Sequence[str]]]) -> list[int]:
    """Return the width of each entry's column: as wide as its values, with its title cut if necessary."""
    low, high = VALUE_WIDTH
    longest = [widest((values[index] for _, values in rows), low) for index in range(len(entries))]
    titles = [min(cell_len(plain(entry.title)) + 2, 16) for entry in entries]
    return [min(max(sizes), high) for sizes in zip(longest, titles, strict=True)]


def _rows(entries: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    firsts = [entry.runs[0] for entry in entries]
    rows = [("kind", [run.kind for run in firsts]), ("of run", [run.parent or "-" for run in firsts])]
    paths, layers = differing(firsts), _layer_rows(_stacks(firsts))
    paths = [path for path in paths if not layers or not path.startswith("layers.")]
    rows += [(setting_title(path), [value_text(run.settings.get(path)) for run in firsts]) for path in paths]
    rows += layers
    rows.append(("seed", [", ".join(str(run.seed) for run in entry.runs) for entry in entries]))
    rows += _data_rows([run.data for run in firsts])
    rows.append(("parameters", [f"{run.parameters:,}" if run.parameters is not None else "-" for run in firsts]))
    rows.append(("status", [", ".join(dict.fromkeys(run.state for run in entry.runs)) for entry in entries]))
    for name, of in (("epochs done", attrgetter("epochs_done")), ("best epoch", best_epoch)):
        rows.append((name, [_spread(_present(map(of, entry.runs)), "g") for entry in entries]))
    rows += _metric_rows("", [[run.best for run in entry.runs] for entry in entries])
    rows += _metric_rows("test ", [[run.test or {} for run in entry.runs] for entry in entries])
    return rows


def _stacks(runs: Sequence[RunRecord]) -> Sequence[Sequence[Layer]]:
    """Return the enabled layers of each run; empty if another version wrote one of the experiments."""
    try:
        return [run.experiment.stack for run in runs]
    except EngineError:
        return []


def _layer_rows(stacks: Sequence[Sequence[Layer]]) -> list[tuple[str, list[str]]]:
    """Layer-by-layer diff of several stacks: one row per layer that differs; empty if none does.

    If one of two stacks has an additional layer, the other layers stay aligned.
    """
    if len({tuple(layer.kind for layer in stack) for stack in stacks}) < 2:
        return []
    lines = [[layer_line(layer) for layer in stack] for stack in stacks]
    if len(lines) != 2:
        return [(f"layer {index}", list(row)) for index, row in enumerate(zip_longest(*lines, fillvalue="-"), 1)]
    rows = []
    for kind, first, end, other, other_end in SequenceMatcher(
        a=lines[0], b=lines[1], autojunk=False
    ).get_opcodes():
        pairs = zip_longest(lines[0][first:end], lines[1][other:other_end], fillvalue="-")
        if kind != "equal":
            index = (first if end > first else other) + 1
            rows += [(f"layer {number}", list(pair)) for number, pair in enumerate(pairs, index)]
    return rows


def _data_rows(facts: Sequence[DataFacts | None]) -> list[tuple[str, list[str]]]:
    """Return rows for the numbers of samples and the source of the data."""
    counts = [("training samples", "train"), ("validation samples", "validation"), ("test samples", "test")]
    rows = [(title, [f"{getattr(one, name):,}" if one else "-" for one in facts]) for title, name in counts]
    rows.append(("data from", [one.source.rpartition("/")[2] if one else "-" for one in facts]))
    rows.append(("data hash", [one.digest[:12] if one else "-" for one in facts]))
    return rows


def _metric_rows(prefix: str, entries: Sequence[Sequence[Mapping[str, float]]]) -> list[tuple[str, list[str]]]:
    names = dict.fromkeys(name for runs in entries for scores in runs for name in score_names.shown(scores))
    return [
        (prefix + name, [_spread(_present(scores.get(name) for scores in runs)) for runs in entries])
        for name in names
    ]


def _present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _spread(values: Sequence[float], form: str = "") -> str:
    """Format one value, or the mean of several with their standard deviation."""
    if not values:
        return "-"
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    shown, width = (f"{one:.4{form}}" if form else number(one, 3) for one in (statistics.fmean(values), deviation))
    return f"{shown} ± {width}" if deviation else shown


def _line(cells: Sequence[Content], widths: Sequence[int]) -> Content:
    return Content("  ").join(
        cell.truncate(width, ellipsis=True, pad=True) for cell, width in zip(cells, widths, strict=True)
    )
