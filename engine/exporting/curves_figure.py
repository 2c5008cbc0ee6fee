"""Curves as a figure for reports: PNG, SVG or PDF, drawn by matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.errors import EngineError
from engine.evaluation.intervals import Interval
from engine.exporting.figure_colours import COLOURS
from engine.runs import RunRecord
from engine.system.plain_text import plain


@dataclass(frozen=True)
class RunEvidence:
    """A run's intervals and a linear model's values, by history name."""

    intervals: Mapping[str, Interval] = field(default_factory=dict)
    linear: Mapping[str, float] = field(default_factory=dict)


Evidence = Mapping[str, RunEvidence]
NOTHING = RunEvidence()
NO_EVIDENCE: Evidence = MappingProxyType({})

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
"""One marker per colour, so that lines can be distinguished in greyscale."""

INCHES = (9.0, 3.9)
DOTS_PER_INCH = 200

WIDE = 50.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""


def figure(records: Sequence[RunRecord], form: str, evidence: Evidence = NO_EVIDENCE) -> bytes:
    """Draw the runs' losses and the first metric that they share over the epochs; return the file's content.

    Training curves are dashed, validation curves solid, and the best epoch is circled, with its 95 % interval as a
    bar. For a single run, the interval's value is shown, and the run's baseline and a linear model are dotted
    lines. An axis with a large range is logarithmic and labelled so. ``evidence`` contains each run's intervals
    and linear model's values, by its number. Raises EngineError if no epoch has ended.
    """
    from matplotlib.figure import Figure

    drawn = [record for record in records if record.epochs]
    if not drawn:
        raise EngineError("no epoch has ended: there is nothing to draw")
    first, *rest = (record.experiment.training.metrics for record in drawn)
    names = ["loss", *[name for name in first if all(name in metrics for metrics in rest)][:1]]
    page = Figure(figsize=(INCHES[0] * len(names) / 2, INCHES[1]), layout="constrained")
    panels = page.subplots(1, len(names), squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        _panel(panel, drawn, name, evidence)
    handles, labels = panels[0].get_legend_handles_labels()
    page.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(len(drawn), 4) if len(drawn) > 1 else 4,
        frameon=False,
        fontsize="small",
    )
    _title(page, drawn)
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that the font lacks is drawn as a box
        page.savefig(written, format=form, dpi=DOTS_PER_INCH)
    return written.getvalue()


def _panel(panel: Any, records: Sequence[RunRecord], name: str, evidence: Evidence) -> None:
    for index, record in enumerate(records):
        interval = evidence.get(record.id, NOTHING).intervals.get(f"val_{name}")
        _curves(panel, record, name, index, f"run {record.id}, " if len(records) > 1 else "", interval)
    if len(records) == 1:
        linear = evidence.get(records[0].id, NOTHING).linear.get(f"val_{name}")
        levels = (("baseline", records[0].baselines.get(name), ":"), ("linear", linear, "-."))
        for label, value, line in levels:
            if value is not None:
                panel.axhline(value, color="grey", linestyle=line, linewidth=1, label=label)
    losses = {record.experiment.training.loss for record in records}
    label = f"loss ({losses.pop()})" if name == "loss" and len(losses) == 1 else name
    if _wide(records, name):
        panel.set_yscale("log")
        label += ", logarithmic"
    panel.set_ylabel(label)
    panel.set_xlabel("epoch")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def _wide(records: Sequence[RunRecord], name: str) -> bool:
    keys = (name, f"val_{name}")
    values = [
        ended.logs[key] for record in records for ended in record.epochs for key in keys if key in ended.logs
    ]
    return bool(values) and min(values) > 0 and max(values) > WIDE * min(values)


def _curves(panel: Any, record: RunRecord, name: str, index: int, prefix: str, interval: Interval | None) -> None:
    """Draw one run's curves, with a colour and marker per run, or per curve for a single run."""
    epochs = [ended.epoch for ended in record.epochs]
    step = 0 if prefix else 1
    for part, line, meaning, turn in (("", "--", "training", step), ("val_", "-", "validation", 0)):
        values = [ended.logs.get(part + name, float("nan")) for ended in record.epochs]
        if any(part + name in ended.logs for ended in record.epochs):
            style = _style(index + turn) | {"markevery": max(len(epochs) // 20, 1), "markersize": 3.5}
            panel.plot(epochs, values, linestyle=line, linewidth=1.4, label=prefix + meaning, **style)
    best = next((ended for ended in record.epochs if ended.epoch == record.best_epoch), None)
    if best is not None:
        value = best.logs.get(f"val_{name}", best.logs.get(name))
        ring = {"markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.4, "linestyle": "none"}
        label = f"{prefix}best epoch {best.epoch}"
        panel.plot([best.epoch], [value], "o", color=_style(index)["color"], label=label, **ring)
        if interval is not None and value is not None:
            below, above = max(value - interval.low, 0), max(interval.high - value, 0)
            colour = _style(index)["color"]
            panel.errorbar([best.epoch], [value], [[below], [above]], color=colour, capsize=4, linewidth=1.2)
            if not prefix:
                words = f"{value:.3g} ±{interval.margin:.1g}"
                below_ring = {"textcoords": "offset points", "ha": "center", "va": "top", "fontsize": "small"}
                panel.annotate(words, (best.epoch, value), (0, -9), **below_ring)


def _style(index: int) -> dict[str, Any]:
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}


def _title(page: Any, records: Sequence[RunRecord]) -> None:
    names = dict.fromkeys(f"{plain(record.name)[:60]} (run {record.id})" for record in records)
    shown = list(names)[:4] + (["..."] if len(names) > 4 else [])
    page.suptitle(" · ".join(shown), fontsize="medium", parse_math=False)
