"""Curves as a figure fit for a report: PNG, SVG or PDF, drawn by matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from engine.errors import EngineError
from engine.exporting.wording import printable
from engine.runs import RunRecord

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that people who see fewer of them can tell apart (Okabe and Ito 2008)."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""One for each colour: lines can be told apart in grey as well."""

INCHES = (9.0, 3.6)
DOTS_PER_INCH = 200


def figure(records: Sequence[RunRecord], form: str) -> bytes:
    """The runs' losses, and beside them the metric they share first, over the epochs.

    Training curves are dashed, validation curves solid, and the best epoch is ringed; one run's baseline is a
    dotted line. Raises EngineError where no epoch has ended.
    """
    from matplotlib.figure import Figure

    drawn = [record for record in records if record.epochs]
    if not drawn:
        raise EngineError("no epoch has ended: there is nothing to draw")
    names = ["loss", *_shared_metrics(drawn)[:1]]
    page = Figure(figsize=(INCHES[0] * len(names) / 2, INCHES[1]), layout="constrained")
    panels = page.subplots(1, len(names), squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        _panel(panel, drawn, name)
    _title(page, drawn)
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that the font lacks is drawn as a box
        page.savefig(written, format=form, dpi=DOTS_PER_INCH)
    return written.getvalue()


def _shared_metrics(records: Sequence[RunRecord]) -> list[str]:
    first, *rest = (record.experiment.training.metrics for record in records)
    return [name for name in first if all(name in metrics for metrics in rest)]


def _panel(panel: Any, records: Sequence[RunRecord], name: str) -> None:
    for place, record in enumerate(records):
        _curves(panel, record, name, COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)])
    baseline = records[0].baselines.get(name) if len(records) == 1 else None
    if baseline is not None:
        panel.axhline(baseline, color="grey", linestyle=":", linewidth=1, label="baseline")
    losses = {record.experiment.training.loss for record in records}
    panel.set_ylabel(f"loss ({losses.pop()})" if name == "loss" and len(losses) == 1 else name)
    panel.set_xlabel("epoch")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)
    for text in panel.legend(frameon=False, fontsize="small").get_texts():
        text.set_parse_math(False)


def _curves(panel: Any, record: RunRecord, name: str, colour: str, marker: str) -> None:
    alone = f"run {record.id}"
    epochs = [ended.epoch for ended in record.epochs]
    every = max(len(epochs) // 20, 1)
    style = {"color": colour, "marker": marker, "markersize": 3.5, "markevery": every, "linewidth": 1.4}
    for prefix, line, meaning in (("", "--", "training"), ("val_", "-", "validation")):
        values = [ended.logs.get(prefix + name) for ended in record.epochs]
        if any(value is not None for value in values):
            points = [float("nan") if value is None else value for value in values]
            panel.plot(epochs, points, linestyle=line, label=f"{alone}, {meaning}", **style)
    best = next((ended for ended in record.epochs if ended.epoch == record.best_epoch), None)
    if best is not None:
        value = best.logs.get(f"val_{name}", best.logs.get(name))
        ring = {"markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.4, "linestyle": "none"}
        panel.plot([best.epoch], [value], "o", color=colour, label=f"{alone}, best epoch {best.epoch}", **ring)


def _title(page: Any, records: Sequence[RunRecord]) -> None:
    names = dict.fromkeys(f"{printable(record.name)[:60]} (run {record.id})" for record in records)
    shown = list(names)[:4] + (["..."] if len(names) > 4 else [])
    page.suptitle(" · ".join(shown), fontsize="medium", parse_math=False)
